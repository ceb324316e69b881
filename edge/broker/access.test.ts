import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import type { Forbidden } from './forbidden.ts';
import { connectPacket, publishPacket, pubrelPacket } from './testing/broker.ts';
import {
  admitted,
  after,
  bench,
  brokerForEachTest,
  closing,
  loggedIn,
  messagesOf,
  readings,
  soon,
  start,
} from './testing/started-broker.ts';

brokerForEachTest();

test.each([
  ['a wrong password', { password: 'wrong' }],
  ['an unknown user', { username: 'nobody' }],
  ['no password', { password: '' }],
])('%s is refused with return code 5', async (_, options) => {
  const error = await bench.connected('meter', options).then(
    () => undefined,
    (error: { code?: number }) => error,
  );
  expect(error).toMatchObject({ code: 5 });
  expect(bench.broker.counters()).toMatchObject({ failedLogins: 1 });
});

test('the broker refuses anonymous clients, and ends a connection that sends a packet before CONNECT', async () => {
  await expect(bench.connected('meter', { username: '', password: '' })).rejects.toMatchObject({ code: 5 });
  const raw = await bench.raw();
  raw.send(publishPacket(readings, 'x', 1, 1));
  await soon(() => raw.closed).toBe(true);
  expect(admitted()).toEqual([]);
});

test('a client that guesses passwords is slowed down and is put off; other users of its address log in at once', async () => {
  const checked: string[] = [];
  // the clock is fake: on a slow machine, real time would allow further attempts
  const clock = new FakeClock();
  await start({
    clock,
    authenticate: async (user, given) => {
      checked.push(user);
      const principal = { kind: 'device', id: user, publish: [], subscribe: [] } as const;
      return given === 'right' ? { principal, credential: given } : undefined;
    },
  });
  const refused = new Set<number>();
  const closed = new Set<number>();
  for (let i = 0; i < 40; i++)
    bench
      .client('meter', { clientId: `guess-${i}`, password: `guess ${i}` })
      .on('error', (error) => 'code' in error && error.code === 5 && refused.add(i))
      .on('close', () => closed.add(i));
  // five passwords are checked, eight wait, and the connections of the other clients are closed without CONNACK
  await soon(() => {
    // the lobby accepts a burst of CONNECTs, and then one every 2 ms
    clock.advance(1);
    return { refused: refused.size, putOff: [...closed].filter((i) => !refused.has(i)).length };
  }).toEqual({ refused: 5, putOff: 27 });
  const other = bench.connected('other');
  clock.advance(2);
  await other;
  expect(checked.filter((user) => user === 'meter')).toHaveLength(5);
  expect(bench.broker.counters()).toMatchObject({ failedLogins: 5, busyLogins: 27 });
});

test('a device whose password was checked before logs in at once, even while its address has log-ins waiting', async () => {
  const waiting: (() => void)[] = [];
  const principal = { kind: 'device', id: 'meter', publish: [], subscribe: [] } as const;
  await start({
    authenticate: () => new Promise((resolve) => waiting.push(() => resolve(undefined))),
    acquaintance: {
      recall: (user, given) =>
        user === 'meter' ? (given === 'right' ? { principal, credential: given } : 'wrong') : undefined,
      idOf: (user) => user,
    },
  });
  for (let i = 0; i < 300; i++) bench.client('other', { clientId: `o-${i}` });
  await soon(() => waiting).toHaveLength(1);
  await bench.connected('meter');
  await expect(bench.connected('meter', { password: 'left' })).rejects.toMatchObject({ code: 5 });
  expect(waiting).toHaveLength(1);
});

test('the broker does not check the password of a client that has disconnected', async () => {
  const checks: (() => void)[] = [];
  await start({ authenticate: () => new Promise((resolve) => checks.push(() => resolve(undefined))) });
  const raws = await Promise.all(['meter', 'other', 'panel'].map(async (user) => ({ user, raw: await bench.raw() })));
  for (const { user, raw } of raws) raw.send(connectPacket(user));
  await soon(() => checks).toHaveLength(1);
  await soon(() => bench.broker.counters().lobby.waiting).toBe(3);
  raws[1]?.raw.socket.destroy();
  await soon(() => bench.broker.counters().lobby.waiting).toBe(2);
  checks[0]?.();
  await soon(() => checks).toHaveLength(2);
  checks[1]?.();
  await soon(() => bench.broker.counters().lobby.waiting).toBe(0);
  expect(checks).toHaveLength(2);
});

test('a publish to a topic that the device may not use is dropped, reported and acknowledged in order; the connection stays', async () => {
  const told: Forbidden[] = [];
  await start({ onForbidden: (forbidden) => told.push(forbidden) });
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#');
  const raw = await loggedIn('meter', { clientId: 'roof' });
  const foreign = 'forpost/devices/other/readings';
  raw.send(publishPacket(foreign, 'x', 0), publishPacket(readings, 'mine', 1, 1));
  raw.send(publishPacket(foreign, 'x', 1, 2), publishPacket(foreign, 'x', 2, 3), publishPacket('$SYS/x', 'x', 1, 4));
  raw.send(pubrelPacket(3), publishPacket(readings, 'behind', 2, 5));
  await soon(() => after(raw)).toHaveLength(6);
  expect(after(raw).filter(([type]) => type === 'puback')).toEqual([1, 2, 4].map((id) => ['puback', id]));
  expect(after(raw).filter(([type]) => type === 'pubrec')).toEqual([3, 5].map((id) => ['pubrec', id]));
  expect(after(raw)).toContainEqual(['pubcomp', 3]);
  expect(admitted()).toEqual(['mine', 'behind']);
  await soon(() => messages).toEqual([`${readings}=mine`, `${readings}=behind`]);
  expect(bench.broker.counters()).toMatchObject({ forbidden: 4, publishes: 2, acknowledged: 2 });
  const topic = foreign;
  expect(told.slice(0, 3)).toEqual(Array(3).fill({ kind: 'publish', principal: 'meter', clientId: 'roof', topic }));
  expect(told[3]).toMatchObject({ topic: '$SYS/x' });
});

test('a connection survives many forbidden QoS 0 publishes', async () => {
  await start({ limits: { maxPending: 5 } });
  const raw = await loggedIn('meter');
  for (let i = 0; i < 50; i++) raw.send(publishPacket('$SYS/x', 'x', 0), publishPacket('forpost/alerts/x', 'x', 0));
  raw.send(publishPacket(readings, 'mine', 1, 1));
  await soon(() => after(raw)).toEqual([['puback', 1]]);
  expect(bench.broker.counters()).toMatchObject({ forbidden: 100 });
});

test('a filter that matches forbidden topics is refused, and the other filters of the packet are granted', async () => {
  const narrow = await bench.connected('narrow', { clean: false });
  const messages = messagesOf(narrow);
  const granted = await narrow
    .subscribeAsync({
      'forpost/alerts/#': { qos: 1 },
      '#': { qos: 1 },
      'forpost/+/x': { qos: 1 },
      '$SYS/#': { qos: 1 },
    })
    .catch((error: unknown) => error);
  expect(granted).toBeDefined();
  bench.broker.publish('forpost/status', 'secret', { qos: 1, retain: false });
  bench.broker.publish('forpost/alerts/a/b', 'mine', { qos: 1, retain: false });
  await soon(() => messages).toEqual(['forpost/alerts/a/b=mine']);
  narrow.end(true);
  await closing(narrow);
  bench.broker.publish('forpost/status', 'secret', { qos: 1, retain: false });
  bench.broker.publish('forpost/alerts/a/b', 'while away', { qos: 1, retain: false });
  const back = bench.client('narrow', { clean: false });
  const later = messagesOf(back);
  await soon(() => later).toEqual(['forpost/alerts/a/b=while away']);
});

test('two principals with the same client id have separate sessions', async () => {
  const panel = await bench.connected('panel', { clientId: 'same', clean: false });
  await panel.subscribeAsync('forpost/alerts/#', { qos: 1 });
  const messages = messagesOf(panel);
  const narrow = await bench.connected('narrow', { clientId: 'same', clean: false });
  const foreign = messagesOf(narrow);
  bench.broker.publish('forpost/alerts/a/b', 'one', { qos: 1, retain: false });
  await soon(() => messages).toEqual(['forpost/alerts/a/b=one']);
  expect(foreign).toEqual([]);
  expect(panel.connected).toBe(true);
});

test('the will of a lost device is admitted; a will on a forbidden topic is dropped and reported, and the device may connect', async () => {
  const told: Forbidden[] = [];
  await start({ onForbidden: (forbidden) => told.push(forbidden) });
  const will = { payload: Buffer.from('gone'), qos: 1, retain: false } as const;
  const foreign = await bench.connected('meter', { will: { topic: 'tele/other/LWT', ...will }, clientId: 'a' });
  const meter = await bench.connected('meter', { will: { topic: 'forpost/devices/meter/state', ...will } });
  const panel = await bench.connected('panel');
  const messages = messagesOf(panel);
  await panel.subscribeAsync('forpost/#', { qos: 1 });
  foreign.stream.destroy();
  await soon(() => bench.broker.sizes().sockets).toBe(2);
  meter.stream.destroy();
  await soon(() => messages).toEqual(['forpost/devices/meter/state=gone']);
  expect(bench.admitted).toMatchObject([{ device: 'meter', text: 'gone' }]);
  expect(told).toEqual([{ kind: 'will', principal: 'meter', clientId: 'a', topic: 'tele/other/LWT' }]);
  expect(bench.broker.counters()).toMatchObject({ forbidden: 1 });
});

test('the broker reports a device as connected once, however many connections it has', async () => {
  const first = await bench.connected('meter', { clientId: 'a' });
  const second = await bench.connected('meter', { clientId: 'b' });
  await bench.connected('panel');
  expect(bench.connections).toEqual(['+meter']);
  first.end(true);
  await closing(first);
  second.end(true);
  await soon(() => bench.connections).toEqual(['+meter', '-meter']);
});
