/**
 * The state changes of one batch's publishes, on their way to the writer: redelivery records as one blob, the rarer
 * changes one by one, each with its entry, because a refused entry leaves nothing.
 */

import type { PublishRecord, StateChange } from '../../mqtt-state/mqtt-state.ts';
import { PackedRedeliveries } from '../../mqtt-state/redelivery.ts';
import type { OutboxEntry } from '../outbox.ts';

export interface PackedRecords {
  readonly redeliveries: Uint8Array;
  /** the entry of each record */
  readonly entries: Uint32Array;
  readonly changes: readonly { readonly entry: number; readonly change: StateChange }[];
}

/** Bytes that a record counts in the queue. */
export function bytesOfRecord(record: PublishRecord | undefined): number {
  if (record?.changes === undefined) return 0;
  let bytes = 0;
  for (const change of record.changes) bytes += 'payload' in change ? change.payload.length : 0;
  return bytes;
}

export function packRecords(waiting: readonly { readonly entry: OutboxEntry }[]): PackedRecords {
  let count = 0;
  for (const { entry } of waiting) if (entry.publish?.redelivery !== undefined) count++;
  const redeliveries = PackedRedeliveries.ofLength(count);
  const entries = new Uint32Array(count);
  const changes: { entry: number; change: StateChange }[] = [];
  let n = 0;
  for (let i = 0; i < waiting.length; i++) {
    const record = waiting[i]?.entry.publish;
    if (record === undefined) continue;
    if (record.redelivery !== undefined) {
      redeliveries.set(n, record.redelivery);
      entries[n++] = i;
    }
    if (record.changes !== undefined) for (const change of record.changes) changes.push({ entry: i, change });
  }
  return { redeliveries: redeliveries.bytes, entries, changes };
}

/** The redelivery records without those of entries that were refused. */
export function withoutRefused({ redeliveries, entries }: PackedRecords, refused: ReadonlySet<number>): Uint8Array {
  if (refused.size === 0) return redeliveries;
  return PackedRedeliveries.from([redeliveries]).filter((n) => !refused.has(entries[n] ?? -1)).bytes;
}
