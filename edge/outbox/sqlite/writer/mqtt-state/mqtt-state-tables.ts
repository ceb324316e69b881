/**
 * The broker's state in the writer: makes the changes of a batch within its transaction, and loads the whole state at
 * the start.
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

  /** Makes the changes within the caller's transaction. @param refused indices of entries that it does not store */
  apply({ records, changes }: Batch, refused: readonly number[]): void {
    if (changes.replacesState) this.#rows.clear();
    const without = new Set(refused);
    this.#redeliveries.add(withoutRefused(records, without));
    // saved changes come first, those of an earlier failed commit included: where a publish reuses a packet id or
    // topic, the change of the publish wins, as it does in memory
    for (const change of changes.changes) if (change.kind !== 'session-ended') this.#rows.apply(change);
    for (const { entry, change } of records.changes) if (!without.has(entry)) this.#rows.apply(change);
    // ended sessions come last: their queues end with them
    for (const change of changes.changes) if (change.kind === 'session-ended') this.#rows.apply(change);
  }

  recall(): MqttState {
    return { ...this.#rows.load(), redeliveries: this.#redeliveries.load() };
  }
}
