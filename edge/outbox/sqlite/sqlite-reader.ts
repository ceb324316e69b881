/** The reader's side of the outbox on SQLite: signatures first. */
import type { OutboxReader } from '../outbox.ts';

/** Opens the outbox's file read-only. Throws where there is none. */
export function openReader(file: string): OutboxReader {
  throw new Error(`cannot read ${file}`);
}
