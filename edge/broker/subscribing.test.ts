import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import {
  Bench,
  connectPacket,
  field,
  framed,
  HeldStorage,
  pingPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';

const soon = <T>(what: () => T) => expect.poll(what, { timeout: 15_000, interval: 10 });

let bench: Bench;

async function start(change: Partial<BrokerOptions> = {}): Promise<void> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
}

beforeEach(() => start());
afterEach(() => bench.stop());

const id = (value: number) => Buffer.from([value >> 8, value & 255]);
const names = (from: number, count: number) => Array.from({ length: count }, (_, n) => `forpost/s${from + n}`);

function subscribe(packet: number, filters: readonly string[], qos = 0): Buffer {
  return framed(0x82, id(packet), ...filters.flatMap((filter) => [field(filter), Buffer.from([qos])]));
}

function unsubscribe(packet: number, filters: readonly string[]): Buffer {
  return framed(0xa2, id(packet), ...filters.map((filter) => field(filter)));
}

async function panel(clientId = 'panel', clean = true): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clientId, clean }));
  await soon(() => raw.whole('connack').length).toBe(1);
  return raw;
}

/** Sends SUBSCRIBE; returns the return codes of its SUBACK. */
async function codes(raw: RawClient, packet: number): Promise<readonly number[]> {
  const answer = () => raw.whole('suback').find((body) => body.readUInt16BE(0) === packet);
  await soon(answer).toBeDefined();
  return [...(answer()?.subarray(2) ?? [])];
}

const topicsOf = (raw: RawClient) =>
  raw.whole('publish').map((body) => body.toString('utf8', 2, 2 + body.readUInt16BE(0)));

describe('SUBSCRIBE', () => {
  test('each filter of one packet gets its own return code, in their order [MQTT-3.8.4-5]', async () => {
    const raw = await panel();
    raw.send(
      framed(
        0x82,
        id(7),
        ...[
          [field('forpost/a'), Buffer.from([2])],
          [field('foreign/a'), Buffer.from([1])],
          [field('forpost/a'), Buffer.from([0])],
          [field('$SYS/#'), Buffer.from([1])],
          [field('forpost/+/b'), Buffer.from([1])],
        ].flat(),
      ),
    );
    expect(await codes(raw, 7)).toEqual([2, 0x80, 0, 0x80, 1]);
    bench.broker.publish('forpost/a', 'x', { qos: 1, retain: false });
    await soon(() => topicsOf(raw)).toEqual(['forpost/a']);
  });

  test('a message that matches several filters of a client is sent once, with their highest QoS [MQTT-3.3.5-1]', async () => {
    const raw = await panel();
    raw.send(subscribe(1, ['forpost/#'], 0), subscribe(2, ['forpost/+/b'], 1), subscribe(3, ['forpost/a/b'], 0));
    await codes(raw, 3);
    bench.broker.publish('forpost/a/b', 'once', { qos: 1, retain: false });
    bench.broker.publish('forpost/a/c', 'zero', { qos: 1, retain: false });
    await soon(() => topicsOf(raw)).toEqual(['forpost/a/b', 'forpost/a/c']);
    expect(raw.firstBytes('publish')).toEqual([0x32, 0x30]);
  });

  test('SUBSCRIBE and UNSUBSCRIBE take effect in the order sent, however many filters they have', async () => {
    const raw = await panel();
    raw.send(subscribe(1, names(0, 3000)), unsubscribe(2, names(0, 3000)), subscribe(3, ['forpost/s7']));
    await codes(raw, 3);
    bench.broker.publish('forpost/s7', 'x', { qos: 0, retain: false });
    bench.broker.publish('forpost/s8', 'x', { qos: 0, retain: false });
    raw.send(pingPacket);
    await soon(() => raw.whole('pingresp').length).toBe(1);
    await soon(() => topicsOf(raw)).toEqual(['forpost/s7']);
  });

  test('a consumer may have 10,000 filters, in one packet or in many; each further filter is refused', async () => {
    const raw = await panel();
    raw.send(subscribe(1, names(0, 9000)));
    for (let packet = 2; packet <= 101; packet++) raw.send(subscribe(packet, names(9000 + (packet - 2) * 10, 10)));
    expect(await codes(raw, 1)).toEqual(Array(9000).fill(0));
    await codes(raw, 101);
    raw.send(subscribe(200, ['forpost/s1', 'forpost/s10000', 'forpost/s9999']));
    expect(await codes(raw, 200)).toEqual([0, 0x80, 0]);
    const other = await panel('other');
    other.send(subscribe(1, ['forpost/x']));
    expect(await codes(other, 1)).toEqual([0x80]);
    raw.send(unsubscribe(201, ['forpost/s1']));
    await soon(() => raw.whole('unsuback').length).toBe(1);
    other.send(subscribe(2, ['forpost/x']));
    expect(await codes(other, 2)).toEqual([0]);
    // the filters of a clean session are free again when its connection ends
    raw.socket.destroy();
    await soon(() => bench.broker.counters().connections).toBe(1);
    other.send(subscribe(3, names(20_000, 9999)));
    expect(await codes(other, 3)).toEqual(Array(9999).fill(0));
  });

  test('a packet with more filters than the limit is refused whole before it costs work', async () => {
    const raw = await panel();
    raw.send(subscribe(1, names(0, 12_000)));
    expect(await codes(raw, 1)).toEqual(Array(12_000).fill(0x80));
    expect(bench.broker.counters().forbidden).toBe(1);
    raw.send(subscribe(2, names(0, 10_000)));
    expect(await codes(raw, 2)).toEqual(Array(10_000).fill(0));
  });

  test('a principal may have a thousand filters with wildcards', async () => {
    const raw = await panel();
    raw.send(
      subscribe(
        1,
        names(0, 1001).map((name) => `${name}/+`),
      ),
    );
    expect(await codes(raw, 1)).toEqual([...Array(1000).fill(0), 0x80]);
    raw.send(subscribe(2, ['forpost/plain']));
    expect(await codes(raw, 2)).toEqual([0]);
  });

  test('filters without wildcards do not count towards the limit of filters with wildcards', async () => {
    const raw = await panel();
    raw.send(subscribe(1, [...names(0, 1020), 'forpost/+/x']));
    expect(await codes(raw, 1)).toEqual(Array(1021).fill(0));
  });

  test('the filters of one principal may have a million characters in all', async () => {
    const raw = await panel();
    const long = (n: number) => `forpost/${n}/`.padEnd(60_000, 'x');
    for (let packet = 1; packet <= 6; packet++)
      raw.send(subscribe(packet, [long(packet * 3), long(packet * 3 + 1), long(packet * 3 + 2)]));
    await codes(raw, 6);
    const granted = raw.whole('suback').flatMap((body) => [...body.subarray(2)]);
    expect(granted.filter((code) => code === 0).length).toBe(17);
  });

  test('ten thousand filters of a session are stored once each, in few commits, and acknowledged when they are on disk', async () => {
    const disk = new HeldStorage();
    await start({ storage: disk });
    const raw = await bench.raw();
    raw.send(connectPacket('panel', { clean: false }));
    await soon(() => disk.waiting).toBe(1);
    disk.end();
    await soon(() => raw.whole('connack').length).toBe(1);
    raw.send(subscribe(1, names(0, 10_000), 1));
    let commits = 0;
    for (let stored = 0; stored < 10_000; commits++) {
      await soon(() => disk.waiting).toBe(1);
      stored = disk.changes.filter((kind) => kind === 'subscribed').length;
      expect(raw.whole('suback')).toEqual([]);
      disk.end();
    }
    expect(await codes(raw, 1)).toEqual(Array(10_000).fill(1));
    expect(disk.changes.filter((kind) => kind === 'subscribed').length).toBe(10_000);
    expect(commits).toBe(10);
  });

  test('if the disk refuses a subscription, the connection ends without SUBACK', async () => {
    const disk = new HeldStorage();
    await start({ storage: disk });
    const raw = await bench.raw();
    raw.send(connectPacket('panel', { clean: false }));
    await soon(() => disk.waiting).toBe(1);
    disk.end();
    await soon(() => raw.whole('connack').length).toBe(1);
    raw.send(subscribePacket(1, 'forpost/a', 1));
    await soon(() => disk.waiting).toBe(1);
    disk.end(new Error('full'));
    await soon(() => raw.closed).toBe(true);
    expect(raw.whole('suback')).toEqual([]);
  });

  test('a resumed session still has its ten thousand filters, after a reconnection and after a takeover', async () => {
    const first = await panel('staying', false);
    first.send(subscribe(1, names(0, 10_000), 1));
    await codes(first, 1);
    for (let n = 0; n < 3; n++) {
      const next = await panel('staying', false);
      expect(next.whole('connack')[0]?.[0]).toBe(1);
      bench.broker.publish('forpost/s9999', `${n}`, { qos: 1, retain: false });
      await soon(() => topicsOf(next).length).toBeGreaterThan(0);
    }
    await soon(() => first.closed).toBe(true);
    const clean = await panel('staying', true);
    bench.broker.publish('forpost/s9999', 'x', { qos: 1, retain: false });
    clean.send(pingPacket);
    await soon(() => clean.whole('pingresp').length).toBe(1);
    expect(topicsOf(clean)).toEqual([]);
  });
});

describe('retained messages', () => {
  /** 8 MB on 80 topics, twice what may wait in front of a socket */
  function retainMuch(): void {
    for (let n = 0; n < 80; n++)
      bench.broker.publish(`forpost/alarms/${n}/x`, `${n} `.padEnd(100_000, '.'), { qos: 0, retain: true });
  }

  test('a slow subscriber gets 8 MB of retained messages completely, and alerts in between', async () => {
    await start({ limits: { drainTimeoutMs: 1500 } });
    retainMuch();
    const raw = await panel('slow');
    raw.slow(96 * 1024, 10);
    raw.send(subscribe(1, ['forpost/#']));
    await soon(() => raw.bytes).toBeGreaterThan(500_000);
    bench.broker.publish('forpost/alerts/a/b', 'now', { qos: 0, retain: false });
    await expect.poll(() => raw.bytes, { timeout: 25_000 }).toBeGreaterThan(80 * 100_000);
    await soon(() => topicsOf(raw).length).toBe(81);
    const topics = topicsOf(raw);
    expect(new Set(topics).size).toBe(81);
    // the alert does not wait for all retained messages
    expect(topics.indexOf('forpost/alerts/a/b')).toBeLessThan(70);
    expect(bench.broker.counters()).toMatchObject({ frozen: 0, connections: 1 });
  });

  test('a subscriber that stops reading while retained messages are sent is disconnected', async () => {
    await start({ limits: { drainTimeoutMs: 200 } });
    retainMuch();
    const raw = await panel('frozen');
    raw.socket.pause();
    raw.send(subscribe(1, ['forpost/#']));
    await soon(() => bench.broker.counters()).toMatchObject({ frozen: 1, connections: 0 });
  });

  test('overlapping filters of one packet bring each retained message once, with the granted QoS', async () => {
    for (const name of ['a', 'b', 'c']) bench.broker.publish(`forpost/alarms/${name}`, name, { qos: 1, retain: true });
    const raw = await panel();
    raw.send(subscribe(1, ['forpost/alarms/a', 'forpost/alarms/+', 'forpost/none'], 1));
    await soon(() => topicsOf(raw).sort()).toEqual(['forpost/alarms/a', 'forpost/alarms/b', 'forpost/alarms/c']);
    // a PUBLISH of QoS 1 with RETAIN
    expect(raw.firstBytes('publish')).toEqual([0x33, 0x33, 0x33]);
  });

  /** Waits until bytes have been sent and no more follow. */
  async function standsStill(): Promise<void> {
    let before = -1;
    await soon(() => {
      const { bytesOut } = bench.broker.counters();
      const isStill = bytesOut > 100_000 && bytesOut === before;
      before = bytesOut;
      return isStill;
    }).toBe(true);
  }

  test('a client that stops reading but goes on sending gets every answer once it reads again', async () => {
    await start({ limits: { drainTimeoutMs: 60_000 } });
    retainMuch();
    const raw = await panel('pauses');
    raw.socket.pause();
    raw.send(subscribe(1, ['forpost/#']));
    // the system's buffers are full, and the rest waits in the broker
    await standsStill();
    // more than the broker reads from a connection that does not read its answers
    const pings = 20_000;
    raw.send(Buffer.concat(Array.from({ length: pings }, () => pingPacket)));
    const meter = await bench.connected('meter');
    for (let n = 0; n < 100; n++) await meter.publishAsync('forpost/devices/meter/readings', `${n}`, { qos: 1 });
    raw.socket.resume();
    await soon(() => raw.whole('pingresp').length).toBe(pings);
    // the retained messages and the meter's readings
    await soon(() => topicsOf(raw).length).toBe(180);
  });
});
