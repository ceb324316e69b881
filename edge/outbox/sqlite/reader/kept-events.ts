/**
 * What the outbox still keeps, for sending it again: delivered events included. Opened by a process of its own, beside
 * a gateway that runs or after one that was stopped.
 *
 * Always: a connection that cannot write; each call is one short read; an event whose row is altered is not among them.
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
  /** the first number that may still be there, and the last one given */
  readonly first: Sequence;
  readonly last: Sequence;
  /** the last number that the sink has called safe; 0 = none */
  readonly acknowledged: Sequence;
}

export interface KeptRead {
  readonly events: readonly StoredEvent[];
  /** the last number looked at, altered ones included; undefined: there is nothing more */
  readonly through: Sequence | undefined;
  /** whose rows are altered */
  readonly altered: number;
}

export interface KeptEvents {
  /** Epochs of a lane with something in them, oldest first. */
  lanes(sink: string, lane: Lane): readonly KeptLane[];
  /** At most `limit` events after `after`, in order; without those that are altered, of which `through` is told too. */
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
