/** The cost of a ledger where the history holds millions of events of one gateway. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { ClickHouseHistory } from '../history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../history/clickhouse/embedded.ts';
import { event } from '../testing/events.ts';
import { gatewayLedger } from './ledger.ts';
import { LedgerBook } from './ledger-book.ts';
import { ledgerView } from './view.ts';

const stored = 2_000_000;
const epochs = 10;

test('the first ledger of 2,000,000 events counts them; a later one costs a fraction and counts no events', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-ledger-'));
  const executor = new EmbeddedExecutor(folder);
  const history = new ClickHouseHistory({ executor, clock: systemClock, logger: silentLogger() });
  await history.start();
  try {
    await executor.command(
      `INSERT INTO events (gateway, epoch, lane, sequence, type, device) SELECT 'gw-1', 'e' || toString(number % ${epochs}),
       'telemetry', intDiv(number, ${epochs}) + 1, 'forpost.reading.v1', 'm' FROM numbers(${stored})
       WHERE intDiv(number, ${epochs}) % 1000 != 7`,
    );
    let counted = 0;
    const book = new LedgerBook({
      history: {
        holdings: (gateway) => {
          counted++;
          return history.holdings(gateway);
        },
        gapRecords: (gateway) => history.gapRecords(gateway),
      },
      clock: systemClock,
    });
    const ask = async () => {
      const begun = performance.now();
      const rows = new Map((await history.rowCounts('gw-1')).map((one) => [`${one.epoch}/${one.lane}`, one.rows]));
      const view = ledgerView(gatewayLedger('gw-1', undefined, [], await book.lanes('gw-1')), rows);
      return { view, ms: performance.now() - begun };
    };
    const first = await ask();
    expect(first.view).toMatchObject({ received: stored - stored / 1000, missing: stored / 1000, duplicates: 0 });
    const later: number[] = [];
    for (let sequence = 1; sequence <= 15; sequence++) {
      const fresh = event(sequence, { epoch: 'fresh' });
      await history.insert([fresh]);
      book.stored([fresh]);
      const { view, ms } = await ask();
      expect(view.received).toBe(stored - stored / 1000 + sequence);
      later.push(ms);
    }
    const median = later.sort((a, b) => a - b)[7] ?? Number.NaN;
    expect(counted).toBe(1);
    expect(median).toBeLessThan(first.ms / 3);
  } finally {
    await history.stop();
    await rm(folder, { recursive: true });
  }
}, 120_000);
