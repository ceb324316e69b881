/**
 * What rules would have done: runs a set of rules over stored events as the engine ran over the messages when they came, and
 * notes the alarms that it raises. Pure: no clock, disk or network.
 *
 *   event ──► a new start of the gateway? ── yes ──► engine begins anew, with the alarms that are active (as in life)
 *         └──► rules wake at the times that they named before it ──► rules observe ──► alarms noted
 *
 * Always: the same rules over the same events give the same alarms as in life, as far as the events say what the rules saw:
 * readings, messages and streams do; a camera's frames and its picture's quality are not stored. Events are given in the
 * order of their uptime within a start of the gateway. At most `mostAlarms` alarms are kept; the rest is counted.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type Severity, type Value } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import { siteDevices } from '../../site/site-devices.ts';
import { rightClock } from '../clock-error.ts';
import { type RestoredAlarm, RuleEngine } from '../engine.ts';
import { ruleKind } from '../kinds/registry.ts';
import type { AlarmTransition, Observation } from '../rule.ts';
import { StoredObservations } from './observations.ts';

/** One alarm that the rules would have raised. Times in ms since 1970. */
export interface RehearsedAlarm {
  readonly rule: string;
  readonly device: string;
  readonly subject: string;
  readonly severity: Severity;
  /** in the site's language, or as the installer wrote it */
  readonly message: string;
  readonly messageI18n?: Message;
  readonly raised: number;
  /** absent: still active at the end of the events */
  readonly cleared?: number;
  /** the worst value */
  readonly peak?: Value;
}

export interface Rehearsed {
  /** in the order in which they were raised */
  readonly alarms: readonly RehearsedAlarm[];
  /** alarms beyond those that are listed */
  readonly more: number;
  /** failures of the rules, and the last one in words */
  readonly failures: number;
  readonly lastFailure?: string;
}

/** Alarms that one answer lists. */
export const mostAlarms = 200;
/** A camera with something in its picture gets a frame this often. */
const frameEveryMs = 10_000;
/** Wakes between two events; a rule that asks for more is woken with the next event. */
const mostWakes = 100_000;

export class Rehearsal {
  readonly #site: Site;
  readonly #observations = new StoredObservations();
  readonly #watched: ReadonlySet<string>;
  readonly #alarms: RehearsedAlarm[] = [];
  /** places in `#alarms` of those that are active, and their transitions, by rule, device and subject */
  readonly #active = new Map<string, { readonly at: number; readonly alarm: RestoredAlarm }>();
  #more = 0;
  #failures = 0;
  #lastFailure: string | undefined;
  #engine: RuleEngine | undefined;
  #epoch = '';
  #isSynced = true;
  #uptime: Uptime = 0;
  #received: WallTime = 0;
  #nextFrame = 0;

  /** `rules`: take the place of those of `site`. @throws RangeError for an unknown kind */
  constructor(site: Site, rules: readonly RuleConfig[]) {
    this.#site = { ...site, rules };
    const ids = [...siteDevices(site), ...site.cameras].map(({ id }) => id);
    this.#watched = new Set(ids.filter((id) => rules.some((rule) => ruleKind(rule.kind)?.concerns(rule, id))));
  }

  /** Whether an event may say something to these rules: the others need not be given. */
  concerns({ device, type }: Pick<StoredEvent, 'device' | 'type'>): boolean {
    return device === null ? type === eventTypes.gateway : this.#watched.has(device);
  }

  event(event: StoredEvent): void {
    if (event.epoch !== this.#epoch || this.#engine === undefined) this.#begin(event);
    this.#pass(event.uptime, event.received);
    this.#isSynced = event.clock === 'synced';
    for (const observation of this.#observations.of(event)) this.#observe(observation);
  }

  /** Lets time pass to the end of the events: `uptime` of the newest start of the gateway, and the wall time then. */
  end(uptime: Uptime, received: WallTime): void {
    if (this.#engine !== undefined && uptime > this.#uptime) this.#pass(uptime, received);
    this.#countFailures();
  }

  result(): Rehearsed {
    return {
      alarms: this.#alarms,
      more: this.#more,
      failures: this.#failures,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /** A start of the gateway: hold times begin anew, active alarms are known. */
  #begin({ epoch, uptime, received }: StoredEvent): void {
    this.#countFailures();
    this.#epoch = epoch;
    this.#uptime = uptime;
    this.#received = received;
    this.#nextFrame = uptime;
    this.#observations.forget();
    this.#engine = new RuleEngine({
      site: this.#site,
      actives: [...this.#active.values()].map(({ alarm }) => alarm),
      uptime,
      clockError: () => (this.#isSynced ? rightClock : undefined),
    });
  }

  #observe(observation: Observation): void {
    if (this.#engine === undefined) return;
    for (const one of this.#engine.observe(observation, this.#uptime, this.#received)) this.#note(one);
  }

  /** Wakes the rules at each time that they named up to `uptime`, and draws frames for cameras with a thing in view. */
  #pass(uptime: Uptime, received: WallTime): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    const shift = received - uptime;
    for (let wakes = 0; wakes < mostWakes; wakes++) {
      const due = Math.max(this.#uptime, engine.nextWake() ?? Number.POSITIVE_INFINITY);
      const frame = Math.max(this.#uptime, this.#nextFrame);
      const next = Math.min(due, frame);
      if (next > uptime) break;
      this.#uptime = next;
      this.#received = next + shift;
      if (frame <= due) {
        const frames = this.#observations.frames(this.#received);
        for (const observation of frames) this.#observe(observation);
        this.#nextFrame = frames.length === 0 ? Number.POSITIVE_INFINITY : next + frameEveryMs;
      } else for (const one of engine.wake(this.#received, this.#uptime)) this.#note(one);
    }
    if (this.#nextFrame === Number.POSITIVE_INFINITY) this.#nextFrame = uptime;
    this.#uptime = Math.max(this.#uptime, uptime);
    this.#received = received;
  }

  #note(transition: AlarmTransition): void {
    const key = `${transition.rule}/${transition.device}/${transition.subject}`;
    const known = this.#active.get(key);
    if (transition.change === 'raised' && known === undefined) {
      this.#active.set(key, { at: this.#alarms.length, alarm: transition });
      if (this.#alarms.length < mostAlarms) this.#alarms.push(alarmOf(transition));
      else this.#more++;
      return;
    }
    if (known === undefined) return;
    const { peak } = transition;
    const listed = this.#alarms[known.at];
    const isOver = transition.change === 'cleared';
    if (isOver) this.#active.delete(key);
    if (listed === undefined || known.at >= mostAlarms) return;
    this.#alarms[known.at] = {
      ...listed,
      ...(peak === undefined ? {} : { peak }),
      ...(isOver ? { cleared: transition.time } : {}),
    };
  }

  #countFailures(): void {
    for (const { count, last } of this.#engine?.errors() ?? []) {
      this.#failures += count;
      this.#lastFailure = last;
    }
    this.#engine = undefined;
  }
}

function alarmOf(transition: AlarmTransition): RehearsedAlarm {
  const { rule, device, subject, severity, message, messageI18n, time, peak } = transition;
  return {
    rule,
    device,
    subject,
    severity,
    message,
    ...(messageI18n === undefined ? {} : { messageI18n }),
    raised: time,
    ...(peak === undefined ? {} : { peak }),
  };
}
