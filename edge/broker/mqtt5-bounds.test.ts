import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import type { Forbidden } from './forbidden.ts';
import { Message } from './message.ts';
import { Outflow } from './outflow.ts';
import { check5 } from './protocol/client-packets-5.ts';
import { variable } from './protocol/fields.ts';
import { readPublish } from './protocol/publish.ts';
import { Sessions } from './sessions.ts';
import type { SocketOutput } from './socket-output.ts';
import { Bench, connectPacket, field, framed, HeldStorage, password, type RawClient } from './testing/broker.ts';

/** Waits for a condition, long enough for a busy machine. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const readings = 'forpost/devices/meter/readings';

let bench: Bench;

async function start(change: Partial<BrokerOptions> = {}): Promise<void> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
}

beforeEach(() => start());
afterEach(() => bench.stop());

const long = (id: number, value: number) => Buffer.from([id, value >>> 24, value >>> 16, value >>> 8, value]);
const sessionExpiry = (seconds: number) => long(0x11, seconds);
const willDelay = (seconds: number) => long(0x18, seconds);
const maximumPacketSize = (bytes: number) => long(0x27, bytes);
const receiveMaximumOfOne = Buffer.from([0x21, 0, 1]);
const userProperty = (bytes: number) => Buffer.concat([Buffer.from([0x26]), field(''), field('v'.repeat(bytes - 5))]);

const withLength = (parts: readonly Buffer[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(variable(all.length)), all]);
};

interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
  readonly properties?: readonly Buffer[];
}

interface Connect5 {
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly properties?: readonly Buffer[];
  readonly will?: Will;
}

function connect5(user: string, { clientId = `${user}-raw`, clean = true, properties = [], will }: Connect5 = {}) {
  const willFlags = will === undefined ? 0 : 0x0c | (will.retain === true ? 0x20 : 0);
  const flags = Buffer.from([5, 0xc0 | (clean ? 2 : 0) | willFlags, 0, 60]);
  const left = will === undefined ? [] : [withLength(will.properties ?? []), field(will.topic), field(will.payload)];
  const who = [field(clientId), ...left, field(user), field(password)];
  return framed(0x10, field('MQTT'), flags, withLength(properties), ...who);
}

function publish5(
  topic: string,
  payload: string,
  { qos = 0, id = 0, retain = false, properties = [] as readonly Buffer[] } = {},
): Buffer {
  const packetId = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  const first = 0x30 | (qos << 1) | (retain ? 1 : 0);
  return framed(first, field(topic), packetId, withLength(properties), Buffer.from(payload));
}

function subscribe5(filters: readonly string[], qos: 0 | 1 | 2): Buffer {
  return framed(0x82, Buffer.from([0, 1, 0]), ...filters.flatMap((filter) => [field(filter), Buffer.from([qos])]));
}

async function raw5(user: string, options: Connect5 = {}): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connect5(user, options));
  await soon(() => raw.whole('connack').map((body) => body[1])).toEqual([0]);
  return raw;
}

const admitted = () => bench.admitted.map(({ text }) => text);
const disconnects = (raw: RawClient) => raw.whole('disconnect').map((body) => body[0]);
const barren = { kind: 'retain', principal: 'meter', clientId: 'meter-raw' };

describe('the properties of a message count towards the limit of', () => {
  test('the retained bytes of its device', async () => {
    const forbidden: Forbidden[] = [];
    await start({ limits: { maxRetainedBytesEach: 1000 }, onForbidden: (one) => forbidden.push(one) });
    const raw = await raw5('meter');
    const properties = [userProperty(600)];
    raw.send(publish5(`${readings}/a`, '1', { qos: 1, id: 1, retain: true, properties }));
    raw.send(publish5(`${readings}/b`, '2', { qos: 1, id: 2, retain: true, properties }));
    await soon(() => raw.whole('puback').length).toBe(2);
    expect(bench.broker.sizes().retained).toBe(1);
    expect(forbidden).toEqual([{ ...barren, topic: `${readings}/b` }]);
    raw.send(publish5(`${readings}/a`, '', { qos: 1, id: 3, retain: true, properties }));
    raw.send(publish5(`${readings}/b`, '2', { qos: 1, id: 4, retain: true, properties }));
    await soon(() => raw.whole('puback').length).toBe(4);
    expect(bench.broker.sizes().retained).toBe(1);
    expect(forbidden).toHaveLength(1);
  });

  test('the retained bytes of all clients', async () => {
    await start({ limits: { maxRetainedBytes: 1000 } });
    const raw = await raw5('meter');
    for (const id of [1, 2, 3])
      raw.send(publish5(`${readings}/${id}`, '1', { qos: 1, id, retain: true, properties: [userProperty(450)] }));
    await soon(() => raw.whole('puback').length).toBe(3);
    expect(bench.broker.sizes().retained).toBe(2);
  });

  test('the bytes that wait for a subscriber', async () => {
    const panel = await raw5('panel', { properties: [receiveMaximumOfOne] });
    panel.send(subscribe5(['forpost/#'], 1));
    await soon(() => panel.whole('suback').length).toBe(1);
    const meter = await raw5('meter');
    for (let id = 1; id <= 40; id++)
      meter.send(publish5(readings, `${id}`, { qos: 1, id, properties: [userProperty(60_000)] }));
    await soon(() => meter.whole('puback').length).toBe(40);
    expect(bench.broker.counters().dropped).toBeGreaterThan(15);
  });

  test('the uncommitted bytes of a connection', async () => {
    await start({ limits: { maxPendingBytes: 10_000 } });
    bench.manual = true;
    const raw = await raw5('meter');
    for (let id = 1; id <= 20; id++) raw.send(publish5(readings, '', { qos: 1, id, properties: [userProperty(4000)] }));
    raw.send(publish5(readings, 'last', { qos: 1, id: 21 }));
    await soon(() => bench.admitted.length).toBe(3);
    while (!admitted().includes('last')) {
      const before = bench.admitted.length;
      for (const one of bench.admitted) one.commit();
      await soon(() => bench.admitted.length).toBeGreaterThan(before);
      expect(bench.admitted.length - before).toBeLessThan(5);
    }
  });
});

/** An outflow to a client that acknowledges nothing and has a Receive Maximum of 1, with the packets that it has written. */
function outflowOf(sessions: Sessions) {
  const session = sessions.attach('panel/1');
  const written: Buffer[] = [];
  const output = { write: (bytes: Buffer) => written.push(bytes), acknowledge: () => undefined };
  const onDropped = () => undefined;
  const outflow = new Outflow(
    {
      output: output as unknown as SocketOutput,
      sessions,
      clock: systemClock,
      isV5: true,
      receiveMaximum: 1,
      maximumPacketSize: Number.POSITIVE_INFINITY,
      maxWaiting: 1000,
      maxWaitingBytes: 2 ** 20,
      isOpen: () => true,
      mayReceive: () => true,
      onDropped,
      onFailed: onDropped,
    },
    session,
  );
  const offer = (payload: Buffer, qos: 1 | 2) => {
    const message = new Message({ topic: 'a', payload, qos, retain: false });
    const grant = { qos, retain: false, ids: undefined };
    outflow.offer(message, grant, sessions.queues.enqueue(session, message, grant, undefined));
  };
  return { session, outflow, offer, written };
}

const always = { clock: systemClock, isConnected: () => true, onDropped: () => undefined };

test('a message that the session queue drops is released by the outflow too', () => {
  const { session, outflow, offer } = outflowOf(new Sessions(always));
  let most = 0;
  for (let n = 0; n < 200; n++) {
    offer(Buffer.alloc(200_000), 1);
    most = Math.max(most, outflow.waitingBytes);
  }
  expect(session.queue.bytes).toBeLessThanOrEqual(2 ** 20);
  expect(most).toBeLessThan(4 * 2 ** 20);
});

test('after a QoS 2 message that the disk refuses, the following QoS 0 and QoS 1 messages are sent', async () => {
  const storage = new HeldStorage();
  const { offer, written, outflow } = outflowOf(new Sessions({ ...always, storage }));
  offer(Buffer.from('reading'), 2);
  offer(Buffer.from('second'), 2);
  offer(Buffer.from('alert'), 1);
  storage.end(new Error('the disk is full'));
  await soon(() => storage.waiting).toBe(1);
  expect(written).toEqual([]);
  storage.end(new Error('the disk is full'));
  await soon(() => written.map((bytes) => bytes.includes('alert'))).toEqual([true]);
  expect(outflow.hasRoom).toBe(false);
});

describe('a will', () => {
  const lose = async (raw: RawClient) => {
    const before = bench.broker.sizes().sockets;
    raw.socket.destroy();
    await soon(() => bench.broker.sizes().sockets).toBe(before - 1);
  };

  test('is not retained beyond the share of its device', async () => {
    const forbidden: Forbidden[] = [];
    await start({ limits: { maxRetainedEach: 1 }, onForbidden: (one) => forbidden.push(one) });
    for (const one of ['a', 'b'])
      await lose(await raw5('meter', { will: { topic: `${readings}/${one}`, payload: one, retain: true } }));
    await soon(admitted).toEqual(['a', 'b']);
    await soon(() => forbidden).toEqual([{ ...barren, topic: `${readings}/b` }]);
    expect(bench.broker.sizes().retained).toBe(1);
  });

  test('on a topic with too many levels is dropped', async () => {
    const forbidden: Forbidden[] = [];
    await start({ onForbidden: (one) => forbidden.push(one) });
    await lose(
      await raw5('meter', { will: { topic: `${readings}${'/'.repeat(20_000)}`, payload: 'deep', retain: true } }),
    );
    expect(forbidden.map(({ kind }) => kind)).toEqual(['will']);
    expect(admitted()).toEqual([]);
  });

  test('that is delayed is published early when its session is evicted', async () => {
    await start({ clock: new FakeClock(), limits: { maxSessionsEach: 4 } });
    for (let n = 0; n < 10; n++) {
      const will = { topic: readings, payload: `${n}`, properties: [willDelay(0xffff_ffff)] };
      await lose(
        await raw5('meter', { clientId: `${n}`, clean: false, properties: [sessionExpiry(0xffff_ffff)], will }),
      );
    }
    await soon(admitted).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('is published once if its session and its delay end at the same time', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const will = { topic: readings, payload: 'gone', properties: [willDelay(10)] };
    await lose(await raw5('meter', { clean: false, properties: [sessionExpiry(10)], will }));
    clock.advance(20_000);
    await soon(admitted).toEqual(['gone']);
    clock.advance(20_000);
    expect(admitted()).toEqual(['gone']);
  });

  test('is published after a DISCONNECT with a Session Expiry Interval that the protocol forbids', async () => {
    const raw = await raw5('meter', { will: { topic: readings, payload: 'gone' } });
    raw.send(framed(0xe0, Buffer.from([0]), withLength([sessionExpiry(10)])));
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x82]);
    await soon(admitted).toEqual(['gone']);
  });
});

describe('a client with a small Maximum Packet Size', () => {
  test.each([1, 4, 10])('of %i bytes is disconnected without a CONNACK, which would be longer', async (bytes) => {
    const raw = await bench.raw();
    raw.send(connect5('panel', { properties: [maximumPacketSize(bytes)] }));
    await soon(() => raw.closed).toBe(true);
    expect(raw.bytes).toBeLessThanOrEqual(bytes);
    expect(bench.broker.sizes().principals).toBe(0);
  });

  test('is disconnected with the reason code if SUBACK does not fit', async () => {
    const raw = await raw5('panel', { properties: [maximumPacketSize(60)] });
    raw.send(
      subscribe5(
        Array.from({ length: 100 }, (_, n) => `forpost/${n}`),
        1,
      ),
    );
    await soon(() => raw.closed).toBe(true);
    expect(raw.whole('suback')).toEqual([]);
    expect(disconnects(raw)).toEqual([0x95]);
  });
});

test('reading 2 MB of user properties takes hardly longer than checking them', () => {
  const all = Buffer.alloc(2_000_000, Buffer.from([0x26, 0, 0, 0, 0]));
  const body = Buffer.concat([field('a'), withLength([all])]);
  const best = (work: () => unknown) => {
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 8; n++) {
      const began = performance.now();
      work();
      least = Math.min(least, performance.now() - began);
    }
    return least;
  };
  const checked = best(() => check5(body, 0x30, 0, body.length));
  const read = best(() => readPublish(0x30, body, 0, body.length, true));
  expect(readPublish(0x30, body, 0, body.length, true).properties?.length).toBe(2_000_000);
  expect(read).toBeLessThan(5 * checked);
});

test('a client may change between MQTT 5 and 3.1.1 and keeps its session with the queued messages', async () => {
  const panel = await raw5('panel', { clean: false, properties: [sessionExpiry(1000)] });
  panel.send(subscribe5(['forpost/#'], 1));
  await soon(() => panel.whole('suback').length).toBe(1);
  panel.socket.destroy();
  await soon(() => bench.broker.sizes().sockets).toBe(0);
  const meter = await raw5('meter');
  meter.send(publish5(readings, 'one', { qos: 1, id: 1, properties: [userProperty(20)] }));
  await soon(() => meter.whole('puback').length).toBe(1);
  const old = await bench.raw();
  old.send(connectPacket('panel', { clean: false }));
  await soon(() => old.published()).toEqual([{ id: 1, qos: 1, dup: false, payload: 'one' }]);
  expect(old.whole('connack')).toEqual([Buffer.from([1, 0])]);
  const next = await bench.raw();
  next.send(connect5('panel', { clean: false, properties: [sessionExpiry(1000)] }));
  await soon(() => next.firstBytes('publish')).toEqual([0x3a]);
  expect(next.whole('publish')[0]?.includes(userProperty(20))).toBe(true);
});

test.each([
  [16, 16],
  [17, 1],
])('a message that matches %i filters with identifiers of one client is sent in %i copies', async (filters, copies) => {
  const panel = await raw5('panel');
  const levels = ['a', 'b', 'c', 'd', 'e'];
  for (let n = 1; n <= filters; n++)
    panel.send(
      framed(
        0x82,
        Buffer.from([0, 1]),
        withLength([Buffer.from([0x0b, n])]),
        field(`forpost/${levels.map((level, bit) => ((n >> bit) & 1 ? '+' : level)).join('/')}`),
        Buffer.from([0]),
      ),
    );
  await soon(() => panel.whole('suback').length).toBe(filters);
  bench.broker.publish('forpost/a/b/c/d/e', 'one', { qos: 0, retain: false });
  panel.send(Buffer.from([0xc0, 0]));
  await soon(() => panel.whole('pingresp').length).toBe(1);
  expect(panel.whole('publish').length).toBe(copies);
});
