/**
 * The redelivery records (mqtt-state/redelivery.ts) on disk: one row for each commit that has any, folded into one row
 * now and then.
 *
 * Always: the log holds at most `foldFrom` records plus three times the records that its last folding left.
 */
import type Database from 'better-sqlite3';
import { PackedRedeliveries, recordBytes } from '../../../../mqtt-state/redelivery.ts';
import { deleteRedeliveries, insertRedeliveries, selectRedeliveries, sumRedeliveries } from '../../sql/redeliveries.ts';

/** Folding so many records takes some ms. */
const foldFrom = 16_384;

export class RedeliveryLog {
  readonly #statements;
  #records: number;
  #limit = foldFrom;

  constructor(db: Database.Database) {
    this.#statements = {
      insert: db.prepare(insertRedeliveries),
      select: db.prepare<[], Uint8Array>(selectRedeliveries).pluck(),
      deleteAll: db.prepare(deleteRedeliveries),
    };
    this.#records = (db.prepare(sumRedeliveries).pluck().get() as number) / recordBytes;
  }

  /** Within the caller's transaction. */
  add(records: Uint8Array): void {
    if (records.length === 0) return;
    this.#statements.insert.run(records);
    this.#records += records.length / recordBytes;
    if (this.#records >= this.#limit) this.#fold();
  }

  load(): Uint8Array {
    return PackedRedeliveries.from(this.#statements.select.all()).folded().bytes;
  }

  clear(): void {
    this.#statements.deleteAll.run();
    this.#records = 0;
  }

  #fold(): void {
    const folded = this.load();
    this.#statements.deleteAll.run();
    this.#statements.insert.run(folded);
    this.#records = folded.length / recordBytes;
    this.#limit = foldFrom + 3 * this.#records;
  }
}
