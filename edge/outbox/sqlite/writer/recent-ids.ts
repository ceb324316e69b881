/**
 * The ids that devices gave their own events, saved in the commit of the event: a resend is not stored twice, also
 * across a restart and a kill.
 *
 * Always: a resend has the same id and the newest content that came under it. Other content under a known id is new,
 * also content that came before the newest (10, 20, 10 under one id are three readings), and counts as a reused id of
 * its device. At most `perDevice` ids of a device are kept; a resend that is older than those is stored as new.
 */
import { createHash } from 'node:crypto';
import { hashText } from '@forpost/shared/short-hash.ts';
import type Database from 'better-sqlite3';
import type { ReusedIds } from '../../outbox.ts';
import { idAlone, type RecalledIds } from '../messages.ts';
import {
  addReused,
  countRecent,
  deleteOldestRecent,
  deleteRecent,
  insertRecent,
  selectContent,
  selectNewestRecent,
  selectReused,
} from '../sql/recent.ts';

/** Enough for a meter that resends a buffered hour at two readings a second. */
export const perDevice = 10_000;
/** Ids are deleted in steps of this many, so that most commits delete none. */
const slack = 256;
/** Ids of all devices that the gateway holds in memory too. */
export const mostRecalled = 200_000;
/** A longer id is stored as its digest. */
const longestId = 64;

/** An id as it is stored. */
export function keptId(resendId: string): string {
  return resendId.length <= longestId ? resendId : createHash('sha256').update(resendId).digest('base64');
}

/** An id as it is held in memory. */
export function hashOfId(resendId: string): number {
  return hashText(keptId(resendId));
}

export class RecentIds {
  readonly #db: Database.Database;
  readonly #counts: Map<string, number>;
  /** of the running transaction */
  readonly #reused = new Map<string, { count: number; lastAt: number }>();
  readonly #statements;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = {
      insert: db.prepare(insertRecent),
      content: db.prepare<[string, string], number>(selectContent).pluck(),
      delete: db.prepare(deleteRecent),
      deleteOldest: db.prepare(deleteOldestRecent),
      addReused: db.prepare<[string, number, number], ReusedIds>(addReused),
      selectReused: db.prepare<[], ReusedIds>(selectReused),
    };
    const counts = db.prepare<[], { device: string; count: number }>(countRecent).all();
    this.#counts = new Map(counts.map(({ device, count }) => [device, count]));
  }

  /**
   * Saves the id with its content, within the caller's transaction. false: it is a resend. @param received ms since
   * 1970, when the gateway received the event
   */
  isNew(device: string, resendId: string, content: number, received: number): boolean {
    const id = keptId(resendId);
    const known = this.#statements.content.get(device, id);
    if (known !== undefined) {
      if (content === idAlone || known === content) return false;
      if (known !== idAlone)
        this.#reused.set(device, { count: (this.#reused.get(device)?.count ?? 0) + 1, lastAt: received });
      // deleted and inserted again: the device's newest id is the last row
      this.#statements.delete.run(device, id);
      this.#statements.insert.run(device, id, content);
      return true;
    }
    this.#statements.insert.run(device, id, content);
    const count = (this.#counts.get(device) ?? 0) + 1;
    if (count < perDevice + slack) this.#counts.set(device, count);
    else {
      this.#statements.deleteOldest.run(device, count - perDevice);
      this.#counts.set(device, perDevice);
    }
    return true;
  }

  /** Saves which devices reused an id in the caller's transaction. Returns all reuses of those devices. */
  saveReused(): readonly ReusedIds[] {
    if (this.#reused.size === 0) return [];
    const saved = [...this.#reused].flatMap(
      ([device, { count, lastAt }]) => this.#statements.addReused.get(device, count, lastAt) ?? [],
    );
    this.#reused.clear();
    return saved;
  }

  reused(): readonly ReusedIds[] {
    return this.#statements.selectReused.all();
  }

  /** The ids of all devices that came with content, oldest first, at most the newest `most` of them. */
  recall(most = mostRecalled): RecalledIds[] {
    const byDevice = new Map<string, { hashes: number[]; contents: number[] }>();
    for (const { device, id, content } of this.#db
      .prepare<[number], { device: string; id: string; content: number }>(selectNewestRecent)
      .iterate(most)) {
      const ids = byDevice.get(device) ?? { hashes: [], contents: [] };
      if (ids.hashes.length === 0) byDevice.set(device, ids);
      ids.hashes.push(hashText(id));
      ids.contents.push(content);
    }
    return Array.from(byDevice, ([device, { hashes, contents }]) => ({
      device,
      hashes: Float64Array.from(hashes.reverse()),
      contents: Float64Array.from(contents.reverse()),
    }));
  }
}
