/**
 * An alarm's life: from the change that a rule tells to what the site does about it and what the centre will read.
 *
 *   raised ──► active ── updated (count + 1), acknowledged ──► active ── cleared ──► forgotten here
 *
 * Always: every action has been performed when `apply` returns, before any disk; all changes of one occurrence carry
 * the same alarm id; what is active is bounded. An alarm whose raising is in the outbox is known again after a restart
 * or a kill and gets its end; one whose raising is not is raised anew. For that the snapshot says no more than the
 * outbox has (written behind `stored`, replaced by a rename), and the outbox's newest alerts fill in what it lacks.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { AlertData, EvidenceReference, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Action, Alert } from './action.ts';
import { foldRecorded, type RecordedAlert } from './recorded.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** An alarm that is active now. Times in ms since 1970. */
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
  readonly raised: number;
  readonly changed: number;
  /** absent where there is none */
  readonly evidence?: readonly EvidenceReference[];
}

/** When the gateway took what set a change off: ms since 1970 and ms of the monotonic clock. */
export interface Taken {
  readonly received: number;
  readonly uptime: number;
}

/** Active alarms that are kept. Beyond it the oldest is ended, with a message that says why. */
const mostActive = 5000;
/** Alarms that are over and may still get their evidence: a clip comes some seconds after its alarm. */
const mostEnded = 200;
/** of one alarm; an alarm that goes on for days is shown by its first ones */
export const mostEvidence = 12;
/** The least time between two snapshots: an SD card lives from being left alone. */
const snapshotEveryMs = 200;

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
  /** the newest that are over, by alarm id */
  readonly #ended = new Map<string, ActiveAlarm>();
  #dirty = false;
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
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
    log?: Logger;
  }) {
    this.#actions = options.actions;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#file = options.file;
    this.#recorded = options.recorded ?? (() => []);
    this.#log = options.log && new SparingLogger(options.log, options.clock);
  }

  /** Finds what was active before; a file that cannot be read is put aside, and the outbox alone tells then. */
  async start(): Promise<void> {
    if (this.#file === undefined) return;
    const { alarms, problem } = await readSnapshot(this.#file);
    if (problem !== undefined) this.#log?.error('snapshot', { file: this.#file }, problem);
    const active = foldRecorded(alarms, this.#newest());
    for (const alarm of active.slice(-mostActive)) {
      this.#active.set(keyOf(alarm), alarm);
      this.#stored.set(keyOf(alarm), alarm);
    }
    if (JSON.stringify(active) !== JSON.stringify(alarms)) this.#changed();
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

  /** Shows the alarms that were active before a restart again (retained states); call it once the broker is there. */
  restore(): void {
    for (const alarm of this.#active.values()) {
      const alert = this.#alert(alarm, 'raised', true, alarm.raised, { received: alarm.raised, uptime: 0 });
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
    else if (this.#stored.get(keyOf(alarm))?.alarm === alarm.alarm) this.#stored.delete(keyOf(alarm));
    else return;
    this.#changed();
  }

  /** Somebody has seen it. Undefined where no alarm of that id is active, or it was acknowledged before. */
  acknowledge(alarm: string): Alert | undefined {
    for (const [name, known] of this.#active) {
      if (known.alarm !== alarm || known.acknowledged) continue;
      const now = this.#clock.now();
      const changed = { ...known, acknowledged: true, changed: now };
      this.#active.set(name, changed);
      const taken = { received: now, uptime: this.#clock.uptime() };
      return this.#hand(this.#alert(changed, 'acknowledged', true, now, taken), changed);
    }
    return undefined;
  }

  /** There are pictures of it now, also after its end. Undefined of an alarm that is not known, or has enough of them. */
  attach(alarm: string, evidence: readonly EvidenceReference[]): Alert | undefined {
    const known = [...this.#active.values()].find((one) => one.alarm === alarm) ?? this.#ended.get(alarm);
    if (known === undefined) return undefined;
    const before = known.evidence ?? [];
    const fresh = evidence.filter(({ id }) => before.every((one) => one.id !== id));
    if (fresh.length === 0 || before.length + fresh.length > mostEvidence) return undefined;
    const now = this.#clock.now();
    const active = !this.#ended.has(alarm);
    // what is over stays over since when it was
    const changed = { ...known, evidence: [...before, ...fresh], changed: active ? now : known.changed };
    if (active) this.#active.set(keyOf(known), changed);
    else this.#ended.set(alarm, changed);
    const taken = { received: now, uptime: this.#clock.uptime() };
    return this.#hand(this.#alert(changed, 'updated', active, changed.changed, taken), changed);
  }

  /** What is active now, oldest first. */
  active(): readonly ActiveAlarm[] {
    return [...this.#active.values()];
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
    const { message, cause, value, time } = transition;
    const changed: ActiveAlarm = {
      ...known,
      message,
      cause,
      ...(value === undefined ? {} : { value }),
      changed: time,
      count: known.count + (transition.change === 'cleared' ? 0 : 1),
    };
    if (transition.change === 'cleared') {
      this.#active.delete(name);
      this.#end(changed);
      return this.#hand(this.#alert(changed, 'cleared', false, time, taken), changed);
    }
    // raised again though it is active (a rule's state was lost): the same occurrence goes on
    this.#active.set(name, changed);
    return this.#hand(this.#alert(changed, 'updated', true, time, taken), changed);
  }

  #occurrence(transition: AlarmTransition): ActiveAlarm {
    const { rule, device, subject, severity, category, test, cause, message, value, time } = transition;
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
    this.#end(alarm);
    const message = `${alarm.message}: no longer followed, because more than ${mostActive} alarms are active`;
    alerts.push(this.#hand(this.#alert({ ...alarm, message }, 'cleared', false, taken.received, taken), alarm));
  }

  #end(alarm: ActiveAlarm): void {
    this.#ended.set(alarm.alarm, alarm);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= mostEnded) break;
      this.#ended.delete(oldest);
    }
  }

  #alert(alarm: ActiveAlarm, change: AlertData['change'], active: boolean, time: number, taken: Taken): Alert {
    const { rule, device, severity, category, message, cause, value, count, test, acknowledged } = alarm;
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

  #changed(): void {
    if (this.#file === undefined) return;
    this.#dirty = true;
    if (this.#writing !== undefined || this.#timer !== undefined || this.#stopped) return;
    // after the alert: the disk is not to be in its way, not even for the time of a system call
    this.#timer = this.#clock.after(0, () => this.#turn());
  }

  #turn(): void {
    this.#timer = undefined;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#stopped) return;
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
      await writeSnapshot(this.#file, [...this.#stored.values()]);
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
