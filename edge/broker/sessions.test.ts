/** Sessions in memory: their limits, their subscriptions and their queues. */
import { expect, test } from 'vitest';
import type { Sessions } from './sessions.ts';
import { dropped, enqueue, leaving, message, sessions, staying, subscribe, subscribed } from './testing/sessions.ts';

const queuedTexts = (store: Sessions, id: string) =>
  [...store.attach(id).queue.items()].map(({ payload }) => String(payload));

test('retained messages are bounded in number and bytes; at the limit existing ones can still be replaced and deleted', async () => {
  const store = sessions({ maxRetained: 2, maxRetainedBytes: 12 });
  for (const topic of ['a', 'b', 'c']) store.retained.store(message(topic, '1234'));
  store.retained.store(message('a', '123456789'));
  expect(dropped).toEqual(['retained', 'retained']);
  store.retained.store(message('b', '12'));
  store.retained.store(message('a', '12345678'));
  expect(dropped.length).toBe(2);
  store.retained.store(message('b', ''));
  expect(store.sizes().retained).toBe(1);
  const kept: string[] = [];
  for (const packet of store.retained.matching('#')) if (packet !== undefined) kept.push(String(packet.payload));
  expect(kept).toEqual(['12345678']);
});

test('at the limit the oldest session of an absent client is deleted for a new one', async () => {
  const store = sessions({ maxSessions: 2 }, ['a']);
  for (const id of ['a', 'b', 'c']) await subscribe(store, id, [{ topic: 't', qos: 1 }]);
  expect(subscribed(store, 't')).toEqual([
    ['a', 1],
    ['c', 1],
  ]);
  expect(dropped).toEqual(['session']);
});

test('a device with invented client ids evicts only its own older sessions', async () => {
  const store = sessions({ maxSessions: 10, maxSessionsEach: 3 });
  await subscribe(store, 'panel/wall', [{ topic: 't', qos: 1 }]);
  store.inbound.begin(staying('other/1'), 1, Promise.resolve());
  for (let i = 0; i < 50; i++) {
    await subscribe(store, `bad/${i}`, [{ topic: 't', qos: 1 }]);
    store.inbound.begin(staying(`bad/${i}`), 1, Promise.resolve());
  }
  const held = ['panel/wall', 'bad/47', 'bad/48', 'bad/49'];
  expect(subscribed(store, 't').map(([id]) => id)).toEqual(held);
  expect(store.inbound.admissionOf(staying('other/1'), 1)).toBeDefined();
  expect(store.sizes()).toMatchObject({ sessions: 5, inbound: 4 });
});

test('the retained messages of one device are bounded; those of the gateway are never refused', async () => {
  const store = sessions({ maxRetained: 3, maxRetainedBytes: 100, maxRetainedEach: 2, maxRetainedBytesEach: 20 });
  const retain = (device: string, topic: string, bytes: number) => store.retained.mayRetain(device, topic, bytes);
  expect([retain('bad', 'a', 4), retain('bad', 'b', 4), retain('bad', 'c', 4)]).toEqual([true, true, false]);
  expect(retain('good', 'd', 4)).toBe(true);
  expect(retain('bad', 'a', 17)).toBe(false);
  expect([retain('bad', 'a', 16), retain('bad', 'a', 0), retain('bad', 'c', 4)]).toEqual([true, true, true]);
  for (const topic of ['tele/bad/1', 'tele/bad/2', 'forpost/devices/x/readings', 'tele/bad/3'])
    store.retained.store(message(topic, '1234'));
  for (const topic of ['forpost/alarms/overload/x', 'forpost/status']) store.retained.store(message(topic, '1234'));
  expect(store.sizes().retained).toBe(5);
});

test('a message that matches several filters of a session is queued once, with the highest QoS', async () => {
  const store = sessions({});
  await subscribe(store, 'a', [
    { topic: 'x/#', qos: 1 },
    { topic: 'x/+', qos: 2 },
    { topic: 'x/y', qos: 0 },
  ]);
  expect(subscribed(store, 'x/y')).toEqual([['a', 2]]);
  store.subscriptions.drop(store.attach('a'), 'x/+');
  expect(subscribed(store, 'x/y')).toEqual([['a', 1]]);
  store.endSession('a');
  expect(subscribed(store, 'x/y')).toEqual([]);
});

test('a queued QoS 2 message stays through PUBREC and PUBREL until it is acknowledged', async () => {
  const store = sessions({});
  const client = { id: 'a' };
  await subscribe(store, client.id, [{ topic: 't', qos: 2 }]);
  enqueue(store, message('t', 'x', { qos: 2 }));
  const session = store.attach('a');
  const item = session.queue.oldest()!;
  await store.queues.sent(session, item, 42);
  expect(session.queue.byId(42)).toMatchObject({ released: false, qos: 2 });
  await store.queues.released(session, item);
  expect([...session.queue.items()]).toMatchObject([{ messageId: 42, released: true }]);
  expect(item.payload.length).toBe(0);
  store.queues.unqueue(session, item);
  expect(store.sizes().queued).toBe(0);
});

test('QoS 2 publishes between PUBREC and PUBREL are bounded, and a publish with a failed commit is forgotten', async () => {
  const store = sessions({ maxInbound: 3, maxInboundAll: 0 });
  for (const client of [staying('meter/1'), leaving('meter/1')]) {
    const failed = Promise.reject(new Error('disk'));
    store.inbound.begin(client, 9, failed);
    await failed.catch(() => undefined);
    expect(store.inbound.admissionOf(client, 9)).toBeUndefined();
    for (const id of [1, 2, 3, 4]) store.inbound.begin(client, id, Promise.resolve());
    expect([1, 2, 3, 4].map((id) => store.inbound.admissionOf(client, id) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  }
  store.inbound.forget(leaving('meter/1'));
  expect(store.sizes().inbound).toBe(1);
});

test('a client may exceed its share of QoS 2 publishes in flight while there are few in all, and always has its share', () => {
  const store = sessions({ maxInbound: 3, maxInboundAll: 100 });
  const begin = (client: string, ids: number) => {
    for (let id = 1; id <= ids; id++) store.inbound.begin(staying(client), id, Promise.resolve());
  };
  const kept = (client: string) =>
    Array.from({ length: 200 }, (_, n) => store.inbound.admissionOf(staying(client), n + 1)).filter(
      (one) => one !== undefined,
    ).length;
  begin('meter/1', 97);
  expect(kept('meter/1')).toBe(97);
  begin('meter/2', 20);
  expect([kept('meter/1'), kept('meter/2')]).toEqual([97, 3]);
  begin('other/1', 3);
  expect(kept('other/1')).toBe(3);
});

test('the length of its topic counts towards the queued bytes of a message', async () => {
  const store = sessions({ maxQueuedBytes: 1000 });
  await subscribe(store, 'a', [{ topic: '#', qos: 1 }]);
  for (let n = 0; n < 10; n++) enqueue(store, message('t'.repeat(400), ''));
  expect(store.sizes().queued).toBe(2);
});

test('all queues together are bounded: the longest queue drops its oldest message', async () => {
  const store = sessions({ maxQueuedBytesAll: 39 });
  for (const [id, topic] of [
    ['long', '#'],
    ['short', 't/short'],
  ] as const)
    await subscribe(store, id, [{ topic, qos: 1 }]);
  const deliver = (topic: string, text: string) => enqueue(store, message(topic, text));
  deliver('t/1', 'aaaa');
  deliver('t/2', 'bbbb');
  deliver('t/short', 'c');
  expect(dropped).toEqual([]);
  deliver('t/short', 'd');
  expect(dropped).toEqual(['queued']);
  expect(queuedTexts(store, 'long')).toEqual(['bbbb', 'c', 'd']);
  expect(queuedTexts(store, 'short')).toEqual(['c', 'd']);
});

test('sessions that are read late from a full disk are restored, except those of clients that have a new session by then', async () => {
  const store = sessions({});
  await subscribe(store, 'panel/early', [{ topic: 'new', qos: 1 }]);
  store.inbound.admissionOf(staying('meter/early'), 1);
  const stored = (session: number, client: string, filter: string) => ({
    session,
    client,
    absentMs: 0,
    subscriptions: [{ filter, qos: 1 as const }],
    inbound: [7],
    queue: [
      {
        session,
        message: session * 10,
        topic: filter,
        payload: new Uint8Array(1),
        qos: 1 as const,
        messageId: null,
        released: false,
      },
    ],
  });
  store.recall({
    sessions: [stored(1, 'panel/early', 'old'), stored(2, 'panel/away', 'old')],
    retained: [{ topic: 't', payload: new Uint8Array(1), qos: 1, owner: 'meter' }],
  });
  expect(store.queues.nextMessage()).toBe(21);
  expect(subscribed(store, 'old')).toEqual([['panel/away', 1]]);
  expect(subscribed(store, 'new')).toEqual([['panel/early', 1]]);
  expect(store.inbound.admissionOf(staying('panel/early'), 7)).toBeUndefined();
  expect(store.inbound.admissionOf(staying('panel/away'), 7)).toBeDefined();
  // its session number is not one of the disk's
  expect(store.inbound.receivedChange(staying('panel/early'), 1)).toMatchObject({ session: 3 });
  expect(store.sizes()).toMatchObject({ sessions: 3, queued: 1, retained: 1 });
});
