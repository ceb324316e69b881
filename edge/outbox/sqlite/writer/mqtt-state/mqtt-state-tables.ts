/**
 * The writer's side of what the broker remembers: makes the changes of a batch within its transaction, and recalls
 * everything at the start.
 */
import type Database from 'better-sqlite3';
import type { MqttState } from '../../../../mqtt-state/mqtt-state.ts';
import type { Batch } from '../../messages.ts';
import { withoutRefused } from '../../publish-records.ts';
import { RedeliveryLog } from './redelivery-log.ts';
import { SessionRows } from './session-rows.ts';

export class MqttStateTables {
  readonly #rows: SessionRows;
  readonly #redeliveries: RedeliveryLog;

  constructor(db: Database.Database) {
    this.#rows = new SessionRows(db);
    this.#redeliveries = new RedeliveryLog(db);
  }

  /** Within the caller's transaction. `refused`: entries of which nothing is stored. */
  apply({ records, changes }: Batch, refused: readonly number[]): void {
    if (changes.anew) this.#rows.clear();
    const without = new Set(refused);
    this.#redeliveries.add(withoutRefused(records, without));
    // before them, also where an earlier commit of these failed: a publish that uses a packet id or a topic again has
    // the last word on it, in memory too
    for (const change of changes.changes) if (change.kind !== 'session-ended') this.#rows.apply(change);
    for (const { entry, change } of records.changes) if (!without.has(entry)) this.#rows.apply(change);
    // after them: a session that has ended takes what was queued for it along
    for (const change of changes.changes) if (change.kind === 'session-ended') this.#rows.apply(change);
  }

  recall(): MqttState {
    return { ...this.#rows.load(), redeliveries: this.#redeliveries.load() };
  }
}
