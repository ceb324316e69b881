/** Replay from a real Kafka into a centre that runs, with a notifier beside it. */
import { systemClock } from '@forpost/shared/clock.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test, vi } from 'vitest';
import { readTopic } from '../../scripts/kafka/testing.ts';
import { addPartitions, leadersReady } from '../../scripts/kafka/topics.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import { ingestGroup } from '../ingest/ingest.ts';
import { ensureTopics } from '../kafka/topics.ts';
import type { Notification } from '../notify/channel.ts';
import { Notifier } from '../notify/notifier.ts';
import { alertJson } from '../notify/testing/recording-channel.ts';
import { event, eventJson } from '../testing/events.ts';
import { replay, replayFilter } from './replay.ts';
import { kafkaAndConfig } from './testing/kafka-and-config.ts';

const logger = silentLogger();
const kafka = kafkaAndConfig();
const soon = { timeout: 30_000, interval: 50 };
const lane = (name: 'alerts' | 'telemetry') => ({ gateway: 'gw-1', epoch: 'e1', lane: name }) as const;

/** Ingest's offsets, and the consumer groups besides the replay's own. */
async function groupState(): Promise<unknown> {
  const admin = kafka.client.admin();
  await admin.connect();
  const offsets = await admin.fetchOffsets({ groupId: ingestGroup('forpost'), topics: ['forpost.telemetry'] });
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  return {
    offsets,
    groups: groups
      .map(({ groupId }) => groupId)
      .filter((id) => !id.includes('replay'))
      .sort(),
  };
}

test('a replay brings events that the history lacks, by number or by time; each is stored once, and no alert is notified again', async () => {
  await ensureTopics(kafka.client, kafka.cluster, logger);
  await leadersReady(kafka.client, ['forpost.telemetry', 'forpost.alerts']);
  const partition = partitionOf('gw-1', 3);
  const write = (topic: string, values: readonly string[], key = 'gw-1') =>
    kafka.send(
      topic,
      values.map((value) => ({ key, value, partition })),
    );
  await write(
    'forpost.telemetry',
    Array.from({ length: 40 }, (_, i) => eventJson(i + 1)),
  );
  await write('forpost.telemetry', [eventJson(15)]);
  // records with another gateway's key, which are no events of gw-1
  await write('forpost.telemetry', ['{', eventJson(16), eventJson(7, { gateway: 'gw-2' })], 'gw-2');
  await write('forpost.alerts', [
    alertJson(1, {}, { received: Date.now() }),
    alertJson(2, {}, { received: Date.now() }),
  ]);
  const first = new MemoryHistory(systemClock);
  const before = kafka.ingestInto(first);
  await before.start();
  await vi.waitFor(async () => {
    expect(await first.received(lane('telemetry'))).toEqual([[1, 40]]);
    expect(await first.received(lane('alerts'))).toEqual([[1, 2]]);
  }, soon);
  // ingest commits its offsets a little later
  await vi.waitFor(() => expect(before.status().handledAt).toBeDefined(), soon);
  await before.stop();
  const stateBefore = await groupState();

  // an empty history, whose ingest has read everything already
  const history = new MemoryHistory(systemClock);
  const print = () => {};
  const byNumber = { gateway: 'gw-1', lane: 'telemetry', from: '11', to: '20' };
  const done = await replay(kafka.configFile, byNumber, print);
  expect(done.metrics).toMatchObject({ matching: 11, replayed: 10 });
  // the replay has added records to the topics and changed nothing else
  expect(await groupState()).toEqual(stateBefore);
  const notified: Notification[] = [];
  const channel = { id: 'desk', kind: 'test', send: async (one: Notification) => void notified.push(one) };
  const notifier = new Notifier({
    folder: kafka.folder,
    kafka: kafka.cluster,
    routes: [{ channel: channel as never, severity: 'info' }],
    clock: systemClock,
    random: Math.random,
    logger,
  });
  const ingest = kafka.ingestInto(history);
  await ingest.start();
  await notifier.start();
  try {
    await vi.waitFor(async () => expect(await history.received(lane('telemetry'))).toEqual([[11, 20]]), soon);
    await vi.waitFor(() => expect(notifier.status().connected).toBe(true), soon);
    const at = (n: number) => event(n).received;
    await replay(kafka.configFile, { gateway: 'gw-1', lane: 'telemetry', from: at(19), to: at(25) }, print);
    await replay(kafka.configFile, byNumber, print);
    await replay(kafka.configFile, { gateway: 'gw-1', lane: 'alerts' }, print);
    await vi.waitFor(async () => {
      expect(await history.received(lane('telemetry'))).toEqual([[11, 25]]);
      expect(await history.received(lane('alerts'))).toEqual([[1, 2]]);
    }, soon);
    // only the new alert after them is notified, so the notifier has read and skipped them
    await write('forpost.alerts', [alertJson(3, {}, { received: Date.now() })]);
    await vi.waitFor(() => expect(notified.map(({ id }) => id)).toEqual(['gw-1/e1/alerts/3']), soon);
    expect(await history.rows(lane('telemetry'))).toEqual({ rows: 15, distinct: 15 });
  } finally {
    await notifier.stop();
    await ingest.stop();
  }
  const marked = (await readTopic(kafka.client, 'forpost.telemetry')).filter(
    ({ message }) => message.headers?.['forpost-replay'],
  );
  expect(marked.map(({ message }) => String(message.headers?.['forpost-replay']))).toEqual(marked.map(() => '1'));
  expect(marked.length).toBe(10 + 7 + 10);
});

test('a replay finds a gateway’s events whatever number of partitions the topic had when they were sent', async () => {
  const gateway = 'gw-11';
  const counts = [3, 5, 7];
  const partitions = counts.map((count) => partitionOf(gateway, count));
  expect(new Set(partitions).size).toBe(counts.length);
  for (const [index, count] of counts.entries()) {
    if (index > 0) await addPartitions(kafka.client, ['forpost.telemetry'], count);
    else await leadersReady(kafka.client, ['forpost.telemetry']);
    const message = { key: gateway, value: eventJson(index + 1, { gateway }), partition: partitions[index] ?? 0 };
    await kafka.send('forpost.telemetry', [message]);
  }
  const { metrics } = await replay(kafka.configFile, { gateway, lane: 'telemetry' }, () => {});
  expect(metrics).toMatchObject({ matching: 3, replayed: 3 });
});

test('a replay refuses a wrong gateway, lane or range, and says what is wrong with it', () => {
  const ask = (change: object) => () => replayFilter({ gateway: 'gw-1', ...change });
  expect(ask({ gateway: 'GW 1' })).toThrow('is not the id of a gateway');
  expect(ask({ lane: 'fast' })).toThrow('alerts or telemetry');
  expect(ask({ from: '5', to: '2026-01-01T00:00:00Z' })).toThrow('both numbers, or both times');
  expect(ask({ from: 'yesterday' })).toThrow('both numbers, or both times');
  expect(ask({ from: '5', to: '4' })).toThrow('--from 5 is behind --to 4');
  const isWanted = replayFilter({ gateway: 'gw-1', epoch: 'e1', to: '4' });
  expect([event(4), event(5), event(1, { epoch: 'e2' }), event(1, { gateway: 'gw-2' })].map(isWanted)).toEqual([
    ...[true, false, false, false],
  ]);
});
