/**
 * The ids that devices gave their own events, so that a resend is not stored twice: in the same commit as the event
 * itself, hence also across a restart and a kill.
 *
 * Always: at most `perDevice` ids of a device are kept, the oldest go first; what is resent later than that is new.
 */
import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { hashText } from '../../hash.ts';
import type { RecalledIds } from './messages.ts';
import { countRecent, deleteOldestRecent, insertRecent, selectNewestRecent } from './sql/recent.ts';

/** Enough for a meter that resends a buffered hour at two readings a second. */
export const perDevice = 10_000;
/** Ids go in steps of this many, so that most commits delete none. */
const slack = 256;
/** Ids of all devices that the gateway holds in memory too. */
export const mostRecalled = 200_000;
/** A longer id is kept as its digest. */
const longestId = 64;

/** An id as it is kept. */
export function keptId(resendId: string): string {
  return resendId.length <= longestId ? resendId : createHash('sha256').update(resendId).digest('base64');
}

export class RecentIds {
  readonly #db: Database.Database;
  readonly #counts: Map<string, number>;
  readonly #statements;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = { insert: db.prepare(insertRecent), deleteOldest: db.prepare(deleteOldestRecent) };
    const counts = db.prepare<[], { device: string; count: number }>(countRecent).all();
    this.#counts = new Map(counts.map(({ device, count }) => [device, count]));
  }

  /** Notes the id; false where it was known. Within the caller's transaction. */
  isNew(device: string, resendId: string): boolean {
    const id = keptId(resendId);
    if (this.#statements.insert.run(device, id).changes === 0) return false;
    const count = (this.#counts.get(device) ?? 0) + 1;
    if (count < perDevice + slack) this.#counts.set(device, count);
    else {
      this.#statements.deleteOldest.run(device, count - perDevice);
      this.#counts.set(device, perDevice);
    }
    return true;
  }

  /** The hashes of all devices' ids, oldest first, as far as `most` of the newest go. */
  hashes(most = mostRecalled): RecalledIds[] {
    const byDevice = new Map<string, number[]>();
    for (const { device, id } of this.#db
      .prepare<[number], { device: string; id: string }>(selectNewestRecent)
      .iterate(most)) {
      const hashes = byDevice.get(device) ?? [];
      if (hashes.length === 0) byDevice.set(device, hashes);
      hashes.push(hashText(id));
    }
    return Array.from(byDevice, ([device, hashes]) => ({ device, hashes: Float64Array.from(hashes.reverse()) }));
  }
}
