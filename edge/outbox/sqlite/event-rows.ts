/**
 * Rows of `events` as they are read, and how an altered one is found.
 *
 *   read ──► hash is right ──► an event
 *     ├── altered (its hash is wrong), or missing (its number is in no hole either) ──► DamagedRange: never handed on
 */

import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { DamageError } from './damage.ts';
import { isAsWritten } from './row-hash.ts';

export interface EventRow extends StoredEvent {
  readonly totalBytes: number;
  readonly hash: number | null;
}

/** The event of a row; undefined: the row is altered. */
export function eventOf(row: EventRow): StoredEvent | undefined {
  const { totalBytes, hash, ...event } = row;
  return isAsWritten(event, totalBytes, hash) ? event : undefined;
}

/** Where in a lane the next event cannot be read. */
export interface DamagePlace {
  readonly epoch: string;
  readonly lane: Lane;
  /** the number of the event in front of it */
  readonly after: Sequence;
}

/** Found by a reader; the writer names the lost range (writer/store.ts). */
export class DamagedRange extends DamageError {
  readonly place: DamagePlace;

  constructor(place: DamagePlace) {
    super(words('gateway/reason.outbox-event', { place: `${place.epoch}/${place.lane}/${place.after}` }));
    this.place = place;
  }
}
