/**
 * The life of an alarm: from the change that a rule reports, to the local actions and the event for the centre.
 *
 *   raised ──► active ── updated (count + 1), acknowledged ──► active ── cleared, acknowledged before ──► forgotten here
 *                └── cleared, not acknowledged ──► over, waits (ended-alarms.ts) ── acknowledged ──► forgotten here
 *
 * Always: `apply` has performed every action when it returns, and has waited for no disk; all changes of one occurrence
 * carry the same alarm id; active alarms are bounded. After a restart or a kill an alarm that the outbox has is known
 * again and gets its end; an alarm that the outbox lacks is raised anew. Therefore the snapshot never says more than the
 * outbox has (`stored` comes before it), and the newest alerts of the outbox fill in what the snapshot lacks. The same
 * holds for alarms that are over and wait for a person.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { EvidenceReference } from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Action, Alert } from './action.ts';
import {
  type Acknowledgement,
  type ActiveAlarm,
  type Arrival,
  type DeviceWords,
  keyOf,
  mostEvidence,
} from './alarm.ts';
import { type AlarmChange, alertOf } from './alert-of.ts';
import { EndedAlarms } from './ended-alarms.ts';
import { foldRecorded, type RecordedAlert } from './recorded.ts';
import { aboutOf, alarmTextOf, summaryFromText, withoutSummary, withoutText } from './sentences.ts';
import { readSnapshot } from './snapshot.ts';
import { SnapshotWriter } from './snapshot-writer.ts';

/** Active alarms that are kept. Beyond that the oldest one is ended, with a message that says why. */
const mostActive = 5000;
/** How much of a peak a power cut may take: a peak that grows all the time must not wear the memory card out. */
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
  /** the active alarms as far as the outbox has them: what the snapshot says */
  readonly #stored = new Map<string, ActiveAlarm>();
  /** the alarm as each alert left it, until the alert is stored */
  readonly #unstored = new WeakMap<Alert, ActiveAlarm>();
  readonly #ended = new EndedAlarms();
  readonly #describe: (device: DeviceId) => DeviceWords;
  readonly #snapshot: SnapshotWriter;
  #failures = 0;

  /**
   * `file`: keeps the active alarms over a restart; without it they are lost. `recorded`: the newest alerts of the
   * outbox, oldest first, read at the start. `random`: uniform in [0, 1).
   */
  constructor(options: {
    actions: readonly Action[];
    clock: Clock;
    random: () => number;
    file?: string;
    recorded?: () => readonly RecordedAlert[];
    /** the name and place of a device, asked for at each alert; default: none */
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
    this.#snapshot = new SnapshotWriter({
      file: options.file,
      clock: options.clock,
      content: () => {
        const { stored: waiting, dropped } = this.#ended.snapshot();
        return { alarms: [...this.#stored.values()], waiting, dropped };
      },
      onFailure: (error) => {
        this.#failures++;
        const problem = `the active alarms could not be written: ${messageOf(error)}`;
        this.#log?.error('unwritten', { file: this.#file }, problem);
      },
    });
  }

  /** Restores what was active before. A damaged snapshot is moved away; the outbox alone then knows the alarms. */
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
    // an older version forgot ended alarms: do not ask people to acknowledge alarms of weeks ago
    const isOlder = snapshot.isFile && snapshot.waiting === undefined;
    this.#ended.restore(isOlder ? [] : waiting, snapshot.dropped);
    // at once: else the next start would take alarms that end from now on for alarms of the older version
    if (isOlder) await this.#snapshot.write();
    else if (JSON.stringify([active, waiting]) !== JSON.stringify([alarms, snapshot.waiting ?? []]))
      this.#snapshot.changed();
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
    await this.#snapshot.stop();
    await Promise.all(this.#actions.map((action) => action.stop()));
  }

  /** Shows the alarms from before a restart again (retained states); call it once the broker is there. */
  restore(): void {
    const restored = [...this.#ended.waiting(), ...this.#active.values()];
    for (const alarm of restored) {
      const [change, time] =
        alarm.ended === undefined ? (['raised', alarm.raised] as const) : (['cleared', alarm.ended] as const);
      const alert = this.#alert(alarm, {
        change,
        active: alarm.ended === undefined,
        time,
        arrival: { received: time, uptime: 0 },
      });
      for (const action of this.#actions) this.#perform(action, () => action.restore?.(alert));
    }
  }

  /** Acts on changes now, and returns the alerts to store. */
  apply(transitions: readonly AlarmTransition[], arrival: Arrival): readonly Alert[] {
    const alerts: Alert[] = [];
    for (const transition of transitions) {
      const alert = this.#change(transition, arrival, alerts);
      if (alert !== undefined) alerts.push(alert);
    }
    return alerts;
  }

  /** The outbox has this alert on disk. Call it in the order of a device's alerts; a repeated call is harmless. */
  stored(alert: Alert): void {
    const alarm = this.#unstored.get(alert);
    if (alarm === undefined) return;
    this.#unstored.delete(alert);
    if (alert.data.active) this.#stored.set(keyOf(alarm), alarm);
    else {
      if (this.#stored.get(keyOf(alarm))?.alarm === alarm.alarm) this.#stored.delete(keyOf(alarm));
      this.#ended.stored(alarm);
    }
    this.#snapshot.changed();
  }

  /**
   * `by` acknowledges this alarm, active or over, and with it the earlier alarms of the same kind that are over and
   * wait: one look at a door answers all ten times that it opened. Returns the alarm's own alert first; none where the
   * alarm does not wait for an acknowledgement.
   */
  acknowledge(alarm: string, { by, where }: Pick<Acknowledgement, 'by' | 'where'>): readonly Alert[] {
    const now = this.#clock.now();
    const arrival = { received: now, uptime: this.#clock.uptime() };
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
      return this.#hand(this.#alert(changed, { change: 'acknowledged', active, time: now, arrival }), changed);
    });
  }

  /** Adds evidence to an alarm, also after its end. Undefined where the alarm is unknown or has its most already. */
  attach(alarm: string, evidence: readonly EvidenceReference[]): Alert | undefined {
    const known = this.#find(alarm);
    if (known === undefined) return undefined;
    const before = known.evidence ?? [];
    const fresh = evidence.filter(({ id }) => before.every((one) => one.id !== id));
    if (fresh.length === 0 || before.length + fresh.length > mostEvidence) return undefined;
    return this.#update({ ...known, evidence: [...before, ...fresh] });
  }

  /** Notes why the alarm will have no clip. Undefined where the alarm is unknown, or says so already. */
  lack(alarm: string, why: string): Alert | undefined {
    const known = this.#find(alarm);
    if (known === undefined || known.evidenceProblem === why) return undefined;
    return this.#update({ ...known, evidenceProblem: why });
  }

  #find(alarm: string): ActiveAlarm | undefined {
    return [...this.#active.values()].find((one) => one.alarm === alarm) ?? this.#ended.get(alarm);
  }

  /** An ended alarm keeps the time of its end. */
  #update(alarm: ActiveAlarm): Alert {
    const now = this.#clock.now();
    const active = alarm.ended === undefined;
    const changed = { ...alarm, changed: active ? now : alarm.changed };
    if (active) this.#active.set(keyOf(alarm), changed);
    else this.#ended.update(changed);
    const arrival = { received: now, uptime: this.#clock.uptime() };
    return this.#hand(this.#alert(changed, { change: 'updated', active, time: changed.changed, arrival }), changed);
  }

  /** Whether somebody has acknowledged the alarm, as far as the gateway remembers. */
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

  /** How many alarms that waited for an acknowledgement were dropped, because too many waited. */
  get dropped(): number {
    return this.#ended.dropped;
  }

  /** What people should know, a sentence each. */
  problems(): readonly Words[] {
    const { dropped } = this.#ended;
    if (dropped === 0) return [];
    return [words('gateway/reason.alarms-dropped', { count: dropped })];
  }

  /** How often an action failed or the snapshot could not be written. */
  failures(): number {
    return this.#failures;
  }

  #change(transition: AlarmTransition, arrival: Arrival, alerts: Alert[]): Alert | undefined {
    const name = keyOf(transition);
    const known = this.#active.get(name);
    if (transition.change === 'raised' && known === undefined) {
      if (this.#active.size >= mostActive) this.#endOldest(arrival, alerts);
      const alarm = this.#occurrence(transition);
      this.#active.set(name, alarm);
      return this.#hand(this.#alert(alarm, { change: 'raised', active: true, time: transition.time, arrival }), alarm);
    }
    if (known === undefined) return undefined;
    if (transition.change === 'reached') return this.#reached(known, transition);
    const { cause, value, time, peak } = transition;
    const news: ActiveAlarm = {
      ...withoutText(known),
      ...alarmTextOf(transition),
      ...(value === undefined ? {} : { value }),
      ...(peak === undefined ? {} : { peak }),
      changed: time,
    };
    if (transition.change === 'cleared') {
      this.#active.delete(name);
      // an alarm keeps the cause that raised it
      const about = [aboutOf(transition), aboutOf(known), summaryFromText(known)].find(
        ({ summary }) => summary !== undefined,
      );
      const over = { ...withoutSummary(news), ended: time, ...about };
      this.#ended.add(over);
      return this.#hand(this.#alert(over, { change: 'cleared', active: false, time, arrival }), over);
    }
    // raised although it is active (the rule lost its state): the same occurrence goes on
    const about = transition.summary === undefined ? summaryFromText(transition) : aboutOf(transition);
    const changed = { ...withoutSummary(news), cause, count: known.count + 1, ...about };
    this.#active.set(name, changed);
    return this.#hand(this.#alert(changed, { change: 'updated', active: true, time, arrival }), changed);
  }

  /** Notes a new peak. No alert: a rising value would be an alert each second. */
  #reached(known: ActiveAlarm, transition: AlarmTransition): undefined {
    const { peak, summary } = transition;
    const reached = (alarm: ActiveAlarm): ActiveAlarm => ({
      ...(summary === undefined ? alarm : { ...withoutSummary(alarm), ...aboutOf(transition) }),
      ...(peak === undefined ? {} : { peak }),
    });
    this.#active.set(keyOf(known), reached(known));
    const stored = this.#stored.get(keyOf(known));
    if (stored?.alarm !== known.alarm) return undefined;
    this.#stored.set(keyOf(known), reached(stored));
    this.#snapshot.changed(peaksEveryMs);
    return undefined;
  }

  #occurrence(transition: AlarmTransition): ActiveAlarm {
    const { rule, device, subject, severity, category, test, cause, value, peak, time } = transition;
    return {
      alarm: `${rule}/${device}/${subject === '' ? '-' : subject}/${hex(this.#random)}`,
      rule,
      device,
      subject,
      severity,
      category,
      test,
      cause,
      ...alarmTextOf(transition),
      ...(value === undefined ? {} : { value }),
      ...(peak === undefined ? {} : { peak }),
      ...aboutOf(transition),
      count: 1,
      acknowledged: false,
      raised: time,
      changed: time,
    };
  }

  #endOldest(arrival: Arrival, alerts: Alert[]): void {
    const oldest = this.#active.entries().next();
    if (oldest.done) return;
    const [name, alarm] = oldest.value;
    this.#active.delete(name);
    const messageI18n = message('alarm/not-followed', {
      message: alarm.messageI18n ?? alarm.message,
      limit: mostActive,
    });
    const over = {
      ...withoutSummary(alarm),
      message: `${alarm.message}: no longer followed, because more than ${mostActive} alarms are active`,
      messageI18n,
      ...(alarm.summary === undefined ? summaryFromText(alarm) : aboutOf(alarm)),
      changed: arrival.received,
      ended: arrival.received,
    };
    this.#ended.add(over);
    alerts.push(
      this.#hand(this.#alert(over, { change: 'cleared', active: false, time: arrival.received, arrival }), over),
    );
  }

  #alert(alarm: ActiveAlarm, change: AlarmChange): Alert {
    return alertOf(alarm, change, this.#describe(alarm.device));
  }

  /** Stamps the latency and hands the alert to every action. An action that fails does not stop the others. */
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
}

/** 12 hex digits. */
function hex(random: () => number): string {
  const six = () =>
    Math.floor(random() * 0x1_00_00_00)
      .toString(16)
      .padStart(6, '0');
  return six() + six();
}
