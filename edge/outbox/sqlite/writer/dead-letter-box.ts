/**
 * The newest messages that no decoder could read, as they came.
 *
 * Always: a letter whose row is altered is shown nowhere. The box is bounded by number and by bytes, and drops its
 * oldest letters. A payload beyond the size of a letter is cut, and the letter's reason says so.
 */
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { DeadLetter } from '../../outbox.ts';
import { hashOfRow } from '../row-hash.ts';
import {
  countDeadLetters,
  deleteOldestDeadLetter,
  insertDeadLetter,
  selectDeadLetters,
  selectDeadLettersOf,
} from '../sql/dead-letters.ts';

const maxLetters = 1000;
const maxBytes = 4 * 2 ** 20;
const maxLetterBytes = 2 ** 20;

type LetterRow = { device: DeviceId; payload: Uint8Array; hash: number | null } & DeadLetter;

export class DeadLetterBox {
  #count: number;
  #bytes: number;
  readonly #statements;

  constructor(db: Database.Database) {
    this.#statements = {
      insert: db.prepare(insertDeadLetter),
      deleteOldest: db.prepare(deleteOldestDeadLetter).pluck(),
      select: db.prepare<[number], LetterRow>(selectDeadLetters),
      selectOf: db.prepare<[string, number], LetterRow>(selectDeadLettersOf),
    };
    const held = db.prepare<[], { count: number; bytes: number }>(countDeadLetters).get();
    this.#count = held?.count ?? 0;
    this.#bytes = held?.bytes ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Within the caller's transaction. */
  add(letter: DeadLetter): void {
    const cut = letter.payload.length > maxLetterBytes;
    const payload = cut ? letter.payload.subarray(0, maxLetterBytes) : letter.payload;
    const reason = cut ? `${letter.reason} (${letter.payload.length} bytes, cut)` : letter.reason;
    const hash = hashOf({ ...letter, payload, reason });
    this.#statements.insert.run(letter.device, letter.topic, payload, letter.received, reason, hash);
    this.#count++;
    this.#bytes += payload.length;
    while (this.#count > maxLetters || this.#bytes > maxBytes) {
      const freed = this.#statements.deleteOldest.get();
      if (typeof freed !== 'number') break;
      this.#count--;
      this.#bytes -= freed;
    }
  }

  /** Newest first; with `device` only its letters. */
  newest(limit: number, device?: string): DeadLetter[] {
    const most = Math.max(0, Math.min(limit, maxLetters));
    const rows = device === undefined ? this.#statements.select.all(most) : this.#statements.selectOf.all(device, most);
    return rows.flatMap(({ hash, ...letter }) => (hash === null || hash === hashOf(letter) ? [letter] : []));
  }
}

function hashOf({ device, topic, payload, received, reason }: DeadLetter): number {
  return hashOfRow('dead_letters', [device, topic, payload, received, reason]);
}
