/** Sessions, their messages and retained messages across restarts of the gateway. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { draft, outboxIn, recalled } from '../outbox/sqlite/testing/test-support.ts';
import {
  connectPacket,
  pingPacket,
  publishPacket,
  pubrelPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';
import {
  absent,
  after,
  bench,
  durableBrokerForEachTest,
  folder,
  meter,
  outbox,
  panel,
  rawPanel,
  readings,
  restart,
  restartBroker,
  restartOn,
  soon,
  state,
  stop,
  stored,
} from './testing/durable-broker.ts';

durableBrokerForEachTest();

test('a session survives a restart with its subscriptions, and its queue is delivered in order', async () => {
  const first = await panel();
  expect(first.present).toBe(false);
  await first.client.subscribeAsync('forpost/#', { qos: 2 });
  await absent(first);
  const raw = await meter();
  for (let id = 1; id <= 20; id++) raw.send(publishPacket(readings, String(id), id % 2 === 0 ? 2 : 1, id));
  await soon(() => after(raw).length).toBe(20);
  await restart();
  expect(bench.broker.counters()).toMatchObject({ sessions: 2, queued: 20 });
  const back = await panel();
  expect(back.present).toBe(true);
  await soon(() => back.messages.length).toBe(20);
  // MQTT.js reports a QoS 2 message only at PUBREL, so the order holds within each QoS
  const withQos = (qos: 1 | 2) => Array.from({ length: 10 }, (_, i) => `${readings}=${2 * i + qos} qos ${qos}`);
  for (const qos of [1, 2] as const)
    expect(back.messages.filter((message) => message.endsWith(String(qos)))).toEqual(withQos(qos));
  bench.broker.publish('forpost/alerts/a/b', 'live', { qos: 1, retain: false });
  await soon(() => back.messages.at(-1)).toBe('forpost/alerts/a/b=live qos 1');
  await soon(() => bench.broker.sizes().queued).toBe(0);
  await absent(back);
  // acknowledged messages are not sent again
  await restart();
  expect(bench.broker.counters()).toMatchObject({ sessions: 2, queued: 0 });
});

test('the MQTT 5 properties of a session, its subscriptions and its messages survive a restart', async () => {
  const stay = { protocolVersion: 5, properties: { sessionExpiryInterval: 3600 } } as const;
  const first = await panel(stay);
  const options = { qos: 1, nl: true, rap: true, properties: { subscriptionIdentifier: 300 } } as const;
  await first.client.subscribeAsync('forpost/devices/#', options);
  await absent(first);
  const brief = await panel({ protocolVersion: 5, clientId: 'brief', properties: { sessionExpiryInterval: 1 } });
  await absent(brief);
  const device = await bench.connected('meter', { protocolVersion: 5 });
  const properties = { messageExpiryInterval: 1000, contentType: 'a', userProperties: { b: 'c' } };
  await device.publishAsync(state, 'kept', { qos: 1, retain: true, properties });
  await device.publishAsync(state, 'gone soon', { qos: 1, properties: { messageExpiryInterval: 1 } });
  await device.publishAsync(readings, 'plain', { qos: 2 });
  await restart();
  // the session and the message with an expiry of one second end
  await soon(() => bench.broker.sizes().sessions).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const back = bench.client('panel', { clean: false, resubscribe: false, ...stay });
  const messages: unknown[] = [];
  back.on('message', (topic, payload, { retain, properties }) =>
    messages.push([topic, payload.toString(), retain, { ...properties, messageExpiryInterval: 0 }]),
  );
  const id = { messageExpiryInterval: 0, subscriptionIdentifier: 300 };
  const passed = { contentType: 'a', userProperties: { b: 'c' } };
  await soon(() => messages).toEqual([
    [state, 'kept', true, { ...id, ...passed }],
    [readings, 'plain', false, id],
  ]);
  await back.publishAsync('forpost/devices/meter/commands', 'own', { qos: 1 });
  const late = await bench.connected('panel', { clientId: 'late', protocolVersion: 5 });
  late.on('message', (_topic, payload, { properties }) => messages.push([payload.toString(), properties]));
  await late.subscribeAsync('forpost/devices/#', { qos: 1 });
  await soon(() => messages.slice(2)).toEqual([
    ['kept', { ...passed, messageExpiryInterval: expect.closeTo(1000, -2) }],
  ]);
});

test('a removed subscription and a session ended by a clean CONNECT stay removed after a restart', async () => {
  const first = await panel();
  await first.client.subscribeAsync(['forpost/alerts/#', 'forpost/status'], { qos: 1 });
  await first.client.unsubscribeAsync('forpost/status');
  await absent(first);
  await restart();
  bench.broker.publish('forpost/status', 'x', { qos: 1, retain: false });
  bench.broker.publish('forpost/alerts/a', 'x', { qos: 1, retain: false });
  const back = await panel();
  await soon(() => back.messages).toEqual(['forpost/alerts/a=x qos 1']);
  await absent(back);
  await absent(await panel({ clean: true }));
  await restart();
  expect((await panel()).present).toBe(false);
});

test('an alert for an absent subscriber survives a restart, although its publish did not wait for the disk', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/alerts/#', { qos: 1 });
  await absent(first);
  bench.broker.publish('forpost/alerts/r/meter', 'fire', { qos: 1, retain: false });
  await outbox.append({ events: [draft(1)] });
  await restart();
  const back = await panel();
  await soon(() => back.messages).toEqual(['forpost/alerts/r/meter=fire qos 1']);
});

test('after a restart an unacknowledged message is sent again with its packet id and DUP [MQTT-4.4.0-1]', async () => {
  const raw = await rawPanel();
  const device = await meter();
  device.send(publishPacket(readings, 'one', 1, 1), publishPacket(readings, 'two', 2, 2));
  await soon(() => raw.packets().filter(([type]) => type === 'publish').length).toBe(2);
  await outbox.mqttState.saved();
  await restart();
  const again = await bench.raw();
  again.send(connectPacket('panel', { clean: false }));
  await soon(() => again.published().length).toBe(2);
  expect(again.published()).toEqual(raw.published().map((packet) => ({ ...packet, dup: true })));
});

test('after a restart the broker sends PUBREL for a QoS 2 message whose PUBREC had arrived', async () => {
  const raw = await rawPanel();
  (await meter()).send(publishPacket(readings, 'once', 2, 2));
  await soon(() => raw.published().length).toBe(1);
  const id = raw.published()[0]!.id;
  raw.send(Buffer.from([0x50, 2, id >> 8, id & 255]));
  await soon(() => raw.packets().at(-1)).toEqual(['pubrel', id]);
  await restart();
  const again = await bench.raw();
  again.send(connectPacket('panel', { clean: false }));
  await soon(() => again.packets().slice(1)).toEqual([['pubrel', id]]);
  again.send(Buffer.from([0x70, 2, id >> 8, id & 255]));
  await soon(() => bench.broker.sizes().queued).toBe(0);
});

test('retained messages of devices survive a restart, still count in their share, and can be deleted', async () => {
  const raw = await meter();
  raw.send(publishPacket(state, 'on', 1, 1, false, true), publishPacket(`${state}/x`, 'old', 1, 2, false, true));
  raw.send(publishPacket(`${state}/x`, '', 1, 3, false, true));
  await soon(() => after(raw).length).toBe(3);
  bench.broker.publish('forpost/alarms/r/meter', 'active', { qos: 1, retain: true });
  await restart();
  // the gateway publishes its own retained messages anew
  expect(bench.broker.counters().retained).toBe(1);
  const late = await panel();
  await late.client.subscribeAsync('forpost/#', { qos: 1 });
  await soon(() => late.messages).toEqual([`${state}=on qos 1 retained`]);
  const device = await meter();
  for (let i = 1; i <= 200; i++) device.send(publishPacket(`${state}/${i}`, 'x', 1, i, false, true));
  await soon(() => after(device).length).toBe(200);
  await soon(() => bench.broker.counters()).toMatchObject({ retained: 200, dropped: 1 });
});

test('the newest retained message of a topic survives a restart, whether its QoS is 0 or 1', async () => {
  const command = 'forpost/devices/meter/commands';
  const { client } = await panel();
  client.publish(command, 'on', { qos: 0, retain: true });
  await client.publishAsync(command, 'off', { qos: 1, retain: true });
  await restart();
  const late = await panel();
  await late.client.subscribeAsync(command, { qos: 1 });
  await soon(() => late.messages).toEqual([`${command}=off qos 1 retained`]);
});

test('a client that reconnects before its publish is committed gets the acknowledgement once, on the new connection', async () => {
  const commits: (() => void)[] = [];
  await restartBroker({
    admit: async ({ payload, record }) => {
      await new Promise<void>((resolve) => commits.push(resolve));
      await outbox.append({ events: [draft(1, { data: JSON.stringify(String(payload)) })], publish: record });
    },
  });
  const first = await meter();
  first.send(publishPacket(readings, 'a', 1, 7), publishPacket(readings, 'b', 2, 8));
  await soon(() => commits.length).toBe(2);
  // as with a pulled cable: the broker still has the old connection
  const second = await meter();
  await soon(() => first.closed).toBe(true);
  second.send(publishPacket(readings, 'a', 1, 7, true), publishPacket(readings, 'b', 2, 8, true), pingPacket);
  await soon(() => after(second)).toEqual([['pingresp', 0]]);
  for (const commit of commits) commit();
  await soon(() => after(second).slice(1)).toEqual([
    ['puback', 7],
    ['pubrec', 8],
  ]);
  expect(after(first)).toEqual([]);
  expect(stored()).toEqual(['a', 'b']);
  expect(commits.length).toBe(2);
});

test("a consumer's command to an absent device is on disk before the consumer is acknowledged", async () => {
  const commands = 'forpost/devices/meter/commands';
  const device = await meter();
  device.send(subscribePacket(1, commands, 1));
  await soon(() => after(device)).toEqual([['suback', 1]]);
  device.socket.destroy();
  await soon(() => bench.broker.counters().connections).toBe(0);
  const sender = await bench.connected('panel');
  await sender.publishAsync(commands, 'off', { qos: 1 });
  // as with a kill: the broker writes nothing more
  const copy = outboxIn(folder);
  await stop();
  await copy.start();
  expect(recalled(copy).sessions.map(({ queue }) => queue.map(({ payload }) => String(Buffer.from(payload))))).toEqual([
    ['off'],
  ]);
  await copy.stop();
});

test('a thousand reconnections of a meter leave one session and nothing else', async () => {
  const until = async (raw: RawClient, answers: number) => {
    while (raw.packets().length < answers) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let i = 0; i < 1000; i++) {
    const twice = i % 2 === 0;
    const raw = await bench.raw();
    raw.send(connectPacket('meter', { clean: false }), publishPacket(readings, 'x', twice ? 2 : 1, 1, !twice));
    await until(raw, 2);
    if (twice) raw.send(pubrelPacket(1));
    await until(raw, twice ? 3 : 2);
    raw.socket.destroy();
  }
  await soon(() => bench.broker.sizes()).toMatchObject({ sockets: 0, sessions: 1, queued: 0, inbound: 0 });
  await restart();
  expect(bench.broker.sizes()).toMatchObject({ sessions: 1, queued: 0, inbound: 0 });
}, 180_000);

test('the session of a client that stays away too long is deleted, in memory and on disk', async () => {
  const day = 86_400_000;
  const clock = new FakeClock();
  const options = { clock, limits: { sessionAgingMs: day } };
  await restartBroker(options);
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  clock.advance(30 * day);
  await absent(first);
  clock.advance(5 * day);
  expect(bench.broker.counters().sessions).toBe(1);
  // the time of absence is kept across a restart
  await restartOn(outboxIn(folder), options);
  clock.advance(2 * day);
  expect(bench.broker.counters()).toMatchObject({ sessions: 1, dropped: 0 });
  clock.advance(day);
  expect(bench.broker.counters()).toMatchObject({ sessions: 0, dropped: 1 });
  await restart();
  expect(bench.broker.counters().sessions).toBe(0);
});
