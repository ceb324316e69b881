/**
 * The engine holds all rules of a site, their states, and the time of their next wake. It has no clock, disk or network:
 * the caller passes the time in, so that a simulation can run it.
 *
 * Always: an alarm (rule, device, subject) is raised once until it is cleared, whatever its kind returns. A rule that
 * throws is counted, and no other rule is affected. A late reading raises nothing, where the gateway's clock is known to
 * be right. An alarm from before a restart that no rule covers any more is cleared. A change of the site (`update`) keeps
 * state, hold time and alarms of every rule that it does not touch (running-rule.ts).
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { isEnabled, type Site } from '../site/site.ts';
import { deviceWords, siteDevices } from '../site/site-devices.ts';
import type { CameraView } from '../vision/messages.ts';
import { observationsOf } from './camera-view.ts';
import { type KnowsClockError, rightClock } from './clock-error.ts';
import { worded } from './messages.ts';
import { isOwnRule } from './own-rules.ts';
import { type AlarmTransition, type Evaluation, lateAfterMs, type Observation, type RuleChange } from './rule.ts';
import {
  buildRule,
  concerns,
  factsOf,
  fail,
  keptRule,
  key,
  liveContext,
  type RestoredAlarm,
  type RunningRule,
  type SiteContext,
  watches,
} from './running-rule.ts';

export type { RestoredAlarm } from './running-rule.ts';

export interface RuleErrors {
  readonly rule: RuleId;
  readonly count: number;
  /** the newest error, in words */
  readonly last: string;
}

/** An observer of the rules' judgements (camera-test.ts). */
export interface RuleWatch {
  /** whether alarms of this camera or device are an installer's test now */
  isTest(device: string): boolean;
  observed(observation: Observation, transitions: readonly AlarmTransition[]): void;
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
  #rules: readonly RunningRule[] = [];
  /** the rules that observe a device or camera of the site, by its id; noted with its first observation */
  readonly #concerned = new Map<DeviceId, readonly RunningRule[]>();
  #orphans: RestoredAlarm[] = [];
  /** the earliest wake of any rule; kept, because it is asked after each message and changes rarely */
  #nextWake: number | undefined;
  readonly #clockError: KnowsClockError;
  readonly #reaches: ((bridge: DeviceId) => boolean) | undefined;
  readonly #context: SiteContext;
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
    /** whether a bridge can be reached now; default: every one */
    reaches?: (bridge: DeviceId) => boolean;
  }) {
    const { site, actives = [], uptime, watch, clockError = () => rightClock, reaches } = options;
    this.#site = site;
    this.#clockError = clockError;
    this.#watch = watch;
    this.#reaches = reaches;
    this.#context = liveContext(() => this.#site, clockError, reaches);
    this.#rules = site.rules.filter(isEnabled).map((config) => buildRule(config, this.#context, actives, uptime));
    this.#orphans = actives.filter((alarm) => !this.#isWatched(alarm) && !isOwnRule(alarm.rule));
    this.#index();
  }

  /** Evaluates the rules for one observation. `uptime`: ms of the monotonic clock, `now`: ms since 1970. */
  observe(observation: Observation, uptime: Uptime, now: WallTime): readonly AlarmTransition[] {
    const late = observation.kind === 'reading' && this.#isLate(observation, uptime, now);
    const transitions: AlarmTransition[] = [];
    for (const rule of this.#rulesOf(observation.device))
      if (!late || rule.kind.observesLate)
        this.#run(rule, transitions, uptime, () => rule.kind.observe(rule.config, rule.state, observation, uptime));
    this.#watch?.observed(observation, transitions);
    return transitions;
  }

  /**
   * Takes a changed site. `actives`: the alarms now. `viewOf`: what a camera sees now: a rule that begins anew gets it as if
   * it had just come. Returns the ends of alarms that no rule covers any more, and what the new rules say.
   */
  update(
    site: Site,
    actives: readonly RestoredAlarm[],
    uptime: Uptime,
    now: WallTime,
    viewOf: (camera: DeviceId) => CameraView = () => ({ live: false, tracks: [] }),
  ): readonly AlarmTransition[] {
    const before = this.#site;
    this.#site = site;
    this.#orphans = [];
    const sameDevices = hasSameDevices(before, site);
    const known = new Map(this.#rules.map((rule) => [rule.config.id, rule]));
    this.#rules = site.rules.filter(isEnabled).map((config) => {
      const old = known.get(config.id);
      const kept = old && keptRule(old, config, this.#context, { actives, sameDevices, uptime });
      return kept ?? buildRule(config, this.#context, actives, uptime);
    });
    const fresh = this.#rules.filter((rule) => !rule.broken && known.get(rule.config.id) !== rule);
    const { names } = factsOf(site);
    for (const id of this.#oddTimes.keys()) if (!names.has(id)) this.#oddTimes.delete(id);
    this.#index();
    const transitions = actives.flatMap((alarm) => this.#unwatched(alarm, before, now));
    for (const rule of fresh) this.#show(rule, viewOf, transitions, uptime, now);
    return transitions;
  }

  /** Whether the rules of a site can be built. @throws what a kind's `initial` throws */
  check(site: Site, uptime: Uptime): void {
    const context = liveContext(() => site, this.#clockError, this.#reaches);
    const known = new Set(this.#rules.map(({ config }) => JSON.stringify(config)));
    for (const config of site.rules.filter(isEnabled))
      if (!known.has(JSON.stringify(config))) {
        const { broken, lastError } = buildRule(config, context, [], uptime);
        if (broken) throw new Error(`rule "${config.id}" cannot be built: ${lastError}`);
      }
  }

  /** The end of an alarm that no rule covers any more; nothing for an alarm that stays. */
  #unwatched(alarm: RestoredAlarm, before: Site, now: WallTime): AlarmTransition[] {
    if (this.#isWatched(alarm) || isOwnRule(alarm.rule)) return [];
    const rule = this.#rules.find(({ config }) => config.id === alarm.rule);
    rule?.active.delete(key(alarm));
    const site = this.#site;
    const had = deviceWords(before, alarm.device).name ?? alarm.device;
    const isGone = !factsOf(site).names.has(alarm.device);
    const sentence = isGone
      ? message('alarm/unwatched.device', { device: had })
      : rule === undefined
        ? this.#withoutRule(alarm.rule, had)
        : message('alarm/unwatched.changed', { device: had, rule: rule.config.name ?? alarm.rule });
    return [{ ...alarm, change: 'cleared', ...worded(this.#context.words, undefined, {}, sentence), time: now }];
  }

  /** The site runs the rule no more. `device`: its name. */
  #withoutRule(id: RuleId, device: string): Message {
    const left = this.#site.rules.find((config) => config.id === id);
    return left === undefined
      ? message('alarm/unwatched.rule', { device, rule: id })
      : message('alarm/unwatched.off', { device, rule: left.name ?? id });
  }

  #isWatched(alarm: RestoredAlarm): boolean {
    return this.#rules.some((rule) => !rule.broken && watches(rule, this.#context, alarm));
  }

  /** Tells a rule that begins now what its cameras see. */
  #show(
    rule: RunningRule,
    viewOf: (camera: DeviceId) => CameraView,
    into: AlarmTransition[],
    uptime: Uptime,
    now: WallTime,
  ): void {
    for (const { id: device } of this.#site.cameras) {
      if (!rule.kind.concerns(rule.config, device)) continue;
      for (const observation of observationsOf(device, viewOf(device), uptime, now))
        this.#run(rule, into, uptime, () => rule.kind.observe(rule.config, rule.state, observation, uptime));
    }
  }

  /** The rules that observe a device or camera; none for one that the site does not have. */
  #rulesOf(id: DeviceId): readonly RunningRule[] {
    const known = this.#concerned.get(id);
    if (known !== undefined) return known;
    if (!factsOf(this.#site).names.has(id)) return [];
    const rules = this.#rules.filter((rule) => !rule.broken && concerns(rule, this.#context, id));
    this.#concerned.set(id, rules);
    return rules;
  }

  /** Forgets which rules observe which device, and notes when the next rule wakes. */
  #index(): void {
    this.#concerned.clear();
    this.#nextWake = earliest(this.#rules);
  }

  /** Evaluates the rules that wait for time. Call it at `nextWake`; an early call is harmless. */
  wake(now: WallTime, uptime: Uptime): readonly AlarmTransition[] {
    const transitions: AlarmTransition[] = this.#orphans.map((alarm) => ({
      ...alarm,
      change: 'cleared',
      ...worded(this.#context.words, undefined, {}, message('alarm/unwatched', { rule: alarm.rule })),
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
      fail(rule, words('gateway/problem.rule-alarms', { count: mostActive }));
      return false;
    }
    rule.active.add(name);
    return true;
  }
}

/** Whether both have the same devices, in the same order and each behind the same bridge. */
function hasSameDevices(one: Site, other: Site): boolean {
  const [before, now] = [siteDevices(one), siteDevices(other)];
  return (
    before.length === now.length &&
    before.every(({ id, bridge }, index) => id === now[index]?.id && bridge === now[index]?.bridge)
  );
}

function earliest(rules: readonly RunningRule[]): number | undefined {
  let next: number | undefined;
  for (const { wakeAt } of rules) if (wakeAt !== undefined && (next === undefined || wakeAt < next)) next = wakeAt;
  return next;
}
