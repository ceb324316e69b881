import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PoisonLog } from '../ingest/poison-log.ts';
import { PartitionCounts } from './partition-counts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-noted-'));
});
afterEach(() => rm(folder, { recursive: true }));

const logger = silentLogger();
const counts = (alerts: number, telemetry: number) =>
  new Map([
    ['forpost.alerts', alerts],
    ['forpost.telemetry', telemetry],
  ]);

test('added partitions are reported, also after a restart, until a person removes the file', async () => {
  const file = join(folder, 'data', 'topics.json');
  const first = new PartitionCounts(file, logger);
  await first.compare(counts(3, 3));
  expect(first.problems).toEqual([]);
  await first.compare(counts(3, 5));
  expect(first.problems.map(inEnglish)).toEqual([
    expect.stringMatching(/^forpost.telemetry has 5 partitions and had 3: order is at risk.*topics\.json/),
  ]);
  const again = new PartitionCounts(file, logger);
  await again.compare(counts(3, 5));
  expect(again.problems).toEqual(first.problems);
  await rm(file);
  const accepted = new PartitionCounts(file, logger);
  await accepted.compare(counts(3, 5));
  expect(accepted.problems).toEqual([]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'forpost.alerts': 3, 'forpost.telemetry': 5 });
});

test('each comparison tries again to write the file, and reports a failure while it lasts', async () => {
  const place = join(folder, 'data');
  const file = join(place, 'topics.json');
  await writeFile(place, 'a file where the folder should be');
  const some = new PartitionCounts(file, logger);
  for (let i = 0; i < 3; i++) {
    await some.compare(counts(3, 3));
    expect(some.problems.map(inEnglish)).toEqual([expect.stringContaining('topics.json cannot be written')]);
  }
  await rm(place);
  await some.compare(counts(3, 3));
  expect(some.problems).toEqual([]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'forpost.alerts': 3, 'forpost.telemetry': 3 });
});

test('a malformed file is replaced', async () => {
  const file = join(folder, 'topics.json');
  for (const text of ['{', '[1]', '{"forpost.alerts":"3"}']) {
    await writeFile(file, text);
    const fresh = new PartitionCounts(file, logger);
    await fresh.compare(counts(3, 3));
    expect(fresh.problems).toEqual([]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'forpost.alerts': 3, 'forpost.telemetry': 3 });
  }
});

const poison = (offset: number, conflict = false, key = `gw-${offset % 10}`) => ({
  topic: 't',
  partition: 0,
  offset: String(offset),
  key,
  reason: `reason ${offset}`,
  conflict,
  original: Buffer.from('x'),
});

test('records that could not be processed stay listed for a week, also after a restart; a flood does not push out a reused id', async () => {
  const file = join(folder, 'data', 'dead-letters.json');
  const clock = new FakeClock();
  const log = new PoisonLog(file, clock, logger);
  await log.start();
  await log.add(poison(1, true));
  await Promise.all(Array.from({ length: 100 }, (_, i) => log.add(poison(i + 2))));
  expect([log.count, log.recent.length, log.earlier.length, log.conflict?.offset]).toEqual([101, 20, 0, '1']);
  const again = new PoisonLog(file, clock, logger);
  await again.start();
  expect([again.count, again.earlier.length, again.recent[0]?.offset, again.conflict?.offset]).toEqual([
    ...[0, 20, '101', '1'],
  ]);
  clock.advance(7 * 86_400_000);
  expect([again.recent, again.conflict]).toEqual([[], undefined]);
});

test('a flood of one gateway’s bad records leaves those of other gateways in the list', async () => {
  const log = new PoisonLog(join(folder, 'data', 'dead-letters.json'), new FakeClock(), logger);
  await log.start();
  for (const key of ['gw-1', 'gw-2']) await log.add(poison(1, false, key));
  await Promise.all(Array.from({ length: 100 }, (_, i) => log.add(poison(i + 2, false, 'flooding'))));
  expect(log.recent.filter(({ key }) => key === 'flooding')).toHaveLength(10);
  expect(log.recent.map(({ key }) => key)).toEqual(expect.arrayContaining(['gw-1', 'gw-2']));
});
