/** The ranges of lanes too large to insert event by event, in an embedded ClickHouse. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { event } from '../../testing/events.ts';
import { maxRanges } from '../store.ts';
import { ClickHouseHistory } from './clickhouse-history.ts';
import { EmbeddedExecutor } from './embedded.ts';

let folder: string;
let executor: EmbeddedExecutor;
let history: ClickHouseHistory;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-ranges-'));
  executor = new EmbeddedExecutor(folder);
  history = new ClickHouseHistory({ executor, clock: systemClock, logger: silentLogger() });
  await history.start();
});
afterAll(async () => {
  await history.stop();
  await rm(folder, { recursive: true });
});

const key = (gateway: string, epoch = 'e1') => ({ gateway, epoch, lane: 'telemetry' }) as const;

/** `numbers`: SQL that selects `number`. */
async function insert(gateway: string, epoch: string, numbers: string): Promise<void> {
  await executor.command(
    `INSERT INTO events (gateway, epoch, lane, sequence, type) SELECT '${gateway}', '${epoch}', 'telemetry', number, 't'
     FROM (${numbers})`,
  );
}

test('the ranges of a lane over many buckets are exact, wherever its holes and duplicates are', async () => {
  const holes = [1, 65_535, 65_536, 65_537, 131_071, 131_072, 150_000, 150_002, 262_144, 299_999];
  await insert('gw-1', 'e1', `SELECT number FROM numbers(300000) WHERE number NOT IN (${holes.join(', ')})`);
  // a duplicate that is not merged must not hide a hole
  await insert('gw-1', 'e1', 'SELECT number FROM numbers(65530, 20) WHERE number NOT IN (65535, 65536, 65537)');
  await insert('gw-1', 'e1', 'SELECT number FROM numbers(700000, 200000)');
  await insert('gw-1', 'e2', 'SELECT number FROM numbers(1, 7)');
  const expected = [
    ...[
      [0, 0],
      [2, 65_534],
      [65_538, 131_070],
      [131_073, 149_999],
      [150_001, 150_001],
      [150_003, 262_143],
    ],
    ...[
      [262_145, 299_998],
      [700_000, 899_999],
    ],
  ];
  expect(await history.received(key('gw-1'))).toEqual(expected);
  expect(await history.received(key('gw-1', 'e2'))).toEqual([[1, 7]]);
  expect(await history.received(key('gw-2'))).toEqual([]);
  expect(await history.holdings('gw-1')).toEqual([
    { epoch: 'e1', lane: 'telemetry', received: expected },
    { epoch: 'e2', lane: 'telemetry', received: [[1, 7]] },
  ]);
});

test('the ranges are exact for numbers as far apart as possible', async () => {
  await history.insert([1, 65_536, 2 ** 40, Number.MAX_SAFE_INTEGER].map((n) => event(n, { gateway: 'gw-far' })));
  expect(await history.received(key('gw-far'))).toEqual([
    ...[
      [1, 1],
      [65_536, 65_536],
      [2 ** 40, 2 ** 40],
    ],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ]);
});

test('a lane with too many ranges is refused, and a lane with one range fewer is answered', async () => {
  await insert('gw-odd', 'e1', `SELECT 2 * number + 1 AS number FROM numbers(${maxRanges})`);
  expect(await history.received(key('gw-odd'))).toHaveLength(maxRanges);
  await insert('gw-odd', 'e1', `SELECT 2 * number + 1 AS number FROM numbers(${maxRanges}, 1)`);
  const refused = { code: 'FORPOST_LANE_SCATTERED', message: expect.stringContaining('gw-odd/e1/telemetry') };
  await expect(history.received(key('gw-odd'))).rejects.toMatchObject(refused);
  await expect(history.holdings('gw-odd')).rejects.toMatchObject(refused);
});
