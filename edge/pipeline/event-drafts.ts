/**
 * Makes drafts of events, with their times, the quality of the clock and the boot. The outbox gives them their numbers.
 *
 * Always: the draft of an alert has a `resendId`, so the outbox stores an alert once even if it gets it twice.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import {
  type AlertData,
  type ClockQuality,
  eventTypes,
  type VisionCountData,
  type VisionObservationData,
} from '@forpost/shared/event/event.ts';
import type { DeviceId, Lane } from '@forpost/shared/event/ids.ts';
import type { Alert } from '../alerts/action.ts';
import type { Arrival } from '../alerts/alarm.ts';
import type { DecodedEvent, DecodedReading } from '../devices/decoder.ts';
import type { ResendNames } from '../devices/resend-names.ts';
import type { EventDraft } from '../outbox/outbox.ts';

export interface DraftStamp {
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
}

export class EventDrafts {
  readonly #stamp: DraftStamp;
  readonly #alertOf = new WeakMap<EventDraft, Alert>();

  constructor(stamp: DraftStamp) {
    this.#stamp = stamp;
  }

  /** The present moment, as the receipt of an event. */
  arrival(): Arrival {
    const { clock } = this.#stamp;
    return { received: clock.now(), uptime: clock.uptime() };
  }

  /** `names`: the resend names of the message with the item. */
  ofDevice(device: DeviceId, item: DecodedReading | DecodedEvent, arrival: Arrival, names: ResendNames): EventDraft {
    const type = item.kind === 'reading' ? eventTypes.reading : item.type;
    const json = item.kind === 'reading' ? item.json : undefined;
    const draft = this.#draft('telemetry', type, device, item.time, arrival, json ?? JSON.stringify(item.data));
    const name = names.of(item);
    return name === undefined ? draft : { ...draft, ...name };
  }

  ofAlert(alert: Alert): EventDraft {
    const { data, time, received, uptime } = alert;
    const draft: EventDraft = {
      ...this.#draft(
        'alerts',
        eventTypes.alert,
        data.device as DeviceId,
        time,
        { received, uptime },
        JSON.stringify(data),
      ),
      resendId: `alert\n${data.alarm}/${data.change}/${data.count}${evidenceMark(data)}`,
    };
    this.#alertOf.set(draft, alert);
    return draft;
  }

  /** The alert that a draft was made of; undefined for other drafts. */
  alertOf(draft: EventDraft): Alert | undefined {
    return this.#alertOf.get(draft);
  }

  /** A change in a camera's picture. `time`: when it happened, ms since 1970. */
  ofObservation(camera: DeviceId, data: VisionObservationData, time: number, arrival: Arrival): EventDraft {
    return this.#draft('telemetry', eventTypes.visionObservation, camera, time, arrival, JSON.stringify(data));
  }

  ofCount(data: VisionCountData, arrival: Arrival): EventDraft {
    const { visionCount } = eventTypes;
    return this.#draft(
      'telemetry',
      visionCount,
      data.camera as DeviceId,
      arrival.received,
      arrival,
      JSON.stringify(data),
    );
  }

  /** An event of the gateway itself. */
  own(type: string, data: object, arrival: Arrival): EventDraft {
    return this.#draft('alerts', type, null, arrival.received, arrival, JSON.stringify(data));
  }

  #draft(
    lane: Lane,
    type: string,
    device: DeviceId | null,
    time: number,
    { received, uptime }: Arrival,
    data: string,
  ): EventDraft {
    const { quality, boot } = this.#stamp;
    return { lane, type, device, time, received, clock: quality(), boot: boot(), uptime, data };
  }
}

/** Identifies a change of an alarm. Updates for evidence have equal counts; their newest piece distinguishes them. */
function evidenceMark({ change, evidence, evidence_problem: problem }: AlertData): string {
  if (change !== 'updated') return '';
  return `${evidence.length > 0 ? `/${evidence.at(-1)?.id}` : ''}${problem === undefined ? '' : '/no-clip'}`;
}
