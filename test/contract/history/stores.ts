/**
 * The histories under test: the model in memory, the embedded ClickHouse, and a ClickHouse by URL: the server in
 * FORPOST_TEST_CLICKHOUSE, or the embedded engine behind its HTTP interface.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { ClickHouseHistory } from '../../../cloud/history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../../../cloud/history/clickhouse/embedded.ts';
import { HttpExecutor } from '../../../cloud/history/clickhouse/http.ts';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import type { HistoryStore } from '../../../cloud/history/store.ts';
import { TestClickHouse } from '../../harness/clickhouse/server.ts';

/** A history that all suites share: each test has its own gateway. */
export interface OpenedStore {
  readonly store: HistoryStore;
  readonly clock: FakeClock;
}

/** A store with its clean-up. */
export interface StoreUnderTest extends OpenedStore {
  readonly remove: () => Promise<void>;
}

/** http://user:password@host:port of a real server; without one the embedded engine is queried over HTTP */
const named = process.env.FORPOST_TEST_CLICKHOUSE;

export const kinds: readonly (readonly [name: string, make: () => Promise<StoreUnderTest>])[] = [
  [
    'in memory',
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      return { store: new MemoryHistory(clock), clock, remove: async () => undefined };
    },
  ],
  [
    'embedded ClickHouse',
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      const folder = await mkdtemp(join(tmpdir(), 'forpost-history-'));
      const executor = new EmbeddedExecutor(join(folder, 'history'));
      const store = new ClickHouseHistory({ executor, clock, logger: silentLogger() });
      return { store, clock, remove: () => rm(folder, { recursive: true }) };
    },
  ],
  [
    `ClickHouse by URL (${named === undefined ? 'the embedded engine behind its HTTP interface' : 'a server'})`,
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      const server = named === undefined ? await TestClickHouse.start() : undefined;
      const executor = new HttpExecutor(`${server?.origin ?? named}/forpost_test_${process.pid}`);
      const store = new ClickHouseHistory({ executor, clock, logger: silentLogger() });
      const remove = async () => {
        await executor.command(`DROP DATABASE forpost_test_${process.pid}`);
        await server?.remove();
      };
      return { store, clock, remove };
    },
  ],
];
