/**
 * The engine holds all rules of a site, their states, and the time of their next wake. It has no clock, disk or network:
 * the caller passes the time in, so that a simulation can run it.
 *
 * Always: an alarm (rule, device, subject) is raised once until it is cleared, whatever its kind returns. A rule that
 * throws is counted, and no other rule is affected. A late reading raises nothing, where the gateway's clock is known to
 * be right. An alarm from before a restart that no rule covers any more is cleared.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { RuleConfig, Site } from '../site/site.ts';
import { type KnowsClockError, rightClock } from './clock-error.ts';
import { type AnyRuleKind, ruleKind } from './kinds/registry.ts';
import { isOwnRule } from './own-rules.ts';
import {
  type AlarmTransition,
  type Evaluation,
  lateAfterMs,
  type Observation,
  type RuleChange,
  type RuleContext,
} from './rule.ts';
import { wordsOf } from './words.ts';

/** An alarm that was active before this engine started, as `Alarms.active()` returns it. */
export type RestoredAlarm = Pick<
  AlarmTransition,
  'rule' | 'device' | 'subject' | 'severity' | 'category' | 'test' | 'cause' | 'peak'
>;

export interface RuleErrors {
  readonly rule: RuleId;
  readonly count: number;
  /** the newest error, in words */
  readonly last: string;
}

/** An observer of the rules' judgements (trial.ts). */
export interface RuleWatch {
  /** whether alarms of this camera or device are an installer's trial now */
  isTest(device: string): boolean;
  observed(observation: Observation, transitions: readonly AlarmTransition[]): void;
}

interface RunningRule {
  readonly config: RuleConfig;
  readonly kind: AnyRuleKind;
  state: unknown;
  wakeAt: number | undefined;
  /** its `initial` threw: the rule gets no observations */
  broken: boolean;
  errors: number;
  lastError: string;
  /** keys of its active alarms */
  readonly active: Set<string>;
}

/** Differences between the times of a device's readings and the gateway's clock. */
export interface DeviceTimes {
  /** number of readings that were too late to raise an alarm */
  readonly late: number;
  /** number of readings with a time in the future */
  readonly early: number;
  /** number of differing readings while the gateway's clock was not known to be right; rules judged them as all others */
  readonly unjudged: number;
  /** time of the newest differing reading minus the gateway's, ms */
  readonly offMs: number;
  /** time of receipt of this reading, ms of the monotonic clock */
  readonly at: number;
}

/** Active alarms of one rule. A further one is not raised, and counted as an error of the rule. */
const mostActive = 5000;
/** A rule that threw when it was woken is woken again after this time. */
const tryAgainMs = 10_000;

export class RuleEngine {
  #site: Site;
  readonly #watch: RuleWatch | undefined;
  readonly #rules: RunningRule[] = [];
  /** the rules that observe a device or camera of the site, by its id */
  readonly #concerned = new Map<DeviceId, readonly RunningRule[]>();
  #orphans: RestoredAlarm[] = [];
  /** the earliest wake of any rule; kept, because it is asked after each message and changes rarely */
  #nextWake: number | undefined;
  readonly #clockError: KnowsClockError;
  readonly #oddTimes = new Map<DeviceId, DeviceTimes>();

  /**
   * `actives`: alarms from before a restart, kept or cleared by the next observation. `uptime`: ms of the monotonic
   * clock, the begin of silence for all devices. A rule whose `initial` throws is counted as failed and does nothing.
   * @throws RangeError for an unknown kind; the check of site.yaml refuses it before
   */
  constructor(options: {
    site: Site;
    actives?: readonly RestoredAlarm[];
    uptime: Uptime;
    watch?: RuleWatch;
    /** default: the clock is right */
    clockError?: KnowsClockError;
  }) {
    const { site, actives = [], uptime, watch, clockError = () => rightClock } = options;
    this.#site = site;
    this.#clockError = clockError;
    this.#watch = watch;
    const taken = new Set<RestoredAlarm>();
    for (const config of site.rules) this.#rules.push(this.#build(config, actives, taken, uptime));
    this.#orphans = actives.filter((alarm) => !taken.has(alarm) && !isOwnRule(alarm.rule));
    for (const { id } of [...site.devices, ...site.cameras])
      this.#concerned.set(
        id,
        this.#rules.filter(({ broken, kind, config }) => !broken && kind.concerns(config, id)),
      );
    this.#nextWake = earliest(this.#rules);
  }

  /** Evaluates the rules for one observation. `uptime`: ms of the monotonic clock, `now`: ms since 1970. */
  observe(observation: Observation, uptime: Uptime, now: WallTime): readonly AlarmTransition[] {
    const late = observation.kind === 'reading' && this.#isLate(observation, uptime, now);
    const transitions: AlarmTransition[] = [];
    for (const rule of this.#concerned.get(observation.device) ?? [])
      if (!late || rule.kind.takesLate)
        this.#run(rule, transitions, uptime, () => rule.kind.observe(rule.config, rule.state, observation, uptime));
    this.#watch?.observed(observation, transitions);
    return transitions;
  }

  /** Takes over changed shapes and names of zones and lines; rules and their states stay. */
  updateScenes(site: Site): void {
    this.#site = site;
  }

  /** Evaluates the rules that wait for time. Call it at `nextWake`; an early call is harmless. */
  wake(now: WallTime, uptime: Uptime): readonly AlarmTransition[] {
    const transitions: AlarmTransition[] = this.#orphans.map((alarm) => ({
      ...alarm,
      change: 'cleared',
      message: `no rule watches for this any more (${alarm.rule})`,
      time: now,
    }));
    this.#orphans = [];
    for (const rule of this.#rules)
      if (rule.wakeAt !== undefined && rule.wakeAt <= uptime)
        this.#run(rule, transitions, uptime, () => rule.kind.wake(rule.config, rule.state, now, uptime));
    return transitions;
  }

  /** The time of the next call of `wake`, in ms of the monotonic clock; undefined where no rule waits for time. */
  nextWake(): number | undefined {
    return this.#orphans.length > 0 ? 0 : this.#nextWake;
  }

  /** Rules that failed, with the number of failures. */
  errors(): readonly RuleErrors[] {
    return this.#rules
      .filter(({ errors }) => errors > 0)
      .map(({ config, errors, lastError }) => ({ rule: config.id, count: errors, last: lastError }));
  }

  /** Devices whose times differ from the gateway's clock by more than allowed: one of the two clocks is wrong. */
  oddTimes(): ReadonlyMap<DeviceId, DeviceTimes> {
    return this.#oddTimes;
  }

  /** Whether a reading is too old to raise an alarm. Notes a time that differs too much from the gateway's. */
  #isLate({ device, time }: Observation, uptime: Uptime, now: WallTime): boolean {
    const behindMs = now - time;
    // nearly all readings have the time of receipt
    if (behindMs === 0) return false;
    const error = this.#clockError();
    const offMs = error === undefined ? -behindMs : time - (now + error.shiftMs);
    const far = lateAfterMs + (error?.withinMs ?? 0);
    if (Math.abs(offMs) <= far) return false;
    const known = this.#oddTimes.get(device) ?? { late: 0, early: 0, unjudged: 0 };
    const what = error === undefined ? 'unjudged' : offMs < 0 ? 'late' : 'early';
    this.#oddTimes.set(device, { ...known, [what]: known[what] + 1, offMs, at: uptime });
    return what === 'late';
  }

  #build(
    config: RuleConfig,
    actives: readonly RestoredAlarm[],
    taken: Set<RestoredAlarm>,
    uptime: Uptime,
  ): RunningRule {
    const kind = ruleKind(config.kind);
    if (kind === undefined) throw new RangeError(`rule "${config.id}": there is no kind "${config.kind}"`);
    const site = this.#site;
    const devices = site.devices.map(({ id }) => id);
    const active = actives.filter((alarm) => alarm.rule === config.id && kind.covers(config, devices, alarm));
    const rule: RunningRule = {
      config,
      kind,
      state: undefined,
      wakeAt: undefined,
      broken: false,
      errors: 0,
      lastError: '',
      active: new Set(active.map(key)),
    };
    try {
      rule.state = kind.initial(
        config,
        contextOf(() => this.#site, active, this.#clockError),
        uptime,
      );
      // the first wake: a kind that counts silence must be woken even if no observation ever comes
      rule.wakeAt = uptime;
    } catch (error) {
      fail(rule, messageOf(error));
      rule.broken = true;
      return rule;
    }
    for (const alarm of active) taken.add(alarm);
    return rule;
  }

  #run(rule: RunningRule, into: AlarmTransition[], uptime: Uptime, evaluate: () => Evaluation<unknown>): void {
    let evaluation: Evaluation<unknown>;
    try {
      evaluation = evaluate();
    } catch (error) {
      fail(rule, messageOf(error));
      // without a later wake the failed rule would be due again at once, in an endless loop
      if (rule.wakeAt !== undefined && rule.wakeAt <= uptime) this.#setWake(rule, uptime + tryAgainMs);
      return;
    }
    rule.state = evaluation.state;
    this.#setWake(rule, evaluation.wakeAt);
    if (evaluation.problem !== undefined) fail(rule, evaluation.problem);
    for (const change of evaluation.changes)
      if (this.#fitsAlarm(rule, change)) into.push(this.#transition(rule, change));
  }

  #transition({ config, kind }: RunningRule, change: RuleChange): AlarmTransition {
    return {
      ...change,
      rule: config.id,
      severity: config.severity ?? 'warning',
      category: config.category ?? kind.category,
      test: (config.test ?? false) || (this.#watch?.isTest(change.device) ?? false),
    };
  }

  #setWake(rule: RunningRule, at: number | undefined): void {
    if (rule.wakeAt === at) return;
    rule.wakeAt = at;
    this.#nextWake = earliest(this.#rules);
  }

  /** Whether the change fits the alarm's state (raised and cleared alternate); if so, notes the new state. */
  #fitsAlarm(rule: RunningRule, change: RuleChange): boolean {
    const name = key(change);
    if (change.change === 'cleared') return rule.active.delete(name);
    if (change.change === 'updated' || change.change === 'reached') return rule.active.has(name);
    if (rule.active.has(name)) return false;
    if (rule.active.size >= mostActive) {
      fail(rule, `more than ${mostActive} alarms at once`);
      return false;
    }
    rule.active.add(name);
    return true;
  }
}

function earliest(rules: readonly RunningRule[]): number | undefined {
  let next: number | undefined;
  for (const { wakeAt } of rules) if (wakeAt !== undefined && (next === undefined || wakeAt < next)) next = wakeAt;
  return next;
}

function key({ device, subject }: { readonly device: string; readonly subject: string }): string {
  return `${device}/${subject}`;
}

function fail(rule: RunningRule, message: string): void {
  rule.errors++;
  rule.lastError = message;
}

function contextOf(current: () => Site, active: RuleContext['active'], clockError: KnowsClockError): RuleContext {
  const site = current();
  const names = new Map([...site.devices, ...site.cameras].map(({ id, name }) => [id as string, name ?? id]));
  return {
    devices: site.devices.map(({ id }) => id),
    timezone: site.timezone,
    clockError,
    words: wordsOf(site.language),
    nameOf: (device) => names.get(device) ?? device,
    zoneNameOf: (camera, zone) =>
      current()
        .cameras.find(({ id }) => id === camera)
        ?.zones?.find(({ id }) => id === zone)?.name ?? zone,
    lineNameOf: (camera, line) =>
      current()
        .cameras.find(({ id }) => id === camera)
        ?.lines?.find(({ id }) => id === line)?.name ?? line,
    active,
  };
}
