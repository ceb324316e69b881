import { FakeClock } from '@forpost/shared/clock.ts';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import type { Forbidden } from './forbidden.ts';
import { Bench, connectPacket, field, framed, password, publishPacket, type RawClient } from './testing/broker.ts';

/** Waits for a condition; a machine that is busy may take its time. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const readings = 'forpost/devices/meter/readings';
const commands = 'forpost/devices/meter/commands';

let bench: Bench;

async function start(change: Partial<BrokerOptions> = {}): Promise<void> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
}

beforeEach(() => start());
afterEach(() => bench.stop());

const v5 = (user: string, options: IClientOptions = {}) => bench.connected(user, { protocolVersion: 5, ...options });

interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly properties: object;
}

function heard(client: MqttClient): Heard[] {
  const messages: Heard[] = [];
  client.on('message', (topic, payload, { qos, retain, properties = {} }) =>
    messages.push({ topic, text: payload.toString(), qos, retain, properties: { ...properties } }),
  );
  return messages;
}

const texts = (messages: readonly Heard[]) => messages.map(({ text }) => text);
const taken = () => bench.taken.map(({ text }) => text);

const long = (id: number, value: number) => Buffer.from([id, value >>> 24, value >>> 16, value >>> 8, value]);
const sessionExpiry = (seconds: number) => long(0x11, seconds);
const willDelay = (seconds: number) => long(0x18, seconds);
const messageExpiry = (seconds: number) => long(0x02, seconds);
const receiveMaximum = (count: number) => Buffer.from([0x21, 0, count]);
const maximumPacketSize = (bytes: number) => long(0x27, bytes);
const topicAlias = (alias: number) => Buffer.from([0x23, 0, alias]);
const userProperty = (name: string, value: string) => Buffer.concat([Buffer.from([0x26]), field(name), field(value)]);

const withLength = (parts: readonly Buffer[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([all.length]), all]);
};

interface Connect5 {
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly keepAliveS?: number;
  readonly properties?: readonly Buffer[];
  readonly will?: { readonly topic: string; readonly payload: string; readonly properties?: readonly Buffer[] };
}

function connect5(user: string, options: Connect5 = {}): Buffer {
  const { clientId = `${user}-raw`, clean = true, keepAliveS = 60, properties = [], will } = options;
  const flags = Buffer.from([5, 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 0x0c), 0, keepAliveS]);
  const left = will === undefined ? [] : [withLength(will.properties ?? []), field(will.topic), field(will.payload)];
  const who = [field(clientId), ...left, field(user), field(password)];
  return framed(0x10, field('MQTT'), flags, withLength(properties), ...who);
}

function publish5(topic: string, payload: string, qos: 0 | 1 | 2, id = 0, properties: readonly Buffer[] = []): Buffer {
  const packetId = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  return framed(0x30 | (qos << 1), field(topic), packetId, withLength(properties), Buffer.from(payload));
}

/** [reason code] of CONNACK, and whether there was a session. */
const connacks = (raw: RawClient) => raw.whole('connack').map((body) => [body[1], body[0]]);
const disconnects = (raw: RawClient) => raw.whole('disconnect').map((body) => body[0]);

async function raw5(user: string, options: Connect5 = {}, present = 0): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connect5(user, options));
  await soon(() => connacks(raw)).toEqual([[0, present]]);
  return raw;
}

describe('a message', () => {
  test('keeps its properties on the way to subscribers of MQTT 5, and reaches those of 3.1.1 without them', async () => {
    const panel = await v5('panel');
    const old = await bench.connected('panel', { clientId: 'old' });
    const [messages, plain] = [heard(panel), heard(old)];
    await panel.subscribeAsync('forpost/#', { qos: 1, properties: { subscriptionIdentifier: 7 } });
    await old.subscribeAsync('forpost/#', { qos: 1 });
    const meter = await v5('meter');
    await meter.publishAsync(readings, 'one', {
      qos: 1,
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 100,
        contentType: 'text/plain',
        responseTopic: 'forpost/answer',
        correlationData: Buffer.from([1, 2, 3]),
        userProperties: { a: ['1', '2'], b: '3' },
      },
    });
    await soon(() => messages.length + plain.length).toBe(2);
    expect(messages).toEqual([
      {
        ...{ topic: readings, text: 'one', qos: 1, retain: false },
        properties: {
          payloadFormatIndicator: true,
          messageExpiryInterval: 100,
          contentType: 'text/plain',
          responseTopic: 'forpost/answer',
          correlationData: Buffer.from([1, 2, 3]),
          userProperties: { a: ['1', '2'], b: '3' },
          subscriptionIdentifier: 7,
        },
      },
    ]);
    expect(plain).toEqual([{ topic: readings, text: 'one', qos: 1, retain: false, properties: {} }]);
    expect(taken()).toEqual(['one']);
  });

  test('is not acknowledged before its reading is committed, and says in PUBACK whether anybody heard it', async () => {
    bench.manual = true;
    const raw = await raw5('meter');
    raw.send(publish5(readings, 'one', 1, 7));
    await soon(taken).toEqual(['one']);
    expect(raw.whole('puback')).toEqual([]);
    bench.taken[0]?.commit();
    await soon(() => raw.whole('puback')).toEqual([Buffer.from([0, 7, 0x10])]);
    const panel = await v5('panel');
    await panel.subscribeAsync('forpost/#');
    raw.send(publish5(readings, 'two', 1, 8));
    await soon(taken).toEqual(['one', 'two']);
    bench.taken[1]?.commit();
    await soon(() => raw.whole('puback').at(-1)).toEqual(Buffer.from([0, 8]));
  });

  test('to a foreign topic is answered with «not authorized», with QoS 1 and 2, and the connection stays', async () => {
    const told: Forbidden[] = [];
    await start({ onForbidden: (forbidden) => told.push(forbidden) });
    const raw = await raw5('meter');
    const foreign = 'forpost/devices/other/readings';
    raw.send(publish5(foreign, 'x', 1, 1), publish5(foreign, 'x', 2, 2), publish5(foreign, 'x', 0));
    raw.send(publish5(readings, 'mine', 1, 3));
    await soon(() => raw.whole('puback').length).toBe(2);
    expect(raw.whole('puback')).toEqual([Buffer.from([0, 1, 0x87]), Buffer.from([0, 3, 0x10])]);
    expect(raw.whole('pubrec')).toEqual([Buffer.from([0, 2, 0x87])]);
    expect(told).toHaveLength(3);
    expect(taken()).toEqual(['mine']);
  });

  test('whose time is over waits for nobody; what is left of it is told to whoever comes in time', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const away = await bench.raw();
    away.send(connect5('panel', { properties: [sessionExpiry(1000)] }));
    await soon(() => connacks(away)).toEqual([[0, 0]]);
    away.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([1])));
    await soon(() => away.whole('suback').length).toBe(1);
    away.socket.destroy();
    await soon(() => bench.broker.sizes().sockets).toBe(0);
    const raw = await raw5('meter');
    raw.send(publish5(readings, 'short', 1, 1, [messageExpiry(10)]));
    raw.send(publish5(readings, 'long', 1, 2, [messageExpiry(100)]));
    await soon(() => raw.whole('puback').length).toBe(2);
    clock.advance(30_000);
    const back = await bench.raw();
    back.send(connect5('panel', { clean: false, properties: [sessionExpiry(1000)] }));
    await soon(() => back.whole('publish').length).toBe(1);
    const [body] = back.whole('publish');
    expect(body?.toString('latin1')).toContain('long');
    expect(body?.includes(messageExpiry(70))).toBe(true);
  });

  test('larger than its subscriber takes is not sent to it, and to all others', async () => {
    const small = await raw5('panel', { properties: [maximumPacketSize(60)] });
    const panel = await v5('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    small.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([1])));
    await soon(() => small.whole('suback').length).toBe(1);
    const meter = await v5('meter');
    for (const qos of [0, 1] as const) await meter.publishAsync(readings, 'x'.repeat(100), { qos });
    await meter.publishAsync(readings, 'short', { qos: 1 });
    await soon(() => messages.length).toBe(3);
    await soon(() => small.whole('publish').length).toBe(1);
    expect(bench.broker.counters()).toMatchObject({ tooLarge: 2 });
  });

  test('a topic alias stands for the topic that it was given with, and for no other connection’s', async () => {
    const raw = await raw5('meter');
    raw.send(publish5(readings, 'one', 1, 1, [topicAlias(3)]), publish5('', 'two', 1, 2, [topicAlias(3)]));
    await soon(() => bench.taken.map(({ topic, text }) => [topic, text])).toEqual([
      [readings, 'one'],
      [readings, 'two'],
    ]);
    const other = await raw5('meter', { clientId: 'another' });
    other.send(publish5('', 'three', 1, 1, [topicAlias(3)]));
    await soon(() => other.closed).toBe(true);
    expect(disconnects(other)).toEqual([0x82]);
    raw.send(publish5(readings, 'four', 0, 0, [topicAlias(17)]));
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x94]);
  });
});

describe('a subscription', () => {
  test('with No Local gets nothing of its own client; Retain As Published keeps the flag', async () => {
    const panel = await v5('panel');
    const messages = heard(panel);
    await panel.subscribeAsync(commands, { qos: 1, nl: true, rap: true });
    await panel.publishAsync(commands, 'own', { qos: 1 });
    const other = await v5('panel', { clientId: 'other' });
    await other.publishAsync(commands, 'retained', { qos: 1, retain: true });
    await soon(() => messages.map(({ text, retain }) => [text, retain])).toEqual([['retained', true]]);
  });

  test('brings retained messages as its Retain Handling says', async () => {
    bench.broker.publish('forpost/status', 'up', { qos: 1, retain: true });
    const panel = await v5('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 2 });
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 1 });
    await panel.subscribeAsync('forpost/+', { qos: 1, rh: 1 });
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 0 });
    bench.broker.publish('forpost/status', 'last', { qos: 1, retain: false });
    await soon(() => texts(messages)).toEqual(['up', 'up', 'last']);
  });

  test('several that match bring a session a message once, with the highest QoS and all their identifiers', async () => {
    const panel = await v5('panel', { clean: false, properties: { sessionExpiryInterval: 100 } });
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 0, properties: { subscriptionIdentifier: 1 } });
    await panel.subscribeAsync('forpost/status', { qos: 1, properties: { subscriptionIdentifier: 300 } });
    bench.broker.publish('forpost/status', 'up', { qos: 1, retain: false });
    await soon(() => messages.length).toBe(1);
    expect(messages).toMatchObject([{ qos: 1, properties: { subscriptionIdentifier: [1, 300] } }]);
  });

  test('that is refused has its reason, and shared ones are said not to be served', async () => {
    const raw = await raw5('narrow');
    const filters = ['forpost/alerts/#', 'forpost/#', '$share/group/forpost/alerts/#'];
    raw.send(framed(0x82, Buffer.from([0, 1, 0]), ...filters.flatMap((filter) => [field(filter), Buffer.from([1])])));
    await soon(() => raw.whole('suback')).toEqual([Buffer.from([0, 1, 0, 1, 0x87, 0x9e])]);
    raw.send(framed(0xa2, Buffer.from([0, 2, 0]), field('forpost/alerts/#'), field('nothing')));
    await soon(() => raw.whole('unsuback')).toEqual([Buffer.from([0, 2, 0, 0, 0x11])]);
    // [MQTT-3.2.2-11]: so it is announced
    expect(raw.whole('connack')[0]?.includes(Buffer.from([0x2a, 0]))).toBe(true);
  });
});

describe('a session', () => {
  test('ends when its client says, also where it says so in DISCONNECT, and never stays for longer than any', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const leave = async (raw: RawClient, ...last: Buffer[]) => {
      raw.send(...last);
      if (last.length === 0) raw.socket.destroy();
      await soon(() => bench.broker.sizes().sockets).toBe(0);
    };
    const stay = { clean: false, properties: [sessionExpiry(100)] };
    await leave(await raw5('panel', stay));
    clock.advance(99_000);
    await leave(await raw5('panel', stay, 1));
    clock.advance(100_000);
    const third = await raw5('panel', stay, 0);
    await leave(third, framed(0xe0, Buffer.from([0]), withLength([sessionExpiry(0)])));
    expect(bench.broker.sizes().sessions).toBe(0);
    const ever = await raw5('panel', { properties: [sessionExpiry(0xffff_ffff)] });
    // 7 days
    expect(ever.whole('connack')[0]?.includes(sessionExpiry(604_800))).toBe(true);
    await leave(ever);
    const brief = await raw5('panel', { clean: false }, 1);
    await leave(brief);
    expect(bench.broker.sizes().sessions).toBe(0);
  });

  test('is taken over by its client’s second connection: the first one hears why, and all that is owed comes', async () => {
    const stay = { clean: false, properties: [sessionExpiry(100)] };
    const first = await raw5('panel', stay);
    first.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([1])));
    await soon(() => first.whole('suback').length).toBe(1);
    bench.broker.publish('forpost/status', 'one', { qos: 1, retain: false });
    await soon(() => first.whole('publish').length).toBe(1);
    const second = await raw5('panel', stay, 1);
    await soon(() => first.closed).toBe(true);
    expect(disconnects(first)).toEqual([0x8e]);
    await soon(() => second.whole('publish').length).toBe(1);
    // under its packet id, and marked as a duplicate
    expect(second.firstBytes('publish')).toEqual([0x3a]);
    expect(second.whole('publish')[0]).toEqual(first.whole('publish')[0]);
  });

  test('has no more on its way than its client allows; the rest comes as that acknowledges', async () => {
    const raw = await raw5('panel', { properties: [receiveMaximum(2)] });
    raw.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([2])));
    await soon(() => raw.whole('suback').length).toBe(1);
    const meter = await v5('meter');
    for (let n = 0; n < 6; n++) await meter.publishAsync(readings, `${n}`, { qos: n % 2 === 0 ? 1 : 2 });
    const sent = () => raw.whole('publish').map((body) => body.at(-1)! - 0x30);
    const ids = () => raw.whole('publish').map((body) => body.readUInt16BE(2 + body.readUInt16BE(0)));
    await soon(sent).toEqual([0, 1]);
    raw.send(framed(0x40, Buffer.from([0, ids()[0]!])));
    await soon(sent).toEqual([0, 1, 2]);
    // PUBREC alone gives no room; PUBCOMP does
    raw.send(framed(0x50, Buffer.from([0, ids()[1]!])));
    await soon(() => raw.whole('pubrel').length).toBe(1);
    expect(sent()).toEqual([0, 1, 2]);
    raw.send(framed(0x70, Buffer.from([0, ids()[1]!])));
    await soon(sent).toEqual([0, 1, 2, 3]);
    // a failure in PUBREC ends a message of QoS 2 [MQTT-4.3.3-4]
    raw.send(framed(0x50, Buffer.from([0, ids()[3]!, 0x97])), framed(0x40, Buffer.from([0, ids()[2]!])));
    await soon(sent).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a client that sends more than CONNACK allows unacknowledged is told so and disconnected', async () => {
    bench.manual = true;
    const raw = await raw5('panel');
    const packets = Array.from({ length: 1001 }, (_, n) => publish5(commands, 'x', 2, n + 1));
    raw.send(...packets);
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x93]);
  });
});

describe('a will', () => {
  test('waits for its delay, is dropped when its client is back in its session, and due when that ends', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const panel = await bench.raw();
    panel.send(connect5('panel'), framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([0])));
    await soon(() => panel.whole('suback').length).toBe(1);
    const will = { topic: readings, payload: 'gone', properties: [willDelay(10), userProperty('why', 'lost')] };
    const stay = { clean: false, properties: [sessionExpiry(100)], will };
    const lose = async (raw: RawClient) => {
      raw.socket.destroy();
      await soon(() => bench.broker.sizes().sockets).toBe(1);
    };
    await lose(await raw5('meter', stay));
    clock.advance(9000);
    const back = await raw5('meter', stay, 1);
    clock.advance(9000);
    expect(taken()).toEqual([]);
    await lose(back);
    clock.advance(10_000);
    await soon(taken).toEqual(['gone']);
    await soon(() => panel.whole('publish').length).toBe(1);
    expect(panel.whole('publish')[0]?.includes(userProperty('why', 'lost'))).toBe(true);
    expect(panel.whole('publish')[0]?.includes(willDelay(10))).toBe(false);
    await lose(await raw5('meter', stay, 1));
    await raw5('meter', { clean: true });
    await soon(taken).toEqual(['gone', 'gone']);
  });

  test('is not told after DISCONNECT, but where that asks for it', async () => {
    const will = { topic: readings, payload: 'gone' };
    const quiet = await raw5('meter', { will });
    quiet.send(framed(0xe0));
    await soon(() => quiet.closed).toBe(true);
    const loud = await raw5('meter', { will });
    expect(taken()).toEqual([]);
    loud.send(framed(0xe0, Buffer.from([4])));
    await soon(taken).toEqual(['gone']);
  });
});

describe('a connection', () => {
  test('gets a client id where it has none, and is told it', async () => {
    const raw = await raw5('meter', { clientId: '' });
    expect(raw.whole('connack')[0]?.toString('latin1')).toMatch(/forpost-[0-9a-f-]{36}/);
  });

  test.each([
    [
      'a wrong password',
      0x86,
      (user: string) =>
        framed(0x10, field('MQTT'), Buffer.from([5, 0xc2, 0, 60, 0]), field('c'), field(user), field('wrong')),
    ],
    [
      'an authentication method',
      0x8c,
      (user: string) => connect5(user, { properties: [Buffer.concat([Buffer.from([0x15]), field('SCRAM-SHA-1')])] }),
    ],
    [
      'a property twice',
      0x82,
      (user: string) => connect5(user, { properties: [receiveMaximum(3), receiveMaximum(3)] }),
    ],
    ['a property of another packet', 0x82, (user: string) => connect5(user, { properties: [topicAlias(3)] })],
    ['an unknown property', 0x81, (user: string) => connect5(user, { properties: [Buffer.from([0x7f, 1])] })],
    ['properties that end too early', 0x81, (user: string) => connect5(user, { properties: [Buffer.from([0x11, 0])] })],
  ])('with %s is refused with reason code %i', async (_, code, packet) => {
    const raw = await bench.raw();
    raw.send(packet('meter'));
    await soon(() => raw.closed).toBe(true);
    expect(connacks(raw)).toEqual([[code, 0]]);
  });

  test('that stops is told so, and so is one that falls silent', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const silent = await raw5('meter', { keepAliveS: 10 });
    clock.advance(14_999);
    silent.send(publish5(readings, 'here', 0));
    await soon(taken).toEqual(['here']);
    clock.advance(14_999);
    expect(silent.closed).toBe(false);
    clock.advance(1);
    await soon(() => silent.closed).toBe(true);
    expect(disconnects(silent)).toEqual([0x8d]);
    expect(bench.broker.counters()).toMatchObject({ silent: 1 });
    const other = await raw5('meter');
    const stopped = bench.broker.stop();
    await soon(() => other.closed).toBe(true);
    expect(disconnects(other)).toEqual([0x8b]);
    clock.advance(1000);
    await stopped;
  });

  test.each(['5', '3.1.1'])(
    'of MQTT %s gets back in under its own id when its principal has all it may have',
    async (version) => {
      await start({ limits: { maxConnectionsEach: 2 } });
      const protocolVersion = version === '5' ? 5 : 4;
      await v5('meter', { clientId: 'a', protocolVersion });
      await v5('meter', { clientId: 'b', protocolVersion });
      await expect(v5('meter', { clientId: 'c', protocolVersion })).rejects.toThrow();
      await v5('meter', { clientId: 'b', protocolVersion });
      await soon(() => bench.broker.counters().connections).toBe(2);
      expect(bench.connections.at(-1)).toBe('+meter');
    },
  );

  test('is not silent while there is no room for what it sends, and is once all of it is read', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { maxPending: 1 } });
    bench.manual = true;
    const raw = await raw5('meter', { keepAliveS: 10 });
    raw.send(publish5(readings, 'one', 1, 1), publish5(readings, 'two', 1, 2));
    await soon(taken).toEqual(['one']);
    clock.advance(15_000);
    clock.advance(15_000);
    bench.manual = false;
    bench.taken[0]?.commit();
    await soon(taken).toEqual(['one', 'two']);
    await soon(() => raw.whole('puback').length).toBe(2);
    clock.advance(15_000);
    clock.advance(15_000);
    await soon(() => raw.closed).toBe(true);
  });

  test('that logs in and never says anything is disconnected after 1.5 times its keep-alive', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const raw = await raw5('meter', { keepAliveS: 10 });
    clock.advance(15_000);
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x8d]);
  });

  test('a device that is taken over by its own next connection ends online', async () => {
    for (let n = 0; n < 3; n++) await v5('meter', { clientId: 'a' });
    await soon(() => bench.broker.counters().connections).toBe(1);
    expect(bench.connections).toEqual(['+meter', '-meter', '+meter', '-meter', '+meter']);
  });
});

test('a reading of MQTT 3.1.1 reaches a subscriber of MQTT 5 as it is', async () => {
  const panel = await v5('panel');
  const messages = heard(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  const meter = await bench.raw();
  meter.send(connectPacket('meter'), publishPacket(readings, 'one', 1, 1));
  await soon(() => messages).toEqual([{ topic: readings, text: 'one', qos: 1, retain: false, properties: {} }]);
});
