/** The rebuild as its own process beside a real Kafka and an embedded history, killed and run again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test, vi } from 'vitest';
import { leadersReady } from '../../scripts/kafka/topics.ts';
import { root } from '../../test/harness/root.ts';
import { ClickHouseHistory } from '../history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../history/clickhouse/embedded.ts';
import { zstd } from '../kafka/client.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { event, eventJson } from '../testing/events.ts';
import type { RebuildFigures } from './rebuild.ts';
import { kafkaAndConfig } from './testing/kafka-and-config.ts';

const logger = silentLogger();
const gateways = ['gw-1', 'gw-2', 'gw-3'];
const each = 12_000;
const kafka = kafkaAndConfig();

const executor = () => new EmbeddedExecutor(join(kafka.folder, 'centre', 'history'));
const span = (from: number, through: number) => Array.from({ length: through - from + 1 }, (_, i) => from + i);

async function withHistory<Result>(work: (store: ClickHouseHistory, raw: EmbeddedExecutor) => Promise<Result>) {
  const raw = executor();
  const store = new ClickHouseHistory({ executor: raw, clock: systemClock, logger });
  await store.start();
  try {
    return await work(store, raw);
  } finally {
    await store.stop();
  }
}

/** Runs `forpost cloud rebuild`. `afterMs` after it has printed `line`, `then` is called; it kills the process by default. */
async function run(line?: string, afterMs = 0, then = async (child: ChildProcess) => void child.kill('SIGKILL')) {
  const child = spawn(process.execPath, ['forpost.mjs', 'cloud', 'rebuild', '--config', kafka.configFile], {
    cwd: root,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stderr.on('data', (chunk: Buffer) => {
    if (line !== undefined && chunk.includes(line)) setTimeout(() => void then(child), afterMs);
  });
  const [printed, out, code] = await Promise.all([text(child.stderr), text(child.stdout), ended]);
  return {
    printed,
    code,
    figures: code === 0 ? (JSON.parse(out.trim().split('\n').at(-1) ?? '') as RebuildFigures) : undefined,
  };
}

/** Lets ingest take everything that Kafka holds into `store`. */
async function ingestAll(store: ClickHouseHistory): Promise<void> {
  const ingest = kafka.ingestInto(store);
  await ingest.start();
  try {
    await vi.waitFor(() => expect(ingest.status().handledAt).toBeDefined(), { timeout: 60_000, interval: 200 });
  } finally {
    await ingest.stop();
  }
}

/** Sends readings with these numbers to Kafka. */
async function send(gateway: string, numbers: readonly number[]): Promise<void> {
  for (let i = 0; i < numbers.length; i += 2000) {
    const messages = numbers.slice(i, i + 2000).map((n) => ({
      key: gateway,
      partition: partitionOf(gateway, 3),
      value: eventJson(n, { gateway }),
    }));
    await kafka.send('forpost.telemetry', messages, zstd);
  }
}

const keyOf = (gateway: string) => ({ gateway, epoch: 'e1', lane: 'telemetry' }) as const;
const whole = async (store: ClickHouseHistory) =>
  Promise.all([...gateways, 'gw-old'].map((gateway) => store.received(keyOf(gateway))));

const numbersIn = (lanes: Awaited<ReturnType<typeof whole>>) =>
  lanes.flat().reduce((sum, [from, through]) => sum + through - from + 1, 0);

test('a rebuild stores every event of Kafka anew and keeps the older ones; killed at any moment, it leaves the history whole', async () => {
  await ensureTopics(kafka.client, kafka.cluster, logger);
  await leadersReady(kafka.client, ['forpost.telemetry', 'forpost.alerts', 'forpost.registry']);
  for (const gateway of gateways) await send(gateway, [...span(1, each), ...span(each - 9, each)]);
  await send('gw-1', [7]);
  // both are dead letters of ingest, and the rebuild refuses them too
  const forged = eventJson(501, { gateway: 'gw-old' });
  const unreadable = ['{', forged].map((value) => ({ key: 'gw-1', partition: 0, value }));
  await kafka.send('forpost.telemetry', unreadable);

  const kept: readonly ForpostEvent[] = span(1, 500).map((n) => event(n, { gateway: 'gw-old' }));
  await withHistory(async (store, raw) => {
    await store.insert(kept);
    await ingestAll(store);
    // damages the history: deletes events of gw-2, and replaces the content of events of gw-3
    await raw.command(
      "ALTER TABLE events DELETE WHERE gateway = 'gw-2' AND sequence % 5 = 0 SETTINGS mutations_sync = 2",
    );
    await raw.command(
      "ALTER TABLE events UPDATE data = '{}' WHERE gateway = 'gw-3' AND sequence > 100 SETTINGS mutations_sync = 2",
    );
  });
  // an event that names a foreign site is a dead letter, and stays out of the history
  const elsewhere = eventJson(1, { gateway: 'gw-9' }).replaceAll('"home"', '"bank"').replace('/home/', '/bank/');
  const site = {
    kind: 'gateway-site',
    id: 'gw-9',
    revision: 1,
    author: 'centre',
    at: 0,
    data: { site: 'home', former: [] },
  };
  await kafka.send('forpost.registry', [{ key: 'gateway-site/gw-9', value: JSON.stringify(site) }]);
  await kafka.send('forpost.telemetry', [{ key: 'gw-9', partition: 0, value: elsewhere }]);
  // deletes the first third of gw-3's events from Kafka, as its retention would
  const admin = kafka.client.admin();
  await admin.connect();
  const forgotten = 4000;
  const partition = partitionOf('gw-3', 3);
  const [low] = (await admin.fetchTopicOffsets('forpost.telemetry')).filter((one) => one.partition === partition);
  await admin.deleteTopicRecords({
    topic: 'forpost.telemetry',
    partitions: [{ partition, offset: String(Number(low?.low) + forgotten) }],
  });
  await admin.disconnect();

  const before = await withHistory(whole);
  for (const after of [0, 100]) {
    const killed = await run('Kafka holds', after);
    expect(killed.code).toBe(null);
    expect(await withHistory(whole)).toEqual(before);
  }
  // killed while it exchanges the tables: the history is the old one or the new one, and whole
  await run('stored beside the history');
  const now = await withHistory(whole);
  if (numbersIn(now) !== numbersIn(before)) expect(numbersIn(now)).toBeGreaterThan(numbersIn(before));
  else expect(now).toEqual(before);
  const { figures, printed } = await run();
  expect(printed).toContain('records read');
  const metrics = figures?.metrics;
  const sharedPartition = gateways.filter((gateway) => partitionOf(gateway, 3) === partition);
  expect(metrics?.unreadable).toBeLessThanOrEqual(unreadable.length + 1);
  expect(metrics?.read).toBe((metrics?.stored ?? 0) + (metrics?.repeated ?? 0) + (metrics?.unreadable ?? 0));
  expect(numbersIn(before)).toBe(500 + 3 * each - each / 5);
  expect(metrics?.events_before).toBe(numbersIn(now));
  expect(metrics?.events_after).toBe((metrics?.older ?? 0) + (metrics?.stored ?? 0));
  expect(metrics?.older).toBeGreaterThanOrEqual(500);
  expect(sharedPartition).toContain('gw-3');

  await withHistory(async (store) => {
    expect((await store.stored(keyOf('gw-old'), [1, 500])).map(({ data }) => data)).toEqual(
      [kept[0], kept[499]].map((one) => one?.data),
    );
    const [first, second, third, old] = await whole(store);
    expect([first, third, old]).toEqual([[[1, each]], [[1, each]], [[1, 500]]]);
    expect(await store.received(keyOf('gw-9'))).toEqual([]);
    // a partition that gw-2 shares with gw-3 lost records of gw-2 too: those stay missing
    expect(second).toEqual(sharedPartition.includes('gw-2') ? second : [[1, each]]);
    const data = (await store.stored(keyOf('gw-3'), [101, each])).map((one) => JSON.stringify(one.data));
    expect(data.at(-1)).toBe(`{"values":{"power_w":${each}}}`);
    // the rebuild left ingest's offsets as they were: a new event is stored once
    await send('gw-1', [each + 1]);
    await ingestAll(store);
    expect(await store.received(keyOf('gw-1'))).toEqual([[1, each + 1]]);
    const { rows, distinct } = await store.rows(keyOf('gw-1'));
    expect(rows).toBe(distinct);
  });
});

test('when a centre worked during a rebuild, the rebuild changes nothing and leaves no table behind', async () => {
  const before = await withHistory(whole);
  const { code, printed } = await run('Kafka holds', 0, async (child) => {
    child.kill('SIGSTOP');
    const admin = kafka.client.admin();
    await admin.connect();
    const offsets = {
      groupId: 'forpost-ingest',
      topic: 'forpost.telemetry',
      partitions: [{ partition: 0, offset: '1' }],
    };
    await admin.setOffsets(offsets);
    await admin.disconnect();
    child.kill('SIGCONT');
  });
  expect(printed).toContain('a centre was at work during the rebuild');
  expect(code).toBe(1);
  await withHistory(async (store, raw) => {
    expect(await whole(store)).toEqual(before);
    expect(
      await raw.query('SELECT name FROM system.tables WHERE name = {name:String}', { name: 'events_rebuilt' }),
    ).toEqual([]);
  });
});

test('a rebuild refuses to start while a centre has the data folder open or reads the topics, and says so in one line', async () => {
  await withHistory(async () => {
    const { code, printed } = await run();
    expect(code).toBe(1);
    expect(printed).toMatch(/cannot be opened: process \d+ has it open/);
  });
  const consumer = kafka.client.consumer({ groupId: 'forpost-ingest' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['forpost.telemetry'] });
  await consumer.run({ eachMessage: async () => {} });
  try {
    await vi.waitFor(
      async () => expect((await run()).printed).toContain('a centre reads the topics of "forpost" now'),
      {
        timeout: 30_000,
      },
    );
  } finally {
    await consumer.disconnect();
  }
});
