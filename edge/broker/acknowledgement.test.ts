import { expect, test } from 'vitest';
import { pingPacket, publishPacket, pubrelPacket } from './testing/broker.ts';
import {
  admitted,
  after,
  bench,
  brokerForEachTest,
  loggedIn,
  messagesOf,
  readings,
  sessionPresent,
  soon,
  start,
} from './testing/started-broker.ts';

brokerForEachTest();

test('a device is not acknowledged before its reading is committed, with QoS 1 and with QoS 2', async () => {
  bench.manual = true;
  const raw = await loggedIn('meter');
  raw.send(publishPacket(readings, 'one', 1, 7), publishPacket(readings, 'two', 2, 8), pingPacket);
  await soon(() => after(raw)).toEqual([['pingresp', 0]]);
  expect(bench.admitted).toMatchObject([
    { device: 'meter', topic: readings, text: 'one', qos: 1, duplicate: false },
    { device: 'meter', topic: readings, text: 'two', qos: 2 },
  ]);
  bench.admitted[0]!.commit();
  await soon(() => after(raw)).toEqual([
    ['pingresp', 0],
    ['puback', 7],
  ]);
  bench.admitted[1]!.commit();
  await soon(() => after(raw).at(-1)).toEqual(['pubrec', 8]);
  expect(bench.broker.counters()).toMatchObject({ publishes: 2, acknowledged: 2, refused: 0 });
});

test.each(['no subscriber', 'a subscriber'])(
  'acknowledgements are sent in the order of the publishes, whatever the order of the commits; every second publish has %s',
  async (subscribers) => {
    bench.manual = true;
    const raw = await loggedIn('meter');
    const wanted = `${readings}/wanted`;
    const panel = await bench.connected('panel');
    if (subscribers === 'a subscriber') await panel.subscribeAsync(wanted, { qos: 1 });
    for (let id = 1; id <= 20; id++) {
      raw.send(publishPacket(id % 2 === 0 ? wanted : readings, String(id), id % 3 === 0 ? 2 : 1, id));
      // first each packet in a read of its own, then all packets in one read
      if (id % 5 !== 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await soon(() => admitted().length).toBe(20);
    expect(admitted()).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
    for (const publish of bench.admitted.slice(1).reverse()) publish.commit();
    raw.send(pingPacket);
    await soon(() => after(raw)).toEqual([['pingresp', 0]]);
    bench.admitted[0]!.commit();
    await soon(() => after(raw).length).toBe(21);
    // [MQTT-4.6.0-2] orders PUBACKs, [MQTT-4.6.0-3] PUBRECs
    const ids = (type: string) =>
      after(raw)
        .filter((packet) => packet[0] === type)
        .map(([, id]) => id);
    const all = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(ids('puback')).toEqual(all.filter((id) => id % 3 !== 0));
    expect(ids('pubrec')).toEqual(all.filter((id) => id % 3 === 0));
  },
);

test('a publish that cannot be committed is not acknowledged, and the connection ends so that the device resends it', async () => {
  await start({ limits: { refusalDelayMs: 50 } });
  bench.manual = true;
  const raw = await loggedIn('meter');
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  raw.send(publishPacket(readings, 'lost', 1, 1), publishPacket(readings, 'kept', 1, 2));
  await soon(() => admitted().length).toBe(2);
  bench.admitted[0]!.fail();
  bench.admitted[1]!.commit();
  raw.send(publishPacket(readings, 'unread', 1, 3));
  await soon(() => raw.closed).toBe(true);
  expect(after(raw)).toEqual([['puback', 2]]);
  expect(admitted()).toEqual(['lost', 'kept']);
  await soon(() => messages).toEqual([`${readings}=kept`]);
  expect(bench.broker.counters()).toMatchObject({ acknowledged: 1, refused: 1 });
});

test('a QoS 0 publish that cannot be committed is counted, and the connection stays', async () => {
  bench.manual = true;
  const raw = await loggedIn('meter');
  raw.send(publishPacket(readings, 'a', 0), publishPacket(readings, 'b', 1, 1));
  await soon(() => admitted().length).toBe(2);
  bench.admitted[0]!.fail();
  bench.admitted[1]!.commit();
  await soon(() => after(raw)).toEqual([['puback', 1]]);
  expect(bench.broker.counters()).toMatchObject({ refused: 1 });
});

test('a QoS 2 publish that is sent twice is admitted once, also when its session is resumed in between', async () => {
  bench.manual = true;
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  const first = await loggedIn('meter', { clean: false });
  first.send(publishPacket(readings, 'once', 2, 5), publishPacket(readings, 'once', 2, 5, true));
  await soon(() => admitted()).toEqual(['once']);
  first.socket.destroy();
  const second = await loggedIn('meter', { clean: false }, sessionPresent);
  second.send(publishPacket(readings, 'once', 2, 5, true), pingPacket);
  await soon(() => after(second)).toEqual([['pingresp', 0]]);
  bench.admitted[0]!.commit();
  await soon(() => after(second).at(-1)).toEqual(['pubrec', 5]);
  second.send(pubrelPacket(5));
  await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
  expect(admitted()).toEqual(['once']);
  second.send(publishPacket(readings, 'next', 2, 5));
  await soon(() => admitted()).toEqual(['once', 'next']);
  bench.admitted[1]!.commit();
  // subscribers get it once too, although its connection had ended
  await soon(() => messages).toEqual([`${readings}=once`, `${readings}=next`]);
});

test('a connection with too many uncommitted publishes is not read until commits end', async () => {
  await start({ limits: { maxPending: 10 } });
  bench.manual = true;
  const raw = await loggedIn('meter');
  for (let id = 1; id <= 60; id++) {
    raw.send(publishPacket(readings, 'x'.repeat(20_000), 1, id));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await soon(() => admitted().length).toBeGreaterThanOrEqual(10);
  raw.send(pingPacket);
  // the packets of one socket read are handled together, so the limit may be passed
  expect(admitted().length).toBeLessThan(15);
  bench.manual = false;
  for (const publish of bench.admitted) publish.commit();
  await soon(() => after(raw).length).toBe(61);
  expect(
    after(raw)
      .filter(([type]) => type === 'puback')
      .map(([, id]) => id),
  ).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});

test('a thousand publishes of QoS 0, 1 and 2 from MQTT.js are all admitted, in order', async () => {
  const meter = await bench.connected('meter');
  await Promise.all(
    Array.from({ length: 900 }, (_, i) => meter.publishAsync(readings, String(i), { qos: (i % 3) as 0 | 1 | 2 })),
  );
  expect(admitted()).toEqual(Array.from({ length: 900 }, (_, i) => String(i)));
});
