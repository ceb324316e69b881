/**
 * The record of an event that a sink refuses for good: the event itself as a dead letter, and a gap record that says
 * the centre why the number is missing. Both are one entry of the outbox, so that neither is stored without the other.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339, type StoredEvent } from '@forpost/shared/event/codec.ts';
import { type ClockQuality, eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId, type GatewayId } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { EventDraft, Outbox, OutboxEntry } from '../outbox/outbox.ts';
import type { Refusal } from './messages.ts';

/** @param stamp time and clock of the record */
export function refusalEntry(
  { sink, event, reason }: Refusal,
  gateway: GatewayId,
  stamp: Pick<EventDraft, 'received' | 'uptime' | 'boot' | 'clock'>,
): OutboxEntry {
  const why = words('gateway/reason.gap-refused-by', { sink, reason });
  return {
    events: [
      {
        ...stamp,
        lane: 'alerts',
        type: eventTypes.gap,
        device: null,
        time: stamp.received,
        data: JSON.stringify(gapOf(event, why)),
      },
    ],
    deadLetter: {
      device: event.device ?? asId<'device'>(gateway),
      topic: `uplink/${sink}/${event.epoch}/${event.lane}/${event.sequence}`,
      payload: Buffer.from(event.data),
      received: event.received,
      reason: why,
    },
  };
}

export interface RefusedEventsParts {
  readonly outbox: Pick<Outbox, 'append'>;
  readonly gateway: GatewayId;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
}

/** Stores events that a sink refuses for good, so that their lane goes on. */
export class RefusedEvents {
  readonly #parts: RefusedEventsParts;

  constructor(parts: RefusedEventsParts) {
    this.#parts = parts;
  }

  /** Resolves when dead letter and gap record are on disk. @throws the outbox's error */
  async store(refusal: Refusal): Promise<void> {
    const { outbox, gateway, clock, quality, boot } = this.#parts;
    const stamp = { received: clock.now(), uptime: clock.uptime(), clock: quality(), boot: boot() };
    await outbox.append({ ...refusalEntry(refusal, gateway, stamp), reserved: true });
  }
}

function gapOf({ epoch, lane, sequence, time }: StoredEvent, reason: string): GapData {
  const number = String(sequence);
  const at = rfc3339(time);
  return { epoch, lane, from: number, to: number, count: 1, first_time: at, last_time: at, reason };
}
