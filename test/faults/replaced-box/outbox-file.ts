/** Reads the events of a box from a copy of its outbox, so that the box finds its file as it left it. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventTypes } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { contentOf, type StoredEvent } from './stored-event.ts';

interface Row {
  readonly number: string;
  readonly type: string;
  readonly data: string;
}

/** `file`: outbox.db of a box that does not run; `to`: a new folder. */
export function eventsIn(file: string, to: string): readonly StoredEvent[] {
  mkdirSync(to);
  const copy = join(to, basename(file));
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) cpSync(file + suffix, copy + suffix);
  const db = new Database(copy, { fileMustExist: true });
  try {
    const rows = db
      .prepare<[], Row>("select epoch || '/' || lane || '/' || seq as number, type, data from events")
      .all();
    return rows.map(({ number, type, data }) => {
      const values = JSON.parse(data) as Record<string, unknown>;
      const reading = type === eventTypes.reading ? String(values.id) : undefined;
      return { number, content: contentOf(type, values), reading };
    });
  } finally {
    db.close();
  }
}
