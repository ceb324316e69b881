/**
 * The ids that devices gave their own events, so that a resend is not stored twice: in the same commit as the event
 * itself, hence also across a restart and a kill.
 *
 * Always: at most `perDevice` ids of a device are kept, the oldest go first; what is resent later than that is new.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { countRecent, deleteOldestRecent, insertRecent } from './sql/recent.ts';

/** Enough for a meter that resends a buffered hour at two readings a second. */
const perDevice = 10_000;
/** Ids go in steps of this many, so that most commits delete none. */
const slack = 256;
/** A longer id is kept as its digest. */
const longestId = 64;

export class RecentIds {
  readonly #counts: Map<string, number>;
  readonly #statements;

  constructor(db: Database.Database) {
    this.#statements = { insert: db.prepare(insertRecent), deleteOldest: db.prepare(deleteOldestRecent) };
    const counts = db.prepare<[], { device: string; count: number }>(countRecent).all();
    this.#counts = new Map(counts.map(({ device, count }) => [device, count]));
  }

  /** Notes the id; false where it was known. Within the caller's transaction. */
  isNew(device: string, resendId: string): boolean {
    const id = resendId.length <= longestId ? resendId : createHash('sha256').update(resendId).digest('base64');
    if (this.#statements.insert.run(device, id).changes === 0) return false;
    const count = (this.#counts.get(device) ?? 0) + 1;
    if (count < perDevice + slack) this.#counts.set(device, count);
    else {
      this.#statements.deleteOldest.run(device, count - perDevice);
      this.#counts.set(device, perDevice);
    }
    return true;
  }
}
