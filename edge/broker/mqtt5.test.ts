/** MQTT 5: messages and subscriptions. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { describe, expect, test } from 'vitest';
import type { Forbidden } from './forbidden.ts';
import { connectPacket, field, framed, publishPacket } from './testing/broker.ts';
import {
  admitted,
  bench,
  commands,
  connacks,
  connect5,
  disconnects,
  maximumPacketSize,
  messageExpiry,
  messagesOf,
  mqtt5BrokerForEachTest,
  publish5,
  raw5,
  readings,
  sessionExpiry,
  soon,
  start,
  texts,
  topicAlias,
  v5,
} from './testing/mqtt5.ts';

mqtt5BrokerForEachTest();

describe('a message', () => {
  test('reaches MQTT 5 subscribers with its properties, and MQTT 3.1.1 subscribers without them', async () => {
    const panel = await v5('panel');
    const old = await bench.connected('panel', { clientId: 'old' });
    const [messages, plain] = [messagesOf(panel), messagesOf(old)];
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
        topic: readings,
        text: 'one',
        qos: 1,
        retain: false,
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
    expect(admitted()).toEqual(['one']);
  });

  test('is not acknowledged before its reading is committed; PUBACK says whether it had subscribers', async () => {
    bench.manual = true;
    const raw = await raw5('meter');
    raw.send(publish5(readings, 'one', 1, 7));
    await soon(admitted).toEqual(['one']);
    expect(raw.whole('puback')).toEqual([]);
    bench.admitted[0]?.commit();
    await soon(() => raw.whole('puback')).toEqual([Buffer.from([0, 7, 0x10])]);
    const panel = await v5('panel');
    await panel.subscribeAsync('forpost/#');
    raw.send(publish5(readings, 'two', 1, 8));
    await soon(admitted).toEqual(['one', 'two']);
    bench.admitted[1]?.commit();
    await soon(() => raw.whole('puback').at(-1)).toEqual(Buffer.from([0, 8]));
  });

  test('to a forbidden topic is answered with «not authorized», with QoS 1 and 2, and the connection stays', async () => {
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
    expect(admitted()).toEqual(['mine']);
  });

  test('whose Message Expiry Interval has passed is not delivered; before that, a subscriber gets the rest of the interval', async () => {
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

  test('larger than a subscriber’s Maximum Packet Size is not sent to it, but to the other subscribers', async () => {
    const small = await raw5('panel', { properties: [maximumPacketSize(60)] });
    const panel = await v5('panel');
    const messages = messagesOf(panel);
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

  test('may use a topic alias, which is valid only on its own connection', async () => {
    const raw = await raw5('meter');
    raw.send(publish5(readings, 'one', 1, 1, [topicAlias(3)]), publish5('', 'two', 1, 2, [topicAlias(3)]));
    await soon(() => bench.admitted.map(({ topic, text }) => [topic, text])).toEqual([
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
  test('with No Local gets no messages of its own client; with Retain As Published it gets the RETAIN flag', async () => {
    const panel = await v5('panel');
    const messages = messagesOf(panel);
    await panel.subscribeAsync(commands, { qos: 1, nl: true, rap: true });
    await panel.publishAsync(commands, 'own', { qos: 1 });
    const other = await v5('panel', { clientId: 'other' });
    await other.publishAsync(commands, 'retained', { qos: 1, retain: true });
    await soon(() => messages.map(({ text, retain }) => [text, retain])).toEqual([['retained', true]]);
  });

  test('gets retained messages as its Retain Handling says', async () => {
    bench.broker.publish('forpost/status', 'up', { qos: 1, retain: true });
    const panel = await v5('panel');
    const messages = messagesOf(panel);
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 2 });
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 1 });
    await panel.subscribeAsync('forpost/+', { qos: 1, rh: 1 });
    await panel.subscribeAsync('forpost/status', { qos: 1, rh: 0 });
    bench.broker.publish('forpost/status', 'last', { qos: 1, retain: false });
    await soon(() => texts(messages)).toEqual(['up', 'up', 'last']);
  });

  test('that overlaps another brings a message once, with the highest QoS and both identifiers', async () => {
    const panel = await v5('panel', { clean: false, properties: { sessionExpiryInterval: 100 } });
    const messages = messagesOf(panel);
    await panel.subscribeAsync('forpost/#', { qos: 0, properties: { subscriptionIdentifier: 1 } });
    await panel.subscribeAsync('forpost/status', { qos: 1, properties: { subscriptionIdentifier: 300 } });
    bench.broker.publish('forpost/status', 'up', { qos: 1, retain: false });
    await soon(() => messages.length).toBe(1);
    expect(messages).toMatchObject([{ qos: 1, properties: { subscriptionIdentifier: [1, 300] } }]);
  });

  test('that is refused gets a reason code; a shared subscription gets «not supported»', async () => {
    const raw = await raw5('narrow');
    const filters = ['forpost/alerts/#', 'forpost/#', '$share/group/forpost/alerts/#'];
    raw.send(framed(0x82, Buffer.from([0, 1, 0]), ...filters.flatMap((filter) => [field(filter), Buffer.from([1])])));
    await soon(() => raw.whole('suback')).toEqual([Buffer.from([0, 1, 0, 1, 0x87, 0x9e])]);
    raw.send(framed(0xa2, Buffer.from([0, 2, 0]), field('forpost/alerts/#'), field('nothing')));
    await soon(() => raw.whole('unsuback')).toEqual([Buffer.from([0, 2, 0, 0, 0x11])]);
    // CONNACK has announced this [MQTT-3.2.2-11]
    expect(raw.whole('connack')[0]?.includes(Buffer.from([0x2a, 0]))).toBe(true);
  });
});

test('an MQTT 5 subscriber gets a publish of an MQTT 3.1.1 client unchanged', async () => {
  const panel = await v5('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  const meter = await bench.raw();
  meter.send(connectPacket('meter'), publishPacket(readings, 'one', 1, 1));
  await soon(() => messages).toEqual([{ topic: readings, text: 'one', qos: 1, retain: false, properties: {} }]);
});
