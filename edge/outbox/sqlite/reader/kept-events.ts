/**
 * The events that the outbox still keeps, delivered ones included, for sending them again. A process of its own opens
 * it, beside a running gateway or after a stop.
 *
 * Always: the connection cannot write. Each call is one short read. Altered events are left out.
 */
import { existsSync } from 'node:fs';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { type EventRow, eventOf } from '../event-rows.ts';
import { selectKept } from '../sql/cursors.ts';
import { selectEvents, selectEventsHaveHash, selectEventsUnhashed } from '../sql/events.ts';

/** In the gateway's data folder. */
export const outboxFileName = 'outbox.db';

export interface KeptLane {
  readonly epoch: Epoch;
  /** the first number that may still be kept, and the last one given */
  readonly first: Sequence;
  readonly last: Sequence;
  /** the last number that the sink has called safe; 0 = none */
  readonly acknowledged: Sequence;
}

export interface KeptRead {
  readonly events: readonly StoredEvent[];
  /** the last number that was read, altered events included; undefined: there are no more */
  readonly through: Sequence | undefined;
  /** events with an altered row */
  readonly altered: number;
}

export interface KeptEvents {
  /** The epochs with kept events of a lane, oldest first. */
  lanes(sink: string, lane: Lane): readonly KeptLane[];
  /** At most `limit` events behind `after`, in order, without altered ones; `through` counts those as well. */
  read(epoch: Epoch, lane: Lane, after: Sequence, limit: number): KeptRead;
  close(): void;
}

/** @throws ForpostError FORPOST_DATA_FOLDER where there is no outbox, or none that can be read */
export function openKept(file: string): KeptEvents {
  if (!existsSync(file))
    throw new ForpostError('FORPOST_DATA_FOLDER', `${file} is not there: has this gateway ever been started?`);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    const kept = db.prepare<[string, string], KeptLane>(selectKept);
    const rows = db.prepare<[string, string, number, number], EventRow>(
      db.prepare(selectEventsHaveHash).get() === undefined ? selectEventsUnhashed : selectEvents,
    );
    const opened = db;
    return {
      lanes: (sink, lane) => kept.all(sink, lane),
      read(epoch, lane, after, limit) {
        const looked = rows.all(epoch, lane, after, limit);
        const events = looked.flatMap((row) => eventOf(row) ?? []);
        return { events, through: looked.at(-1)?.sequence, altered: looked.length - events.length };
      },
      close: () => opened.close(),
    };
  } catch (error) {
    db?.close();
    throw new ForpostError(
      'FORPOST_DATA_FOLDER',
      `${file} cannot be read: run this as the user that the gateway runs as`,
      { cause: error },
    );
  }
}
