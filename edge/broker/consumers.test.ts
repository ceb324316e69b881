import { afterEach, describe, expect, test } from 'vitest';
import type { Forbidden } from './forbidden.ts';
import { Bench } from './testing/broker.ts';

let bench: Bench;
afterEach(() => bench.stop());

const soon = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 5 });

test('a client with subscription identifiers on overlapping filters gets one copy for each: Node-RED expects a single identifier', async () => {
  bench = new Bench();
  await bench.broker.start();
  const panel = await bench.connected('panel', { protocolVersion: 5 });
  const heard: unknown[] = [];
  panel.on('message', (_topic, payload, { qos, properties }) =>
    heard.push([payload.toString(), qos, properties?.subscriptionIdentifier]),
  );
  const filters = [
    ['forpost/#', 0, 7],
    ['forpost/devices/+/readings', 1, 8],
    ['forpost/+/meter/readings', 1, undefined],
  ] as const;
  for (const [filter, qos, id] of filters)
    await panel.subscribeAsync(filter, {
      qos,
      ...(id === undefined ? {} : { properties: { subscriptionIdentifier: id } }),
    });
  const meter = await bench.connected('meter');
  await meter.publishAsync('forpost/devices/meter/readings', 'one', { qos: 1 });
  await meter.publishAsync('forpost/devices/meter/events', 'two', { qos: 1 });
  await soon(() => heard.length).toBe(3);
  expect(heard).toEqual(
    expect.arrayContaining([
      ['one', 1, 7],
      ['one', 1, 8],
      ['two', 0, 7],
    ]),
  );
});

// A bridge publishes states, discovery messages and the list of all its devices.
describe.each([4, 5] as const)('a bridge as a consumer, protocol level %i', (protocolVersion) => {
  test('may publish a message about all its devices that is longer than a device may publish', async () => {
    bench = new Bench();
    await bench.broker.start();
    const panel = await bench.connected('panel', { protocolVersion });
    const meter = await bench.connected('meter', { protocolVersion });
    const heard: number[] = [];
    meter.on('message', (_topic, payload) => heard.push(payload.length));
    await meter.subscribeAsync('forpost/devices/meter/commands', { qos: 1 });
    await panel.publishAsync('forpost/devices/meter/commands', 'x'.repeat(1_500_000), { qos: 1 });
    await soon(() => heard).toEqual([1_500_000]);
    const closed = new Promise<void>((resolve) => meter.once('close', () => resolve()));
    meter.publish('forpost/devices/meter/readings', 'x'.repeat(1_500_000), { qos: 1 });
    await closed;
    expect(bench.admitted).toEqual([]);
  });

  test('may retain thousands of messages, a device some hundreds; further ones are delivered, not retained, and reported', async () => {
    const forbidden: Forbidden[] = [];
    bench = new Bench({ onForbidden: (one) => forbidden.push(one) });
    await bench.broker.start();
    const panel = await bench.connected('panel', { protocolVersion });
    const meter = await bench.connected('meter', { protocolVersion });
    for (let n = 0; n < 1000; n++) panel.publish(`forpost/devices/d${n}/commands`, 'x', { qos: 0, retain: true });
    for (let n = 0; n < 201; n++) meter.publish(`forpost/devices/meter/s${n}`, 'x', { qos: 0, retain: true });
    await panel.publishAsync('forpost/devices/last/commands', 'x', { qos: 1, retain: true });
    await soon(() => forbidden.map(({ kind, topic }) => `${kind} ${topic}`)).toEqual([
      'retain forpost/devices/meter/s200',
    ]);
    const late = await bench.connected('panel', { clientId: 'late', protocolVersion });
    let heard = 0;
    late.on('message', () => heard++);
    await late.subscribeAsync('forpost/#', { qos: 1 });
    await soon(() => heard).toBe(1000 + 200 + 1);
  });
});
