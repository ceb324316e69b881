/**
 * Handles the reports of the vision process about a camera: analysed frames, tampering, a stream that begins or is
 * lost.
 *
 *   frame ──► rules observe each change, then the tracks ──► alarms act ──► entry queue (alerts, observations)
 *         └── counts of zones and lines ──► a minute later ──► entry queue
 *
 * Always: nothing here waits for the disk. A report with an invalid camera id is ignored, because it comes from another
 * process.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { VisionObservationData } from '@forpost/shared/event/event.ts';
import { type DeviceId, isId } from '@forpost/shared/event/ids.ts';
import type { Arrival } from '../alerts/alarm.ts';
import type { EventDraft } from '../outbox/outbox.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import type { CameraChange } from '../vision/camera-changes.ts';
import { VisionCounts } from '../vision/counts.ts';
import { type FromVision, type SceneChange, tampers } from '../vision/messages.ts';
import type { EntryQueue } from './entry-queue.ts';
import type { EventDrafts } from './event-drafts.ts';
import type { OwnEvents } from './own-events.ts';
import type { RuleStep } from './rule-step.ts';

export interface SceneIntakeParts {
  readonly rules: RuleStep;
  readonly drafts: EventDrafts;
  readonly queue: EntryQueue;
  readonly own: Pick<OwnEvents, 'note'>;
  readonly clock: Clock;
}

/** Counts are stored this long after the first change that they count. */
const countEveryMs = 60_000;

export class SceneIntake {
  readonly #parts: SceneIntakeParts;
  readonly #counts = new VisionCounts();
  #countTimer: Timer | undefined;
  #stopped = false;

  constructor(parts: SceneIntakeParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopped = true;
    this.#countTimer?.cancel();
  }

  /** One analysed frame. */
  frame(message: Extract<FromVision, { kind: 'scene' }>): void {
    if (!isId(message.camera)) return;
    const { rules, drafts, queue } = this.#parts;
    const device = message.camera as DeviceId;
    const { time: received, uptime, changes, tracks } = message;
    const arrival: Arrival = { received, uptime };
    const observations: EventDraft[] = [];
    const transitions: AlarmTransition[] = [];
    for (const change of changes) {
      // a person who vanished left at the time when last seen, which may be a while ago
      const time = received - (uptime - change.at);
      transitions.push(...rules.observe({ kind: 'scene', device, time, received, change }, arrival));
      observations.push(drafts.ofObservation(device, observationOf(device, change), time, arrival));
    }
    transitions.push(...rules.observe({ kind: 'frame', device, time: received, received, tracks }, arrival));
    const alerts = rules.act(transitions, arrival);
    if (alerts.length + observations.length > 0) queue.keep({ events: [...alerts, ...observations] });
    if (this.#counts.observe(device, changes, tracks)) this.#armCounts();
  }

  /** A camera's stream has begun or is lost. Without a stream no frame shows who leaves a zone. */
  stream({ camera: { id, name, state, reason }, live }: CameraChange): void {
    const { rules, drafts, own } = this.#parts;
    if (!isId(id)) return;
    own.note({
      change: live ? 'camera-live' : 'camera-lost',
      message: live ? `${name} is live` : `${name} is ${state}: ${reason}`,
      camera: id,
    });
    const arrival = drafts.arrival();
    const device = id as DeviceId;
    const at = { device, time: arrival.received, received: arrival.received };
    const stalled = { kind: 'tamper', tamper: 'stalled', active: !live, reason, ...at } as const;
    rules.observeAndKeep([{ kind: live ? 'scene-live' : 'scene-lost', ...at }, stalled], arrival);
    if (!live && this.#counts.lost(device)) this.#armCounts();
  }

  /** Handles a report of tampering: activates the reported kind, clears the others. */
  tamper(message: Extract<FromVision, { kind: 'tamper' }>): void {
    if (!isId(message.camera)) return;
    const { time, uptime, tamper: reported } = message;
    const at = { device: message.camera as DeviceId, time, received: time, reason: '' };
    const observations = tampers
      .filter((tamper) => tamper !== 'stalled')
      .map((tamper) => ({ kind: 'tamper', tamper, active: tamper === reported, ...at }) as const);
    this.#parts.rules.observeAndKeep(observations, { received: time, uptime });
  }

  #armCounts(): void {
    const { clock, drafts, queue } = this.#parts;
    if (this.#stopped) return;
    this.#countTimer ??= clock.after(countEveryMs, () => {
      this.#countTimer = undefined;
      const arrival = drafts.arrival();
      const events = this.#counts.endPeriod(countEveryMs / 1000).map((data) => drafts.ofCount(data, arrival));
      if (events.length > 0) queue.keep({ events });
    });
  }
}

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
