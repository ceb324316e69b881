/** The uplink to a real Kafka, which all tests of this file share. */
import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '@forpost/shared/clock.ts';
import type { GapData } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { partitionOf, type TopicName } from '@forpost/shared/event/topics.ts';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { addPartitions } from '../../scripts/kafka/topics.ts';
import { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import { draft, outboxIn } from '../outbox/sqlite/testing/test-support.ts';
import { refusalEntry } from './refusal.ts';
import { kafkaSink } from './sinks/kafka/kafka.ts';
import {
  append,
  folders,
  gateway,
  live,
  logger,
  outboxAndUplink,
  removeSites,
  running,
  site,
  soon,
  stopAll,
} from './testing/site.ts';
import { eventsIn, partitions, topicsAt } from './testing/topics.ts';
import type { UplinkOptions } from './uplink.ts';

const forpost = fileURLToPath(new URL('../../forpost.mjs', import.meta.url));

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());
afterEach(removeSites);

/** A gateway's outbox and uplink, to topics of `prefix`. */
const aSite = (prefix: string, changed: Partial<UplinkOptions> = {}, folder?: string) =>
  outboxAndUplink({ sinks: [{ kind: 'kafka', brokers: kafka.brokers, prefix }], ...changed }, folder);

const makeTopics = (prefix: string, names?: readonly TopicName[]) => topicsAt(kafka, prefix, names);
const inTopic = (prefix: string, lane: Lane) => eventsIn(kafka, prefix, lane);

test('the uplink finds a damaged page that only it reads, and continues with the new file', async () => {
  await makeTopics('damaged');
  const { outbox, uplink } = await aSite('damaged', { onDamaged: () => outbox.check() });
  await append(outbox, 'telemetry', 1, 20_000);
  const old = outbox.epoch;
  const db = new Database(outbox.file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  // pages of readings in the middle of the file; new readings are written after them
  const file = openSync(outbox.file, 'r+');
  writeSync(file, Buffer.alloc(65_536, 0xa5), 0, 65_536, Math.floor(fstatSync(file).size / 2 / 4096) * 4096);
  closeSync(file);
  expect(await outbox.append({ events: [draft(20_001)] })).toEqual({ stored: 1, repeated: 0 });
  await uplink.start();
  await vi.waitFor(() => expect(outbox.epoch).not.toBe(old), soon);
  await vi.waitFor(() => append(outbox, 'telemetry', 1, 1), soon);
  await live(uplink);
  const readings = await inTopic('damaged', 'telemetry');
  expect(readings.at(-1)).toMatchObject({ epoch: outbox.epoch, sequence: '1' });
  const gaps = (await inTopic('damaged', 'alerts')).map(({ data }) => data as GapData);
  const lost = gaps.filter(({ epoch, lane }) => epoch === old && lane === 'telemetry');
  // the events on undamaged pages have arrived under their numbers, and the gap records name exactly the others
  const arrived = new Set(readings.filter(({ epoch }) => epoch === old).map(({ sequence }) => Number(sequence)));
  const named = lost.flatMap(({ from, count }) => Array.from({ length: count }, (_, n) => Number(from) + n));
  expect(named.filter((sequence) => arrived.has(sequence))).toEqual([]);
  expect(arrived.size + named.length).toBe(20_001);
  expect(named.length).toBeLessThan(1000);
});

test('the uplink names missing topics and the command that creates them, and continues by itself after that command', async () => {
  const { outbox, uplink } = await aSite('late');
  await append(outbox, 'telemetry', 1, 10);
  await uplink.start();
  await vi.waitFor(
    () =>
      expect(uplink.statuses()).toMatchObject([
        { sink: 'kafka', state: expect.stringMatching('offline|probing'), events: 10 },
      ]),
    soon,
  );
  await vi.waitFor(() => expect(uplink.statuses()[0]!.reason).toContain('late.alerts, late.telemetry'), soon);
  const [, command = ''] = /run "forpost (cloud topics --config) cloud.yaml"/.exec(uplink.statuses()[0]!.reason) ?? [];
  const file = join(folders.at(-1)!, 'cloud.yaml');
  await writeFile(
    file,
    `data: .\nhttp: {}\nkafka: { brokers: ['${kafka.brokers[0]}'], prefix: late, development: true }\n`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [forpost, ...command.split(' '), file]);
  expect(stdout).toContain('created late.telemetry');
  await live(uplink);
  expect(await inTopic('late', 'telemetry')).toHaveLength(10);
});

test('after a restart the status still contains the ends of lanes that were drained before', async () => {
  await makeTopics('again');
  const { outbox, uplink } = await aSite('again');
  const now = { received: systemClock.now() };
  await outbox.append({ events: [draft(1, now), draft(2, now), draft(3, { ...now, lane: 'alerts' })] });
  await uplink.start();
  const lanesInStatus = async () => {
    const statuses = await readTopic(kafka.client, 'again.status');
    const last: GatewayStatus = JSON.parse(String(statuses.at(-1)?.message.value ?? '{}'));
    return last.lanes?.map(({ epoch, lane, assigned, acknowledged }) => [epoch, lane, assigned, acknowledged]);
  };
  const drained = [
    [outbox.epoch, 'alerts', 1, 1],
    [outbox.epoch, 'telemetry', 2, 2],
  ];
  await vi.waitFor(async () => expect((await lanesInStatus())?.toSorted()).toEqual(drained), soon);
  await stopAll();
  const next = await aSite('again', {}, folders.pop());
  await next.outbox.append({ events: [draft(4, now)] });
  await next.uplink.start();
  const all = [[next.outbox.epoch, 'telemetry', 1, 1], ...drained];
  await vi.waitFor(async () => expect(await lanesInStatus()).toEqual(all), soon);
});

test('no event is lost when Kafka is killed in the middle of a backlog, and the status says how far each lane is acknowledged', async () => {
  await makeTopics('cut');
  const backlog = 24_800;
  let before = 0;
  const meanwhile = 200;
  let acknowledged = 0;
  const { outbox, uplink } = await aSite('cut', {
    acknowledge: (...ack) => {
      acknowledged = ack[3];
      running.find((part) => part instanceof SqliteOutbox)?.acknowledge(...ack);
    },
  });
  const killInTheMiddle = async () => {
    await append(outbox, 'telemetry', before + 1, backlog);
    const from = before;
    before += backlog;
    await uplink.start();
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(from), { ...soon, interval: 1 });
    await kafka.kill();
    return acknowledged < before;
  };
  let isInTheMiddle = await killInTheMiddle();
  // while this thread waits for a core, the uplink's own thread may send all of it: once more
  for (let again = 0; again < 3 && !isInTheMiddle; again++) {
    await uplink.stop();
    await kafka.restart();
    isInTheMiddle = await killInTheMiddle();
  }
  expect(isInTheMiddle).toBe(true);
  await append(outbox, 'telemetry', before + 1, meanwhile);
  await vi.waitFor(() => expect(uplink.statuses()).toMatchObject([{ state: 'offline' }]), soon);
  expect(uplink.statuses()[0]!.reason).not.toBe('');
  await kafka.restart();
  await live(uplink);

  const events = await inTopic('cut', 'telemetry');
  const firsts = [...new Set(events.map(({ sequence }) => Number(sequence)))];
  expect(firsts, 'each number, and the first time in order').toEqual(
    Array.from({ length: before + meanwhile }, (_, i) => i + 1),
  );
  await vi.waitFor(async () => {
    const statuses = await readTopic(kafka.client, 'cut.status');
    const last: GatewayStatus = JSON.parse(String(statuses.at(-1)!.message.value));
    expect(last.lanes).toEqual([
      {
        epoch: outbox.epoch,
        lane: 'telemetry',
        assigned: before + meanwhile,
        acknowledged: before + meanwhile,
        bytes: 0,
      },
    ]);
  }, soon);
});

test('an alert is sent at once, before a backlog of telemetry', async () => {
  const backlog = 60_000;
  await makeTopics('lanes');
  const order: { readonly lane: Lane; readonly through: number }[] = [];
  let onFirst: (() => void) | undefined;
  const { outbox, uplink } = await aSite('lanes', {
    acknowledge: (_sink, _epoch, lane, through) => {
      order.push({ lane, through });
      if (lane === 'telemetry') onFirst?.();
      onFirst = undefined;
    },
  });
  const reached = (lane: Lane, number: number) => order.findIndex((a) => a.lane === lane && a.through >= number);
  /** Whether the alert that is appended at the first acknowledgement of a backlog arrives before that backlog's end. */
  const overtakes = async (round: number) => {
    await append(outbox, 'telemetry', round * backlog + 1, backlog);
    const alert = new Promise<void>((resolve) => {
      onFirst = () => resolve(append(outbox, 'alerts', round + 1, 1));
    });
    await uplink.start();
    await alert;
    const end = (round + 1) * backlog;
    await vi.waitFor(() => {
      expect(reached('alerts', round + 1)).toBeGreaterThanOrEqual(0);
      expect(reached('telemetry', end)).toBeGreaterThanOrEqual(0);
    }, soon);
    await uplink.stop();
    return reached('alerts', round + 1) < reached('telemetry', end);
  };
  // while this thread waits for a core, the uplink's own thread may send all of it: one of three must show it
  expect((await overtakes(0)) || (await overtakes(1)) || (await overtakes(2))).toBe(true);
});

test('an event that Kafka refuses for good becomes a dead letter and a gap record, and the lane continues', async () => {
  await makeTopics('large');
  const { outbox, uplink } = await aSite('large', {
    recordRefusal: async (refusal) => {
      const stamp = { received: systemClock.now(), uptime: 1, boot: 'boot-1', clock: 'synced' } as const;
      await outbox.append(refusalEntry(refusal, gateway, stamp));
    },
  });
  await append(outbox, 'telemetry', 1, 20);
  // an event that stays above Kafka's limit of 1 MB even when compressed
  const noise = Array.from({ length: 300_000 }, () => Math.random().toString(36).slice(2)).join('');
  await outbox.append({ events: [draft(21, { data: JSON.stringify({ noise }) })] });
  await append(outbox, 'telemetry', 22, 20);
  await uplink.start();
  await live(uplink);
  const numbers = new Set((await inTopic('large', 'telemetry')).map(({ sequence }) => Number(sequence)));
  expect([...numbers]).toEqual(Array.from({ length: 41 }, (_, i) => i + 1).filter((n) => n !== 21));
  const [gap] = await inTopic('large', 'alerts');
  expect(gap!.data as GapData).toMatchObject({
    epoch: outbox.epoch,
    lane: 'telemetry',
    from: '21',
    to: '21',
    count: 1,
  });
  expect(await outbox.deadLetters(10)).toMatchObject([{ device: 'meter', reason: expect.stringContaining('refused') }]);
});

test('events of an earlier start are sent first, under their own numbers', async () => {
  await makeTopics('epochs');
  const { outbox } = await aSite('epochs');
  const { epoch: old } = outbox;
  await append(outbox, 'telemetry', 1, 5);
  await outbox.stop();
  const again = outboxIn(folders.at(-1)!);
  await again.start();
  running.push(again);
  await append(again, 'telemetry', 6, 5);
  const { uplink } = await aSite('epochs', {
    outboxFile: again.file,
    inHand: again.inHand,
    acknowledge: (...ack) => again.acknowledge(...ack),
    onCommit: (listener) => again.onCommit(listener),
  });
  await uplink.start();
  await live(uplink);
  const events = await inTopic('epochs', 'telemetry');
  expect(events.map(({ epoch, sequence }) => `${epoch}/${sequence}`)).toEqual(
    [old, again.epoch].flatMap((epoch) => [1, 2, 3, 4, 5].map((n) => `${epoch}/${n}`)),
  );
});

test('when partitions are added, the gateway keeps its partition, even after a restart, and reports the addition', async () => {
  await makeTopics('grown');
  const { outbox, uplink } = await aSite('grown');
  await append(outbox, 'telemetry', 1, 300);
  await uplink.start();
  await live(uplink);
  expect(uplink.problems()).toEqual([]);
  await uplink.stop();
  const more = Array.from({ length: 9 }, (_, i) => partitions + 1 + i).find(
    (count) => partitionOf(gateway, count) !== partitionOf(gateway, partitions),
  )!;
  await addPartitions(kafka.client, ['grown.alerts', 'grown.telemetry'], more);
  await append(outbox, 'telemetry', 301, 300);
  await uplink.start();
  await live(uplink);
  await vi.waitFor(
    () =>
      expect(uplink.problems()).toContainEqual(
        expect.stringMatching(
          new RegExp(`order is at risk.*grown.telemetry has ${more} partitions, and had ${partitions}`),
        ),
      ),
    soon,
  );
  const events = await inTopic('grown', 'telemetry');
  expect(events.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
});

test('a metered link is held at its rate: alerts overtake telemetry, and the plan says when the backlog ends', async () => {
  await makeTopics('metered');
  const order: { readonly lane: Lane; readonly through: number }[] = [];
  const { outbox, uplink } = await aSite('metered', {
    sinks: [{ kind: 'kafka', brokers: kafka.brokers, prefix: 'metered', limit: { bytes_per_second: 8_000 } }],
    acknowledge: (_sink, _epoch, lane, through) => order.push({ lane, through }),
  });
  await append(outbox, 'telemetry', 1, 3_000);
  const began = performance.now();
  await uplink.start();
  await vi.waitFor(
    () =>
      expect(uplink.statuses()).toMatchObject([
        { state: 'draining', reason: 'the link is held at 8,000 bytes a second', plan: { outlook: 'ending' } },
      ]),
    soon,
  );
  await append(outbox, 'alerts', 1, 1);
  await vi.waitFor(() => expect(order.some(({ lane }) => lane === 'alerts')).toBe(true), soon);
  expect(order.at(-1)!.through, 'in the middle of the telemetry').toBeLessThan(3_000);
  await vi.waitFor(() => expect(order).toContainEqual({ lane: 'telemetry', through: 3_000 }), {
    ...soon,
    timeout: 90_000,
  });
  // 3,000 of these are about 70 kB when compressed
  expect(performance.now() - began).toBeGreaterThan(3_000);
});

test('when the budget of the day is used up, telemetry waits, even after a restart, and alerts are still sent', async () => {
  await makeTopics('budget');
  const acked = { alerts: 0, telemetry: 0 };
  const { outbox, uplink } = await aSite('budget', {
    sinks: [{ kind: 'kafka', brokers: kafka.brokers, prefix: 'budget', limit: { bytes_per_day: 100_000 } }],
    acknowledge: (_sink, _epoch, lane, through) => {
      acked[lane] = through;
    },
  });
  await append(outbox, 'telemetry', 1, 20_000);
  await uplink.start();
  const used = () => expect(uplink.statuses()[0]!.reason).toMatch(/^the budget of \d+ [kM]B for .* is used up/);
  await vi.waitFor(used, soon);
  const stoppedAt = acked.telemetry;
  expect(stoppedAt).toBeGreaterThan(0);
  expect(stoppedAt).toBeLessThan(20_000);
  await append(outbox, 'alerts', 1, 3);
  await vi.waitFor(() => expect(acked.alerts).toBe(3), soon);
  await uplink.stop();
  await uplink.start();
  await vi.waitFor(used, soon);
  await append(outbox, 'alerts', 4, 1);
  await vi.waitFor(() => expect(acked.alerts).toBe(4), soon);
  expect(acked.telemetry).toBe(stoppedAt);
  expect(uplink.statuses()[0]!.budget!.used).toBeGreaterThanOrEqual(100_000);
});

test('evidence counts towards the budget of the day, even after a restart', async () => {
  await makeTopics('shared');
  const { outbox, uplink } = await aSite('shared', {
    sinks: [
      { kind: 'kafka', name: 'k', brokers: kafka.brokers, prefix: 'shared', limit: { bytes_per_day: 1_000_000 } },
    ],
  });
  await append(outbox, 'telemetry', 1, 1);
  await uplink.start();
  const used = () => uplink.statuses()[0]!.budget?.used ?? 0;
  const link = uplink.evidenceLink('k');
  await vi.waitFor(async () => expect((await link.grant(300_000)).bytes).toBe(300_000), soon);
  link.spent(50_000);
  await vi.waitFor(() => expect(used()).toBeGreaterThan(350_000), soon);
  expect((await link.grant(300_000)).bytes).toBe(150_000);
  expect(await link.grant(1_000)).toMatchObject({ bytes: 0 });
  await vi.waitFor(() => expect(used()).toBeGreaterThan(500_000), soon);
  await uplink.stop();
  expect(await link.grant(1_000), 'no thread answers').toEqual({ bytes: 0, waitMs: 2_000 });
  await uplink.start();
  await vi.waitFor(() => expect(used()).toBeGreaterThan(500_000), soon);
  expect(await link.grant(1_000)).toMatchObject({ bytes: 0 });
});

test('the sink counts the bytes of the command feed', async () => {
  await makeTopics('heard', ['alerts', 'telemetry', 'status', 'commands']);
  const context = { name: 'k', identity: { site, gateway }, secret: undefined, clock: systemClock, logger };
  const sink = kafkaSink({ kind: 'kafka', brokers: kafka.brokers, prefix: 'heard' }, context);
  expect(sink.otherWireBytes).toBe(0);
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  // the run may fail, because a new broker has no coordinator for its first group yet; its bytes count too
  const listening = sink.commands!.run(async () => undefined, stopping.signal).catch(() => undefined);
  await vi.waitFor(() => expect(sink.otherWireBytes!).toBeGreaterThan(500), { ...soon, timeout: 20_000 });
  stopping.abort();
  await listening;
});
