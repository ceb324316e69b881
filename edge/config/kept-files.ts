/**
 * Checks for `forpost check` whether the files that earlier runs left in the data folder can be read. A part that finds
 * its file damaged begins a new one and says so; what a readable file means is not judged here.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';

const jsonFiles: Readonly<Record<string, string>> = {
  'alarms.json': 'the active alarms',
  'uplink-memory.json': 'what the uplink has to remember',
  'evidence-uploads.json': 'the pictures that wait for the centre',
};
const sqliteHeader = 'SQLite format 3\0';

/** A sentence for each damaged file. Never throws. */
export function keptFileProblems(data: string): string[] {
  const problems = Object.entries(jsonFiles).map(([name, what]) => {
    const file = join(data, name);
    return tried(file, what, () => void JSON.parse(readFileSync(file, 'utf8')));
  });
  const outbox = join(data, 'outbox.db');
  problems.push(tried(outbox, 'the events that wait for the centre', () => readHeader(outbox)));
  return problems.filter((problem) => problem !== undefined);
}

function tried(file: string, what: string, read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = error instanceof SyntaxError ? 'is damaged' : `cannot be read (${messageOf(error)})`;
    return `${file} (${what}) ${why}: the gateway puts it aside or begins it anew`;
  }
}

function readHeader(file: string): void {
  const handle = openSync(file, 'r');
  try {
    const header = Buffer.alloc(sqliteHeader.length);
    const length = readSync(handle, header, 0, header.length, 0);
    if (length > 0 && header.toString('latin1') !== sqliteHeader) throw new SyntaxError('another file');
    if (length === 0) throw new SyntaxError('it is empty');
  } finally {
    closeSync(handle);
  }
}
