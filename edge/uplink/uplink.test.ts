import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '@forpost/shared/clock.ts';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent, GapData } from '@forpost/shared/event/event.ts';
import { asId, type GatewayId, type Lane, type SiteId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { partitionOf, type TopicName, topicPlans } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { addPartitions, createTopics } from '../../scripts/kafka/topics.ts';
import { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import { draft, outboxIn, temporaryFolder } from '../outbox/sqlite/testing/test-support.ts';
import { refusalEntry } from './refusal.ts';
import { kafkaSink } from './sinks/kafka/kafka.ts';
import { Uplink, type UplinkOptions } from './uplink.ts';

const gateway: GatewayId = asId('gw-1');
const site: SiteId = asId('home');
const logger = silentLogger();
const partitions = 3;
const forpost = fileURLToPath(new URL('../../forpost.mjs', import.meta.url));

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

const folders: string[] = [];
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A gateway's outbox and uplink, to topics of `prefix`. */
async function aSite(prefix: string, changed: Partial<UplinkOptions> = {}, folder = temporaryFolder()) {
  folders.push(folder);
  const outbox = outboxIn(folder);
  await outbox.start();
  running.push(outbox);
  let counter = 0;
  const uplink = new Uplink({
    sinks: [{ kind: 'kafka', brokers: kafka.brokers, prefix }],
    secrets: {},
    identity: { site, gateway },
    outboxFile: outbox.file,
    inHand: outbox.inHand,
    acknowledge: (...ack) => outbox.acknowledge(...ack),
    onCommit: (listener) => outbox.onCommit(listener),
    status: () => statusNow(++counter),
    clock: systemClock,
    random: Math.random,
    logger,
    ...changed,
  });
  running.push(uplink);
  return { outbox, uplink };
}

const statusNow = (counter: number): GatewayStatus => ({
  site,
  gateway,
  name: 'Home',
  version: '0.1.0',
  starts: 1,
  counter,
  at: new Date().toISOString(),
  clock: 'synced',
  boot: 'boot-1',
  uptime: 1,
  revision: 'r',
  lanes: [],
  uplinks: [],
  cameras: [],
  devices: [],
  problems: [],
});

/** As the centre would; the gateway itself creates none. */
async function makeTopics(
  prefix: string,
  names: readonly TopicName[] = ['alerts', 'telemetry', 'status'],
): Promise<void> {
  const topics = names.map((name) => ({
    topic: `${prefix}.${name}`,
    numPartitions: partitions,
    replicationFactor: 1,
    configEntries: [{ name: 'cleanup.policy', value: topicPlans[name].cleanup }],
  }));
  await createTopics(kafka.client, topics);
}

async function append(outbox: SqliteOutbox, lane: Lane, from: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => draft(from + i, { lane }));
  const waits: Promise<unknown>[] = [];
  for (let i = 0; i < events.length; i += 100) waits.push(outbox.append({ events: events.slice(i, i + 100) }));
  await Promise.all(waits);
}

async function inTopic(prefix: string, lane: Lane): Promise<readonly ForpostEvent[]> {
  const records = await readTopic(kafka.client, `${prefix}.${lane}`);
  return records.map(({ partition, message }) => {
    expect(partition).toBe(partitionOf(gateway, partitions));
    expect(String(message.key)).toBe(gateway);
    const decoded = decodeEvent(message.value!);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  });
}

const soon = { timeout: 20_000, interval: 20 };
const live = (uplink: Uplink) =>
  vi.waitFor(() => expect(uplink.statuses()).toMatchObject([{ state: 'live', events: 0 }]), soon);

describe('the uplink', () => {
  test('finds a damaged page that only the uplink reads, and goes on in the new file', async () => {
    await makeTopics('damaged');
    const { outbox, uplink } = await aSite('damaged', { onDamaged: () => outbox.check() });
    await append(outbox, 'telemetry', 1, 20_000);
    const old = outbox.epoch;
    const db = new Database(outbox.file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    // readings in the middle: new ones are written behind them
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
    // what stood on the other pages has arrived under its number, and what is named is the rest, exactly
    const arrived = new Set(readings.filter(({ epoch }) => epoch === old).map(({ sequence }) => Number(sequence)));
    const named = lost.flatMap(({ from, count }) => Array.from({ length: count }, (_, n) => Number(from) + n));
    expect(named.filter((sequence) => arrived.has(sequence))).toEqual([]);
    expect(arrived.size + named.length).toBe(20_001);
    expect(named.length).toBeLessThan(1000);
  });

  test('says which topics are missing and which command creates them, and goes on by itself once that was run', async () => {
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
    const [, command = ''] =
      /run "forpost (cloud topics --config) cloud.yaml"/.exec(uplink.statuses()[0]!.reason) ?? [];
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

  test('tells after a restart where the lanes that it had drained ended', async () => {
    await makeTopics('again');
    const { outbox, uplink } = await aSite('again');
    const now = { received: systemClock.now() };
    await outbox.append({ events: [draft(1, now), draft(2, now), draft(3, { ...now, lane: 'alerts' })] });
    await uplink.start();
    const lanesTold = async () => {
      const statuses = await readTopic(kafka.client, 'again.status');
      const last: GatewayStatus = JSON.parse(String(statuses.at(-1)?.message.value ?? '{}'));
      return last.lanes?.map(({ epoch, lane, assigned, acknowledged }) => [epoch, lane, assigned, acknowledged]);
    };
    const drained = [
      [outbox.epoch, 'alerts', 1, 1],
      [outbox.epoch, 'telemetry', 2, 2],
    ];
    await vi.waitFor(async () => expect((await lanesTold())?.toSorted()).toEqual(drained), soon);
    for (const part of running.splice(0).reverse()) await part.stop();
    const next = await aSite('again', {}, folders.pop());
    await next.outbox.append({ events: [draft(4, now)] });
    await next.uplink.start();
    const all = [[next.outbox.epoch, 'telemetry', 1, 1], ...drained];
    await vi.waitFor(async () => expect(await lanesTold()).toEqual(all), soon);
  });

  test('loses nothing when Kafka is killed in the middle of a backlog, and tells the centre where it stands', async () => {
    await makeTopics('cut');
    const before = 24_800;
    const meanwhile = 200;
    let acknowledged = 0;
    const { outbox, uplink } = await aSite('cut', {
      acknowledge: (...ack) => {
        acknowledged = ack[3];
        running.find((part) => part instanceof SqliteOutbox)?.acknowledge(...ack);
      },
    });
    await append(outbox, 'telemetry', 1, before);
    await uplink.start();
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(0), { timeout: 20_000, interval: 1 });
    await kafka.kill();
    expect(acknowledged, 'it was in the middle').toBeLessThan(before);
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

  test('sends an alert within moments of its commit, past a backlog of telemetry', async () => {
    const backlog = 60_000;
    const alert = Promise.withResolvers<void>();
    await makeTopics('lanes');
    const order: { readonly lane: Lane; readonly through: number }[] = [];
    const { outbox, uplink } = await aSite('lanes', {
      acknowledge: (_sink, _epoch, lane, through) => {
        order.push({ lane, through });
        if (order.length === 1) alert.resolve(append(outbox, 'alerts', 1, 1));
      },
    });
    await append(outbox, 'telemetry', 1, backlog);
    await uplink.start();
    await alert.promise;
    const reached = (lane: Lane, number: number) => order.findIndex((a) => a.lane === lane && a.through >= number);
    await vi.waitFor(() => {
      expect(reached('alerts', 1)).toBeGreaterThanOrEqual(0);
      expect(reached('telemetry', backlog)).toBeGreaterThanOrEqual(0);
    }, soon);
    expect(reached('alerts', 1)).toBeLessThan(reached('telemetry', backlog));
  });

  test('an event that Kafka refuses for good goes to the dead letters with a gap record, and the lane goes on', async () => {
    await makeTopics('large');
    const { outbox, uplink } = await aSite('large', {
      recordRefusal: async (refusal) => {
        const stamp = { received: systemClock.now(), uptime: 1, boot: 'boot-1', clock: 'synced' } as const;
        await outbox.append(refusalEntry(refusal, gateway, stamp));
      },
    });
    await append(outbox, 'telemetry', 1, 20);
    // what cannot be compressed below Kafka's limit of 1 MB
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
    expect(await outbox.deadLetters(10)).toMatchObject([
      { device: 'meter', reason: expect.stringContaining('refused') },
    ]);
  });

  test('sends events of an earlier start first, under their own numbers', async () => {
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

  test('partitions that somebody adds move nothing: it goes on by the first number, also after a restart, and says so', async () => {
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

  test('a metered link is held at its rate, with alerts past the telemetry and a plan that says when it ends', async () => {
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
          { state: 'draining', reason: 'the link is held at 8000 bytes a second', plan: { outlook: 'ending' } },
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

  test('when the day’s budget is used up telemetry waits, also after a restart, and alerts go on', async () => {
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
    const used = () => expect(uplink.statuses()[0]!.reason).toMatch(/^the budget of 0.1 MB for .* is used up/);
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

  test('evidence counts to the one day of a metered link, also after a restart', async () => {
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

  test('bytes of the command feed on the wire are counted by the sink', async () => {
    await makeTopics('heard', ['alerts', 'telemetry', 'status', 'commands']);
    const context = { name: 'k', identity: { site, gateway }, secret: undefined, clock: systemClock, logger };
    const sink = kafkaSink({ kind: 'kafka', brokers: kafka.brokers, prefix: 'heard' }, context);
    expect(sink.otherWireBytes).toBe(0);
    const stopping = new AbortController();
    onTestFinished(() => stopping.abort());
    // a new broker may have no coordinator for its first group yet: also that is on the wire
    const listening = sink.commands!.run(async () => undefined, stopping.signal).catch(() => undefined);
    await vi.waitFor(() => expect(sink.otherWireBytes!).toBeGreaterThan(500), { ...soon, timeout: 20_000 });
    stopping.abort();
    await listening;
  });

  test('failed connections count to the day of a metered link', async () => {
    const rude = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void rude.close());
    const brokers = [`127.0.0.1:${(rude.address() as AddressInfo).port}`];
    const { outbox, uplink } = await aSite('rude', {
      sinks: [{ kind: 'kafka', brokers, limit: { bytes_per_day: 1_000_000 } }],
    });
    await append(outbox, 'telemetry', 1, 1);
    await uplink.start();
    await vi.waitFor(() => expect(uplink.statuses()[0]!.budget?.used).toBeGreaterThan(100), soon);
  });

  test('stops at once while no sink is reachable', async () => {
    const { outbox, uplink } = await aSite('nowhere', {
      sinks: [{ kind: 'kafka', brokers: ['127.0.0.1:9'] }],
    });
    await append(outbox, 'telemetry', 1, 3);
    await uplink.start();
    await vi.waitFor(() => expect(uplink.statuses()[0]!.reason).toContain('ECONNREFUSED'), soon);
    const began = performance.now();
    await uplink.stop();
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('connections to a broker that never answers are closed', async () => {
    let open = 0;
    let seen = 0;
    const mute = createServer((socket) => {
      open++;
      seen++;
      socket.on('close', () => open--).resume();
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const context = { name: 'mute', identity: { site, gateway }, secret: undefined, clock: systemClock, logger };
    const sink = kafkaSink({ kind: 'kafka', brokers: [`127.0.0.1:${port}`] }, context);
    await expect(sink.open(300)).rejects.toMatchObject({ code: 'FORPOST_SINK_TIMEOUT' });
    expect(seen).toBeGreaterThan(0);
    await vi.waitFor(() => expect(open).toBe(0), soon);
  });

  test('two sinks of one name are refused at the start', async () => {
    const sink = { kind: 'kafka', brokers: kafka.brokers } as const;
    const { uplink } = await aSite('twice', { sinks: [sink, sink] });
    await expect(uplink.start()).rejects.toMatchObject({ code: 'FORPOST_CONFIG_INVALID' });
  });
});
