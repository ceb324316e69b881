/**
 * An alarm's life: from the change that a rule tells to what the site does about it and what the centre will read.
 *
 *   raised ──► active ── updated (count + 1), acknowledged ──► active ── cleared, acknowledged before ──► forgotten here
 *                └── cleared, not acknowledged ──► over, waits (ended-alarms.ts) ── acknowledged ──► forgotten here
 *
 * Always: every action has been performed when `apply` returns, before any disk; all changes of one occurrence carry
 * the same alarm id; what is active is bounded. An alarm whose raising is in the outbox is known again after a restart
 * or a kill and gets its end; one whose raising is not is raised anew. For that the snapshot says no more than the
 * outbox has (written behind `stored`, replaced by a rename), and the outbox's newest alerts fill in what it lacks. The
 * same holds for alarms that are over and wait for a person.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { AcknowledgedWhere, AlertData, EvidenceReference, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Action, Alert } from './action.ts';
import { EndedAlarms } from './ended-alarms.ts';
import { foldRecorded, type RecordedAlert } from './recorded.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** An alarm that is active now, or over and not acknowledged. Times in ms since 1970. */
export interface ActiveAlarm {
  /** id of this occurrence */
  readonly alarm: string;
  readonly rule: RuleId;
  readonly device: DeviceId;
  readonly subject: string;
  readonly severity: AlarmTransition['severity'];
  readonly category: string;
  readonly test: boolean;
  readonly cause: string;
  readonly message: string;
  readonly value?: Value;
  readonly count: number;
  readonly acknowledged: boolean;
  /** who acknowledged it, when and where; absent where nobody did, or a version before this one was told */
  readonly acknowledgement?: Acknowledgement;
  readonly raised: number;
  readonly changed: number;
  /** absent: it is active */
  readonly ended?: number;
  /** what it is about, also when it is over; absent: as `message` says */
  readonly summary?: string;
  /** the worst value since it was raised */
  readonly peak?: Value;
  /** absent where there is none */
  readonly evidence?: readonly EvidenceReference[];
  /** why it has no clip, in words; absent where it has, or none is recorded */
  readonly evidenceProblem?: string;
}

export interface Acknowledgement {
  /** a log-in name */
  readonly by: string;
  readonly where: AcknowledgedWhere;
  /** ms since 1970 */
  readonly at: number;
  /** the later alarm of the same kind with which it was */
  readonly with?: string;
}

/** What people call a device or camera, and where it is. */
export interface DeviceWords {
  readonly name?: string | undefined;
  readonly place?: string | undefined;
}

/** When the gateway took what set a change off: ms since 1970 and ms of the monotonic clock. */
export interface Taken {
  readonly received: number;
  readonly uptime: number;
}

/** Active alarms that are kept. Beyond it the oldest is ended, with a message that says why. */
const mostActive = 5000;
/** of one alarm; an alarm that goes on for days is shown by its first ones */
export const mostEvidence = 12;
/** The least time between two snapshots: an SD card lives from being left alone. */
const snapshotEveryMs = 200;
/** How much of a peak a power cut may take: one that grows all the time is not to wear the card out. */
const peaksEveryMs = 30_000;

export class Alarms implements Part {
  readonly #actions: readonly Action[];
  readonly #clock: Clock;
  readonly #file: string | undefined;
  readonly #recorded: () => readonly RecordedAlert[];
  readonly #random: () => number;
  readonly #log: SparingLogger | undefined;
  /** by rule, device and subject, in the order they were raised */
  readonly #active = new Map<string, ActiveAlarm>();
  /** the same as far as the outbox has it: what the snapshot says */
  readonly #stored = new Map<string, ActiveAlarm>();
  /** the alarm as each alert left it, until the alert is stored */
  readonly #unstored = new WeakMap<Alert, ActiveAlarm>();
  readonly #ended = new EndedAlarms();
  readonly #describe: (device: DeviceId) => DeviceWords;
  #dirty = false;
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #timerAt = 0;
  #stopped = false;
  #failures = 0;

  /**
   * `file`: where active alarms outlive a restart; without one they do not. `recorded`: the newest alerts that the
   * outbox has, oldest first, asked at the start. `random`: uniform in [0, 1).
   */
  constructor(options: {
    actions: readonly Action[];
    clock: Clock;
    random: () => number;
    file?: string;
    recorded?: () => readonly RecordedAlert[];
    /** asked at each alert; default: nobody has words for it */
    describe?: (device: DeviceId) => DeviceWords;
    log?: Logger;
  }) {
    this.#actions = options.actions;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#file = options.file;
    this.#recorded = options.recorded ?? (() => []);
    this.#describe = options.describe ?? (() => ({}));
    this.#log = options.log && new SparingLogger(options.log, options.clock);
  }

  /** Finds what was active before; a file that cannot be read is put aside, and the outbox alone tells then. */
  async start(): Promise<void> {
    if (this.#file === undefined) return;
    const snapshot = await readSnapshot(this.#file);
    const { alarms, problem } = snapshot;
    if (problem !== undefined) this.#log?.error('snapshot', { file: this.#file }, problem);
    const { active, waiting } = foldRecorded(alarms, snapshot.waiting ?? [], this.#newest());
    for (const alarm of active.slice(-mostActive)) {
      this.#active.set(keyOf(alarm), alarm);
      this.#stored.set(keyOf(alarm), alarm);
    }
    // a file of a version before that let go what had ended: nobody is asked about the alarms of weeks ago
    const isOlder = snapshot.isFile && snapshot.waiting === undefined;
    this.#ended.restore(isOlder ? [] : waiting, snapshot.dropped);
    // at once, or the next start would take what ends from now on for the older version's too
    if (isOlder) await this.#write();
    else if (JSON.stringify([active, waiting]) !== JSON.stringify([alarms, snapshot.waiting ?? []])) this.#changed();
  }

  #newest(): readonly RecordedAlert[] {
    try {
      return this.#recorded();
    } catch (error) {
      this.#failures++;
      this.#log?.error('outbox', {}, `the outbox cannot be asked for its newest alerts: ${messageOf(error)}`);
      return [];
    }
  }

  /** Writes what is active and stops the actions. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#writing;
    if (this.#dirty) await this.#write();
    await Promise.all(this.#actions.map((action) => action.stop()));
  }

  /** Shows the alarms from before a restart again (retained states); call it once the broker is there. */
  restore(): void {
    const restored = [...this.#ended.waiting(), ...this.#active.values()];
    for (const alarm of restored) {
      const [change, time] =
        alarm.ended === undefined ? (['raised', alarm.raised] as const) : (['cleared', alarm.ended] as const);
      const alert = this.#alert(alarm, change, alarm.ended === undefined, time, { received: time, uptime: 0 });
      for (const action of this.#actions) this.#perform(action, () => action.restore?.(alert));
    }
  }

  /** Acts on changes, now, and tells what to store. */
  apply(transitions: readonly AlarmTransition[], taken: Taken): readonly Alert[] {
    const alerts: Alert[] = [];
    for (const transition of transitions) {
      const alert = this.#change(transition, taken, alerts);
      if (alert !== undefined) alerts.push(alert);
    }
    return alerts;
  }

  /** The outbox has this alert on disk. Alerts of one device are to be told in their order; a second time is harmless. */
  stored(alert: Alert): void {
    const alarm = this.#unstored.get(alert);
    if (alarm === undefined) return;
    this.#unstored.delete(alert);
    if (alert.data.active) this.#stored.set(keyOf(alarm), alarm);
    else {
      if (this.#stored.get(keyOf(alarm))?.alarm === alarm.alarm) this.#stored.delete(keyOf(alarm));
      this.#ended.stored(alarm);
    }
    this.#changed();
  }

  /**
   * `by` has seen this alarm, active or over, and with it the earlier ones of the same rule, device and subject that are
   * over and wait: who looks at a door has seen that it opened ten times. The alarm's own alert comes first; none where
   * it waits for nobody.
   */
  acknowledge(alarm: string, { by, where }: Pick<Acknowledgement, 'by' | 'where'>): readonly Alert[] {
    const now = this.#clock.now();
    const taken = { received: now, uptime: this.#clock.uptime() };
    const known = [...this.#active.values()].find((one) => one.alarm === alarm) ?? this.#ended.waitingOf(alarm);
    if (known === undefined || known.acknowledged) return [];
    const earlier = this.#ended.waiting().filter((one) => keyOf(one) === keyOf(known) && one.raised < known.raised);
    return [known, ...earlier].map((one) => {
      const active = one.ended === undefined;
      const changed = {
        ...one,
        acknowledged: true,
        acknowledgement: { by, where, at: now, ...(one === known ? {} : { with: alarm }) },
        changed: now,
      };
      if (active) this.#active.set(keyOf(one), changed);
      else this.#ended.acknowledged(changed);
      return this.#hand(this.#alert(changed, 'acknowledged', active, now, taken), changed);
    });
  }

  /** There are pictures of it now, also after its end. Undefined of an alarm that is not known, or has enough of them. */
  attach(alarm: string, evidence: readonly EvidenceReference[]): Alert | undefined {
    const known = this.#find(alarm);
    if (known === undefined) return undefined;
    const before = known.evidence ?? [];
    const fresh = evidence.filter(({ id }) => before.every((one) => one.id !== id));
    if (fresh.length === 0 || before.length + fresh.length > mostEvidence) return undefined;
    return this.#update({ ...known, evidence: [...before, ...fresh] });
  }

  /** Why it will have no clip. Undefined where it is not known, or says so already. */
  lack(alarm: string, why: string): Alert | undefined {
    const known = this.#find(alarm);
    if (known === undefined || known.evidenceProblem === why) return undefined;
    return this.#update({ ...known, evidenceProblem: why });
  }

  #find(alarm: string): ActiveAlarm | undefined {
    return [...this.#active.values()].find((one) => one.alarm === alarm) ?? this.#ended.get(alarm);
  }

  /** What is over stays over since when it was. */
  #update(alarm: ActiveAlarm): Alert {
    const now = this.#clock.now();
    const active = alarm.ended === undefined;
    const changed = { ...alarm, changed: active ? now : alarm.changed };
    if (active) this.#active.set(keyOf(alarm), changed);
    else this.#ended.update(changed);
    const taken = { received: now, uptime: this.#clock.uptime() };
    return this.#hand(this.#alert(changed, 'updated', active, changed.changed, taken), changed);
  }

  /** Whether somebody has acknowledged it, as far as that is remembered. */
  isAcknowledged(alarm: string): boolean {
    return this.#find(alarm)?.acknowledged ?? false;
  }

  /** What is active now, oldest first. */
  active(): readonly ActiveAlarm[] {
    return [...this.#active.values()];
  }

  /** The ended alarms that wait for an acknowledgement, in the order in which they ended. */
  waiting(): readonly ActiveAlarm[] {
    return this.#ended.waiting();
  }

  /** Alarms that are over and are no longer kept for a person, because too many waited. */
  get dropped(): number {
    return this.#ended.dropped;
  }

  /** How often an action failed or the snapshot could not be written. */
  failures(): number {
    return this.#failures;
  }

  #change(transition: AlarmTransition, taken: Taken, alerts: Alert[]): Alert | undefined {
    const name = keyOf(transition);
    const known = this.#active.get(name);
    if (transition.change === 'raised' && known === undefined) {
      if (this.#active.size >= mostActive) this.#endOldest(taken, alerts);
      const alarm = this.#occurrence(transition);
      this.#active.set(name, alarm);
      return this.#hand(this.#alert(alarm, 'raised', true, transition.time, taken), alarm);
    }
    if (known === undefined) return undefined;
    if (transition.change === 'reached') return this.#reached(known, transition);
    const { message, cause, value, time, peak } = transition;
    const news: ActiveAlarm = {
      ...known,
      message,
      ...(value === undefined ? {} : { value }),
      ...(peak === undefined ? {} : { peak }),
      changed: time,
    };
    if (transition.change === 'cleared') {
      this.#active.delete(name);
      // its cause stays what set it off
      const over = { ...news, ended: time, summary: transition.summary ?? known.summary ?? known.message };
      this.#ended.add(over);
      return this.#hand(this.#alert(over, 'cleared', false, time, taken), over);
    }
    // raised again though it is active (a rule's state was lost): the same occurrence goes on
    const changed = { ...news, cause, count: known.count + 1, summary: transition.summary ?? message };
    this.#active.set(name, changed);
    return this.#hand(this.#alert(changed, 'updated', true, time, taken), changed);
  }

  /** Nobody is told of it now: a rising value would be an alert each second. */
  #reached(known: ActiveAlarm, { peak, summary }: AlarmTransition): undefined {
    const more = { ...(peak === undefined ? {} : { peak }), ...(summary === undefined ? {} : { summary }) };
    this.#active.set(keyOf(known), { ...known, ...more });
    const stored = this.#stored.get(keyOf(known));
    if (stored?.alarm !== known.alarm) return undefined;
    this.#stored.set(keyOf(known), { ...stored, ...more });
    this.#changed(peaksEveryMs);
    return undefined;
  }

  #occurrence(transition: AlarmTransition): ActiveAlarm {
    const { rule, device, subject, severity, category, test, cause, message, value, peak, summary, time } = transition;
    return {
      alarm: `${rule}/${device}/${subject === '' ? '-' : subject}/${hex(this.#random)}`,
      rule,
      device,
      subject,
      severity,
      category,
      test,
      cause,
      message,
      ...(value === undefined ? {} : { value }),
      ...(peak === undefined ? {} : { peak }),
      ...(summary === undefined ? {} : { summary }),
      count: 1,
      acknowledged: false,
      raised: time,
      changed: time,
    };
  }

  #endOldest(taken: Taken, alerts: Alert[]): void {
    const oldest = this.#active.entries().next();
    if (oldest.done) return;
    const [name, alarm] = oldest.value;
    this.#active.delete(name);
    const message = `${alarm.message}: no longer followed, because more than ${mostActive} alarms are active`;
    const summary = alarm.summary ?? alarm.message;
    const over = { ...alarm, message, summary, changed: taken.received, ended: taken.received };
    this.#ended.add(over);
    alerts.push(this.#hand(this.#alert(over, 'cleared', false, taken.received, taken), over));
  }

  #alert(alarm: ActiveAlarm, change: AlertData['change'], active: boolean, time: number, taken: Taken): Alert {
    const { rule, device, severity, category, message, cause, value, count, test, acknowledged } = alarm;
    const { acknowledgement: seen, summary, peak, ended, raised } = alarm;
    const { name, place } = this.#describe(device);
    const data: AlertData = {
      alarm: alarm.alarm,
      rule,
      device,
      change,
      active,
      acknowledged,
      severity,
      category,
      message,
      cause,
      ...(value === undefined ? {} : { value }),
      count,
      test,
      evidence: alarm.evidence ?? [],
      ...(alarm.evidenceProblem === undefined ? {} : { evidence_problem: alarm.evidenceProblem }),
      ...(summary === undefined ? {} : { summary }),
      ...(peak === undefined ? {} : { peak }),
      ...(ended === undefined ? {} : { duration_ms: Math.max(0, Math.round(ended - raised)) }),
      ...(seen === undefined
        ? {}
        : { acknowledged_by: seen.by, acknowledged_at: rfc3339(seen.at), acknowledged_where: seen.where }),
      ...(seen?.with === undefined ? {} : { acknowledged_with: seen.with }),
      ...(name === undefined ? {} : { device_name: name }),
      ...(place === undefined ? {} : { place }),
    };
    return { data, time, received: taken.received, uptime: taken.uptime };
  }

  /** Stamps the latency and hands the alert to every action; one that fails keeps none of the others from it. */
  #hand(alert: Alert, alarm: ActiveAlarm): Alert {
    const latency = Math.max(0, this.#clock.uptime() - alert.uptime);
    const stamped: Alert = { ...alert, data: { ...alert.data, latency_ms: Math.round(latency * 1000) / 1000 } };
    for (const action of this.#actions) this.#perform(action, () => action.perform(stamped));
    this.#unstored.set(stamped, alarm);
    return stamped;
  }

  #perform(action: Action, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#failures++;
      this.#log?.error(`action ${action.name}`, { action: action.name }, `a local action failed: ${messageOf(error)}`);
    }
  }

  /** `withinMs`: how soon it is to be on disk */
  #changed(withinMs = 0): void {
    if (this.#file === undefined) return;
    this.#dirty = true;
    if (this.#writing !== undefined || this.#stopped) return;
    const at = this.#clock.uptime() + withinMs;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    // after the alert: the disk is not to be in its way, not even for the time of a system call
    this.#timer = this.#clock.after(withinMs, () => this.#turn());
  }

  #turn(): void {
    this.#timer = undefined;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#stopped) return;
      this.#timerAt = this.#clock.uptime() + snapshotEveryMs;
      this.#timer = this.#clock.after(snapshotEveryMs, () => {
        this.#timer = undefined;
        if (this.#dirty) this.#turn();
      });
    });
  }

  async #write(): Promise<void> {
    if (this.#file === undefined) return;
    this.#dirty = false;
    try {
      const { stored: waiting, dropped } = this.#ended.snapshot();
      await writeSnapshot(this.#file, { alarms: [...this.#stored.values()], waiting, dropped });
    } catch (error) {
      this.#failures++;
      this.#log?.error(
        'unwritten',
        { file: this.#file },
        `the active alarms could not be written: ${messageOf(error)}`,
      );
    }
  }
}

function keyOf({ rule, device, subject }: { rule: string; device: string; subject: string }): string {
  return `${rule}/${device}/${subject}`;
}

/** 12 hex digits. */
function hex(random: () => number): string {
  const six = () =>
    Math.floor(random() * 0x1_00_00_00)
      .toString(16)
      .padStart(6, '0');
  return six() + six();
}
