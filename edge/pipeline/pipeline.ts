/**
 * The way of one message through the gateway, the same for a meter's publish and a camera's scene:
 *
 *   decode ──► rules ──► alerts act at once ──► one outbox entry (readings, alerts, dead letter) ──► committed
 *
 * Always:
 *  - local actions have run before the entry is handed to the outbox: an alert never waits for the disk (P2);
 *  - a resend (the id of its device's own and the content came before) is evaluated by no rule, and its commit stores
 *    it once; another content under a known id is a new reading;
 *  - `admit` resolves after the commit and rejects where there was none, so that the broker withholds (P1);
 *  - whatever a device sends, `admit` never throws: what nobody can read becomes a dead letter of that device (P8);
 *  - an alert that was acted on is stored, also where its entry was refused to its device (storing.ts);
 *  - what has no sender to hold back (vision, silence, the gateway's own events) is kept and tried again, bounded.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CommandResultData } from '@forpost/shared/event/command.ts';
import {
  type AlertData,
  type ClockData,
  type ClockQuality,
  type EvidenceReference,
  eventTypes,
  type GatewayData,
  type VisionObservationData,
} from '@forpost/shared/event/event.ts';
import { type DeviceId, isId, type Lane } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Alert } from '../alerts/action.ts';
import type { Acknowledgement, Alarms } from '../alerts/alarms.ts';
import type { Admit, DevicePublish } from '../broker/access.ts';
import { resultId } from '../commands/once.ts';
import type { DecodedEvent, DecodedReading } from '../devices/decoder.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import { ResendNames } from '../devices/resend-names.ts';
import type { DeadLetter, EventDraft, Outbox, OutboxEntry } from '../outbox/outbox.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { AlarmTransition, Observation } from '../rules/rule.ts';
import type { CameraChange } from '../vision/camera-changes.ts';
import { VisionCounts } from '../vision/counts.ts';
import { type FromVision, type SceneChange, tampers } from '../vision/messages.ts';
import { isHopeless, Storing } from './entry-queue.ts';
import { EvaluatedIds } from './resend-filter.ts';

export interface PipelineParts {
  readonly devices: DeviceRegistry;
  /** there once the alarms from before a restart are known */
  readonly rules: () => RuleEngine;
  readonly alarms: Alarms;
  readonly outbox: Outbox;
  /** the devices' own ids of readings that the rules have seen */
  readonly evaluated?: EvaluatedIds;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
  readonly random: () => number;
  readonly logger: Logger;
  /** every alert, after the local actions ran: for the page */
  readonly onAlert: (alert: Alert) => void;
}

/** Where and when something was taken in: ms since 1970 and ms of the monotonic clock. */
interface Taken {
  readonly received: number;
  readonly uptime: number;
}

/** What cameras count is told this long after the first change that was not told yet. */
const countEveryMs = 60_000;

export class Pipeline {
  readonly #parts: PipelineParts;
  #wake: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  readonly #storing: Storing;
  readonly #evaluated: EvaluatedIds;
  readonly #alertOf = new WeakMap<EventDraft, Alert>();
  readonly #counts = new VisionCounts();
  #tellCounts: Timer | undefined;
  #stopped = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { outbox, clock, random, logger, alarms } = parts;
    this.#evaluated = parts.evaluated ?? new EvaluatedIds();
    this.#storing = new Storing({
      outbox,
      clock,
      stamp: () => ({ clock: parts.quality(), boot: parts.boot() }),
      random,
      logger,
      onStored: (draft) => {
        const alert = this.#alertOf.get(draft);
        if (alert !== undefined) alarms.stored(alert);
      },
    });
  }

  /** Events without a sender: those that wait in memory, those given up and those collapsed because too many waited. */
  get unstored(): { readonly waiting: number; readonly lost: number; readonly collapsed: number } {
    const { waiting, lost, collapsed } = this.#storing;
    return { waiting, lost, collapsed };
  }

  start(): void {
    this.#armWake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.cancel();
    this.#tellCounts?.cancel();
    await this.#storing.stop();
  }

  /** Takes one device's publish in. See `Admit`. */
  readonly admit: Admit = async (publish) => {
    const entry = this.#entryOf(publish);
    try {
      await this.#storing.submit(entry);
    } catch (error) {
      if (!isHopeless(error)) throw error;
      // withheld it would be sent for ever: nothing of it can ever be stored as events
      await this.#storing.submit({
        events: [],
        deadLetter: this.#deadLetter(publish, messageOf(error)),
        sender: publish.device,
        publish: publish.record,
      });
    }
  };

  #entryOf(publish: DevicePublish): OutboxEntry {
    const { devices } = this.#parts;
    const device = publish.device as DeviceId;
    const decoded = devices.decode(device, publish.topic, publish.payload, publish.received);
    devices.seen(device, publish.received, decoded, publish);
    if (!decoded.ok) {
      const deadLetter = this.#deadLetter(publish, decoded.reason);
      const events = this.#raise(this.#alive(device, publish), publish);
      return { events, deadLetter, sender: device, publish: publish.record };
    }
    const names = new ResendNames();
    const events = decoded.items.map((item) => this.#deviceDraft(device, item, publish, names));
    const transitions: AlarmTransition[] = [];
    let readings = 0;
    decoded.items.forEach((item, i) => {
      if (item.kind !== 'reading') return;
      readings++;
      const { resendId, content = 0 } = events[i] ?? {};
      // rules skip a resend; the outbox drops it
      if (resendId === undefined || this.#evaluated.isNew(device, resendId, content))
        transitions.push(...this.#observe(device, item, publish));
    });
    if (readings === 0) transitions.push(...this.#alive(device, publish));
    const entry = {
      events: [...this.#raise(transitions, publish), ...events],
      sender: device,
      publish: publish.record,
    };
    // what of it was refused is kept as it came
    return decoded.lost === undefined ? entry : { ...entry, deadLetter: this.#deadLetter(publish, decoded.lost) };
  }

  #observe(device: DeviceId, item: DecodedReading, taken: Taken): readonly AlarmTransition[] {
    const { channel, quality, values } = item.data;
    return this.#parts.rules().observe(
      {
        kind: 'reading',
        device,
        time: item.time,
        received: taken.received,
        values,
        ...(channel === undefined ? {} : { channel }),
        ...(quality === undefined ? {} : { quality }),
      },
      taken.uptime,
      taken.received,
    );
  }

  /** Counted for its device. */
  #deadLetter({ device, topic, payload, received }: DevicePublish, reason: string): DeadLetter {
    this.#parts.devices.countDeadLetter(device, reason);
    return { device: device as DeviceId, topic, payload, received, reason };
  }

  /** Whatever it said, the device lives. */
  #alive(device: DeviceId, { received, uptime }: Taken): readonly AlarmTransition[] {
    return this.#parts.rules().observe({ kind: 'message', device, time: received, received }, uptime, received);
  }

  #deviceDraft(device: DeviceId, item: DecodedReading | DecodedEvent, taken: Taken, names: ResendNames): EventDraft {
    const type = item.kind === 'reading' ? eventTypes.reading : item.type;
    const json = item.kind === 'reading' ? item.json : undefined;
    const draft = this.#draft('telemetry', type, device, item.time, item.data, taken, json);
    const name = names.of(item);
    return name === undefined ? draft : { ...draft, ...name };
  }

  /** One analysed frame of a camera. */
  scene(message: Extract<FromVision, { kind: 'scene' }>): void {
    if (!isId(message.camera)) return;
    const device = message.camera as DeviceId;
    const { time: received, uptime, changes, tracks } = message;
    const taken: Taken = { received, uptime };
    const rules = this.#parts.rules();
    const events: EventDraft[] = [];
    const transitions: AlarmTransition[] = [];
    for (const change of changes) {
      // who vanished left when last seen, which may be a while ago
      const time = received - (uptime - change.at);
      transitions.push(...rules.observe({ kind: 'scene', device, time, received, change }, uptime, received));
      const data = observationOf(device, change);
      events.push(this.#draft('telemetry', eventTypes.visionObservation, device, time, data, taken));
    }
    transitions.push(...rules.observe({ kind: 'looked', device, time: received, received, tracks }, uptime, received));
    const alerts = this.#raise(transitions, taken);
    if (alerts.length + events.length > 0) this.#storing.keep({ events: [...alerts, ...events] });
    if (this.#counts.observe(device, changes, tracks)) this.#armCounts();
  }

  /** A camera came, or is lost: then nobody will say who left its zones. */
  camera({ camera: { id, name, state, reason }, live }: CameraChange): void {
    const { clock } = this.#parts;
    if (!isId(id)) return;
    this.note({
      change: live ? 'camera-live' : 'camera-lost',
      message: live ? `${name} is live` : `${name} is ${state}: ${reason}`,
      camera: id,
    });
    const taken = { received: clock.now(), uptime: clock.uptime() };
    const device = id as DeviceId;
    const at = { device, time: taken.received, received: taken.received };
    const stalled = { kind: 'tamper', tamper: 'stalled', active: !live, reason, ...at } as const;
    this.#observed([{ kind: live ? 'scene-live' : 'scene-lost', ...at }, stalled], taken);
    if (!live && this.#counts.lost(device)) this.#armCounts();
  }

  /** What a camera's view became: each way of tampering that it is not is over. */
  tamper(message: Extract<FromVision, { kind: 'tamper' }>): void {
    if (!isId(message.camera)) return;
    const device = message.camera as DeviceId;
    const taken: Taken = { received: message.time, uptime: message.uptime };
    const observations = tampers
      .filter((tamper) => tamper !== 'stalled')
      .map((tamper) => {
        const active = tamper === message.tamper;
        return {
          kind: 'tamper',
          device,
          time: message.time,
          received: message.time,
          tamper,
          active,
          reason: '',
        } as const;
      });
    this.#observed(observations, taken);
  }

  /** Lets the rules observe what has no sender to hold back, and keeps what they found. */
  #observed(observations: readonly Observation[], taken: Taken): void {
    const { rules } = this.#parts;
    const found = observations.flatMap((observation) => rules().observe(observation, taken.uptime, taken.received));
    const drafts = this.#raise(found, taken);
    if (drafts.length > 0) this.#storing.keep({ events: drafts });
  }

  /** An event of the gateway itself: started, a camera lost, an outbox put aside. */
  note(data: GatewayData): void {
    this.#own(eventTypes.gateway, data);
  }

  /** The clock is known to be right: by how much true time and this boot's monotonic clock differ. */
  noteClock(data: ClockData): void {
    this.#own(eventTypes.clock, data);
  }

  #own(type: string, data: object): void {
    const { clock } = this.#parts;
    const taken = { received: clock.now(), uptime: clock.uptime() };
    this.#storing.keep({ events: [this.#draft('alerts', type, null, taken.received, data, taken)] });
  }

  /** `by`, on the site, acknowledged an alarm. Whether one waited for that. */
  acknowledge(alarm: string, by: string): boolean {
    const alerts = this.showAcknowledged(alarm, { by, where: 'site' });
    if (alerts.length === 0) return false;
    this.#storing.keep({ events: alerts.map((alert) => this.#alertDraft(alert)) });
    return true;
  }

  /** There is evidence of an alarm now, also of one that is over. Whether the alarm is known. */
  attach(alarm: string, evidence: readonly EvidenceReference[]): boolean {
    return this.#tellAgain(this.#parts.alarms.attach(alarm, evidence));
  }

  /** An alarm will have no clip, and why. Whether the alarm is known. */
  lackEvidence(alarm: string, why: string): boolean {
    return this.#tellAgain(this.#parts.alarms.lack(alarm, why));
  }

  #tellAgain(alert: Alert | undefined): boolean {
    if (alert === undefined) return false;
    this.#parts.onAlert(alert);
    this.#storing.keep({ events: [this.#alertDraft(alert)] });
    return true;
  }

  /** As `acknowledge`, but the alerts are the caller's to have stored, with `commandResult` and in the same turn. */
  showAcknowledged(alarm: string, who: Pick<Acknowledgement, 'by' | 'where'>): readonly Alert[] {
    const alerts = this.#parts.alarms.acknowledge(alarm, who);
    for (const alert of alerts) this.#parts.onAlert(alert);
    return alerts;
  }

  /**
   * A command's result and what the command did to alarms, in one entry. Resolves when it is on disk, also where a
   * result of this command was there before. @throws what the outbox says; the same may be offered again
   */
  async commandResult(result: CommandResultData, alerts: readonly Alert[]): Promise<void> {
    const { clock } = this.#parts;
    const taken = { received: clock.now(), uptime: clock.uptime() };
    const draft = this.#draft('alerts', eventTypes.commandResult, null, taken.received, result, taken);
    await this.#storing.submit({
      events: [...alerts.map((alert) => this.#alertDraft(alert)), { ...draft, resendId: resultId(result.command) }],
    });
  }

  /** Lets the alarms act on what the rules found, before any disk. The drafts of what they did, for the outbox. */
  #raise(transitions: readonly AlarmTransition[], taken: Taken): readonly EventDraft[] {
    const drafts: EventDraft[] = [];
    if (transitions.length > 0) {
      for (const alert of this.#parts.alarms.apply(transitions, taken)) {
        this.#parts.onAlert(alert);
        drafts.push(this.#alertDraft(alert));
      }
    }
    this.#armWake();
    return drafts;
  }

  #alertDraft(alert: Alert): EventDraft {
    const { data, time, received, uptime } = alert;
    const draft: EventDraft = {
      ...this.#draft('alerts', eventTypes.alert, data.device as DeviceId, time, data, { received, uptime }),
      // an outbox that failed may have stored it all the same: handed over again, it adds nothing
      resendId: `alert\n${data.alarm}/${data.change}/${data.count}${evidenceOf(data)}`,
    };
    this.#alertOf.set(draft, alert);
    return draft;
  }

  #draft(
    lane: Lane,
    type: string,
    device: DeviceId | null,
    time: number,
    data: object,
    { received, uptime }: Taken,
    json = JSON.stringify(data),
  ): EventDraft {
    const { quality, boot } = this.#parts;
    return { lane, type, device, time, received, clock: quality(), boot: boot(), uptime, data: json };
  }

  /** Sums of what cameras saw, a while after the first of it. */
  #armCounts(): void {
    const { clock } = this.#parts;
    if (this.#stopped) return;
    this.#tellCounts ??= clock.after(countEveryMs, () => {
      this.#tellCounts = undefined;
      const taken = { received: clock.now(), uptime: clock.uptime() };
      const events = this.#counts
        .take(countEveryMs / 1000)
        .map((data) =>
          this.#draft('telemetry', eventTypes.visionCount, data.camera as DeviceId, taken.received, data, taken),
        );
      if (events.length > 0) this.#storing.keep({ events });
    });
  }

  /** Hold times and silence: the rules say when they want to be asked again. */
  #armWake(): void {
    const { rules, clock } = this.#parts;
    const next = rules().nextWake() ?? Number.POSITIVE_INFINITY;
    if (this.#stopped || next === this.#wakeAt) return;
    this.#wake?.cancel();
    this.#wakeAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#wake = clock.after(next - clock.uptime(), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      const taken = { received: clock.now(), uptime: clock.uptime() };
      const drafts = this.#raise(rules().wake(taken.received, taken.uptime), taken);
      if (drafts.length > 0) this.#storing.keep({ events: drafts });
    });
  }
}

/** What the history is told of a change in a camera's picture. */
function observationOf(camera: DeviceId, change: SceneChange): VisionObservationData {
  const { id, class: name, score, box, static: stands } = change.track;
  const where = change.change === 'crossed' ? { line: change.line, to: change.to } : { zone: change.zone };
  return {
    camera,
    track: id,
    class: name,
    score,
    box,
    ...where,
    change: change.change,
    ...(stands ? { static: true } : {}),
  };
}

/** An update for its evidence alone counts nothing up: the newest piece tells two of them apart. */
function evidenceOf({ change, evidence, evidence_problem: problem }: AlertData): string {
  if (change !== 'updated') return '';
  return `${evidence.length > 0 ? `/${evidence.at(-1)?.id}` : ''}${problem === undefined ? '' : '/no-clip'}`;
}
