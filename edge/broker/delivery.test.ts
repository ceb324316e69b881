import type { MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { publishPacket, subscribePacket } from './testing/broker.ts';
import {
  after,
  bench,
  brokerForEachTest,
  loggedIn,
  messagesOf,
  readings,
  soon,
  start,
} from './testing/started-broker.ts';

brokerForEachTest();

test('messages of the gateway reach subscribers; retained ones reach later subscribers too', async () => {
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/alarms/#', { qos: 1 });
  bench.broker.publish('forpost/alarms/r/d', 'active', { qos: 1, retain: true });
  await soon(() => messages).toEqual(['forpost/alarms/r/d=active']);
  const late = await bench.connected('panel', { clientId: 'late' });
  const lateMessages = messagesOf(late);
  await late.subscribeAsync('forpost/#', { qos: 1 });
  await soon(() => lateMessages).toEqual(['forpost/alarms/r/d=active retained']);
  bench.broker.publish('forpost/alarms/r/d', '', { qos: 1, retain: true });
  await soon(() => messages.length).toBe(2);
  expect(bench.broker.sizes().retained).toBe(0);
});

test('the alert that a publish causes is delivered before the publish is on disk', async () => {
  const commits: (() => void)[] = [];
  await start({
    admit: (publish) => {
      bench.broker.publish('forpost/alerts/r/meter', `for ${publish.topic}`, { qos: 1, retain: false });
      return new Promise((resolve) => commits.push(resolve));
    },
  });
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  const raw = await loggedIn('meter');
  // three publishes in one read, and a fourth in another
  raw.send(...[1, 2, 3].map((id) => publishPacket(readings, 'x', 1, id)));
  await soon(() => messages.length).toBe(3);
  raw.send(publishPacket(readings, 'x', 1, 4));
  await soon(() => messages).toEqual(Array(4).fill(`forpost/alerts/r/meter=for ${readings}`));
  expect(after(raw)).toEqual([]);
  for (const commit of commits) commit();
  await soon(() => after(raw).length).toBe(4);
});

test('a burst of retained, QoS 1 and QoS 0 messages of the gateway reaches a subscriber completely', async () => {
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  for (let i = 0; i < 50; i++) {
    bench.broker.publish(`forpost/alarms/${i}`, 'retained', { qos: 1, retain: true });
    bench.broker.publish(`forpost/alerts/${i}`, 'alert', { qos: 1, retain: false });
    bench.broker.publish(`forpost/live/${i}`, 'live', { qos: 0, retain: false });
  }
  await soon(() => messages.length).toBe(150);
  expect(new Set(messages).size).toBe(150);
});

test('a client with two matching filters gets a message once', async () => {
  const panel = await bench.connected('panel', { clean: false });
  const messages = messagesOf(panel);
  await panel.subscribeAsync(['forpost/#', 'forpost/alerts/+'], { qos: 1 });
  bench.broker.publish('forpost/alerts/a', 'x', { qos: 1, retain: false });
  bench.broker.publish('forpost/alerts/end', 'x', { qos: 1, retain: false });
  await soon(() => messages).toEqual(['forpost/alerts/a=x', 'forpost/alerts/end=x']);
  await soon(() => bench.broker.sizes().queued).toBe(0);
});

test('a subscriber that stops reading delays no other client, and is disconnected', async () => {
  await start({ limits: { drainTimeoutMs: 1000 } });
  const frozen = await loggedIn('panel');
  frozen.send(subscribePacket(1, 'forpost/#', 1));
  await soon(() => after(frozen)).toEqual([['suback', 1]]);
  frozen.socket.pause();
  const alive = await bench.connected('narrow');
  let got = 0;
  let slowest = 0;
  alive.on('message', (_topic, payload) => {
    got++;
    slowest = Math.max(slowest, performance.now() - Number(payload.toString().split(' ')[0]));
  });
  await alive.subscribeAsync('forpost/alerts/#', { qos: 1 });
  const filler = 'x'.repeat(200_000);
  for (let i = 0; i < 100; i++) {
    bench.broker.publish('forpost/alerts/a', `${performance.now()} ${filler}`, { qos: 1, retain: false });
    await soon(() => got).toBe(i + 1);
  }
  expect(slowest).toBeLessThan(500);
  await soon(() => bench.broker.counters().connections).toBe(1);
});

/** A subscriber to everything that has stopped reading. */
async function frozenSubscriber(): Promise<void> {
  const frozen = await loggedIn('panel');
  frozen.send(subscribePacket(1, 'forpost/#', 1));
  await soon(() => after(frozen)).toEqual([['suback', 1]]);
  frozen.socket.pause();
}

const publishMuch = (meter: MqttClient) =>
  Promise.all(
    Array.from({ length: 400 }, (_, i) =>
      meter.publishAsync(readings, 'x'.repeat(50_000), { qos: i % 2 === 0 ? 1 : 2 }),
    ),
  );

test('a frozen subscriber does not delay the publishes of a device', async () => {
  await start({ limits: { drainTimeoutMs: 20_000, maxUnsentBytes: 1e9, maxPending: 20 } });
  await frozenSubscriber();
  const meter = await bench.connected('meter');
  await publishMuch(meter);
  expect(bench.broker.counters()).toMatchObject({ acknowledged: 400, connections: 2 });
});

test('a subscriber is disconnected when more waits for it than the limit', async () => {
  await start({ limits: { drainTimeoutMs: 20_000 } });
  await frozenSubscriber();
  await publishMuch(await bench.connected('meter'));
  await soon(() => bench.broker.counters()).toMatchObject({ acknowledged: 400, frozen: 1, connections: 1 });
});

test('the queue of an absent subscriber is bounded and keeps the newest messages', async () => {
  const panel = await bench.connected('panel', { clean: false });
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  panel.end(true);
  await soon(() => bench.broker.counters().connections).toBe(0);
  for (let i = 0; i < 1500; i++) bench.broker.publish('forpost/alerts/a', String(i), { qos: 1, retain: false });
  await soon(() => bench.broker.counters().dropped).toBe(500);
  const back = bench.client('panel', { clean: false });
  const messages = messagesOf(back);
  await soon(() => messages.length).toBe(1000);
  expect(messages[0]).toBe('forpost/alerts/a=500');
  expect(messages.at(-1)).toBe('forpost/alerts/a=1499');
  await soon(() => bench.broker.sizes().queued).toBe(0);
});
