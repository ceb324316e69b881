/**
 * Rows a second into the history, with each insert on disk before its answer: `ClickHouseHistory.insert` on the embedded
 * ClickHouse, with batches as large as ingest makes them under load. Includes the conversion of events to rows, but not the
 * making of the events.
 *
 * The raw limit in the same run: the same rows, as ready text, through the same chdb into a plain table without key,
 * projections or fsync.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { ClickHouseHistory } from '../../cloud/history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../../cloud/history/clickhouse/embedded.ts';
import { toLine } from '../../cloud/history/clickhouse/rows.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { backlogRecord } from './backlog.ts';
import { type BenchOptions, seconds } from './options.ts';

/** the largest group insert of ingest */
const batchRows = 20_000;
const warmUpBatches = 2;
/** The columns of `events` without its key and projections. */
const plainTable = 'CREATE TABLE plain ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM events WHERE 0';

export async function historyIngest({ events = 1_000_000 }: BenchOptions): Promise<Report> {
  const batches = Math.ceil(events / batchRows);
  const report = createReport('history-ingest').samples(batches);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-history-'));
  const executor = new EmbeddedExecutor(folder);
  const history = new ClickHouseHistory({ executor, clock: systemClock, logger: silentLogger() });
  await history.start();
  try {
    const durable = await timed(batches, (batch) => batch, history.insert.bind(history));
    await executor.command(plainTable);
    const raw = await timed(batches, textOf, (lines) => executor.insert('plain', lines));
    const rate = rowsPerSecond(durable);
    report
      .metric('rows_per_s', rate)
      .metric('insert_p50_ms', percentile(durable, 50))
      .metric('insert_p99_ms', percentile(durable, 99))
      .metric('batch_rows', batchRows)
      .metric('ratio_to_plain_chdb', rate / rowsPerSecond(raw))
      .peer('plain_chdb', { rows_per_s: rowsPerSecond(raw), insert_p50_ms: percentile(raw, 50) });
  } finally {
    await history.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return report.goal('rows_per_s', '>=', 50_000);
}

/** ms of each insert after the warm-up. */
async function timed<Batch>(
  batches: number,
  prepare: (events: readonly ForpostEvent[]) => Batch,
  insert: (batch: Batch) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < warmUpBatches + batches; n++) {
    const batch = prepare(batchOf(n));
    const began = performance.now();
    await insert(batch);
    if (n >= warmUpBatches) times.push(performance.now() - began);
  }
  return times;
}

function batchOf(batch: number): readonly ForpostEvent[] {
  return Array.from({ length: batchRows }, (_, i) => {
    const decoded = decodeEvent(backlogRecord(batch * batchRows + i));
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  });
}

function textOf(events: readonly ForpostEvent[]): string {
  const storedMs = systemClock.now();
  return events.map((event) => toLine(event, storedMs)).join('\n');
}

function rowsPerSecond(times: readonly number[]): number {
  return (times.length * batchRows) / seconds(times.reduce((sum, ms) => sum + ms, 0));
}
