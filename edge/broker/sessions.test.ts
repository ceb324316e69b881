import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { type MqttStateStore, noStateStore } from '../mqtt-state/mqtt-state.ts';
import { grantOf } from './grants.ts';
import { Message, type MessageFields } from './message.ts';
import type { SessionLimits } from './session.ts';
import { Sessions } from './sessions.ts';
import type { Subscription } from './subscription.ts';
import { HeldStorage } from './testing/broker.ts';

const dropped: string[] = [];
const clock = new FakeClock();

function sessions(
  limits: Partial<SessionLimits>,
  connected: readonly string[] = [],
  storage: MqttStateStore = noStateStore,
): Sessions {
  dropped.length = 0;
  return new Sessions({
    limits,
    storage,
    clock,
    isConnected: (id) => connected.includes(id),
    onDropped: (what) => dropped.push(what),
  });
}

/** A client whose session outlives its connection. */
const staying = (id: string) => ({ id, stays: true });
const leaving = (id: string) => ({ id, stays: false });

function message(topic: string, text: string, change: Partial<MessageFields> = {}): Message {
  return new Message({ topic, payload: Buffer.from(text), qos: 1, retain: true, ...change });
}

/** As SUBSCRIBE does it. */
async function subscribe(store: Sessions, id: string, subscriptions: readonly Subscription[]): Promise<void> {
  const session = store.attach(id);
  await store.subscriptions.saved(session, store.subscriptions.save(session, subscriptions));
  store.subscriptions.apply(session, subscriptions);
}

/** Who has a session and subscribed to this, with which QoS. */
const subscribed = (store: Sessions, topic: string) =>
  store.index.match(topic).stored.map(({ subscriber, qos }) => [subscriber.client, qos]);

/** Has a message queued for all who have subscribed to it. */
function enqueue(store: Sessions, one: Message): void {
  for (const match of store.index.match(one.topic).stored)
    store.queues.enqueue(store.attach(match.subscriber.client), one, grantOf(match, one)!, undefined);
}

const queuedTexts = (store: Sessions, id: string) =>
  [...store.attach(id).queue.items()].map(({ payload }) => String(payload));

test('retained messages are bounded in number and bytes; what is there can still be changed and taken away', async () => {
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

test('beyond the limit the longest known session of an absent client makes room', async () => {
  const store = sessions({ maxSessions: 2 }, ['a']);
  for (const id of ['a', 'b', 'c']) await subscribe(store, id, [{ topic: 't', qos: 1 }]);
  expect(subscribed(store, 't')).toEqual([
    ['a', 1],
    ['c', 1],
  ]);
  expect(dropped).toEqual(['session']);
});

test('a device that makes client ids up takes no session from others, and keeps the newest of its own', async () => {
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

test('what one device may have retained is bounded, and what the gateway says itself is never refused', async () => {
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

test('a client with several matching subscriptions is queued for once, with the highest QoS', async () => {
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

test('a queued message lives until its acknowledgement, through PUBREC and PUBREL where it is of QoS 2', async () => {
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

test('QoS 2 publishes between PUBREC and PUBREL are bounded, and one whose commit failed is forgotten', async () => {
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

test('a client has as many QoS 2 publishes under way as it likes while there are few, and its share in any case', () => {
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

test('a QoS 2 publish whose commit is not over is told of to a new disk only once it is, and never where it was refused', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const client = staying('a');
  const commit = Promise.withResolvers<void>();
  const refusal = Promise.withResolvers<void>();
  store.inbound.begin(client, 1, Promise.resolve());
  await isSettled(commit.promise);
  store.inbound.begin(client, 2, commit.promise);
  store.inbound.begin(client, 3, refusal.promise);
  disk.changes.length = 0;
  disk.anew();
  expect(disk.changes).toEqual(['session', 'received']);
  refusal.reject(new Error('full'));
  await isSettled(refusal.promise);
  expect(disk.changes).toEqual(['session', 'received']);
  commit.resolve();
  await isSettled(commit.promise);
  expect(disk.changes).toEqual(['session', 'received', 'received']);
});

test('a long topic counts to what is queued', async () => {
  const store = sessions({ maxQueuedBytes: 1000 });
  await subscribe(store, 'a', [{ topic: '#', qos: 1 }]);
  for (let n = 0; n < 10; n++) enqueue(store, message('t'.repeat(400), ''));
  expect(store.sizes().queued).toBe(2);
});

/** Whether a promise is settled once everything that is due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test('a subscription holds, and is answered, once it is on disk; one that the disk refused holds not at all', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const asked = subscribe(store, 'a', [{ topic: 't', qos: 1 }]);
  expect(await isSettled(asked)).toBe(false);
  expect(subscribed(store, 't')).toEqual([]);
  disk.end(new Error('full'));
  await expect(asked).rejects.toThrow('full');
  expect(subscribed(store, 't')).toEqual([]);
  expect(disk.changes).toEqual(['session', 'subscribed', 'unsubscribed']);
  const again = subscribe(store, 'a', [{ topic: 't', qos: 1 }]);
  disk.end();
  await again;
  expect(subscribed(store, 't')).toEqual([['a', 1]]);
  store.subscriptions.drop(store.attach('a'), 't');
  const removed = store.subscriptions.dropped();
  expect(await isSettled(removed)).toBe(false);
  disk.end();
  await removed;
});

test('a subscription that is on disk already is answered on a disk that takes nothing', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const first = subscribe(store, 'a', [{ topic: 't', qos: 2 }]);
  disk.end();
  await first;
  await subscribe(store, 'a', [{ topic: 't', qos: 2 }]);
  expect(subscribed(store, 't')).toEqual([['a', 2]]);
  // but not with other options of MQTT 5
  expect(await isSettled(subscribe(store, 'a', [{ topic: 't', qos: 2, noLocal: true }]))).toBe(false);
});

test('a packet id of QoS 2 is free again once the disk knows it, and not where it refuses', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const client = staying('a');
  store.inbound.begin(client, 5, Promise.resolve());
  const refused = store.inbound.end(client, 5);
  expect(await isSettled(refused)).toBe(false);
  disk.end(new Error('full'));
  await expect(refused).rejects.toThrow('full');
  expect(store.inbound.admissionOf(client, 5)).toBeDefined();
  const released = store.inbound.end(client, 5);
  await isSettled(released);
  disk.end();
  await released;
  expect(store.inbound.admissionOf(client, 5)).toBeUndefined();
});

test.each(['under way', 'taken'])(
  'a PUBREL that came twice does not end the next publish under its packet id, which is %s',
  async (standing) => {
    const disk = new HeldStorage();
    const store = sessions({}, [], disk);
    const client = staying('a');
    store.inbound.begin(client, 5, Promise.resolve());
    const first = store.inbound.end(client, 5);
    const second = store.inbound.end(client, 5);
    await isSettled(second);
    disk.end(undefined, 1);
    await first;
    expect(store.inbound.admissionOf(client, 5)).toBeUndefined();
    // PUBCOMP has gone, and the client uses the packet id again
    const commit = Promise.withResolvers<void>();
    store.inbound.begin(client, 5, commit.promise);
    if (standing === 'taken') commit.resolve();
    await isSettled(commit.promise);
    disk.end();
    await second;
    expect(store.inbound.admissionOf(client, 5)).toBeDefined();
    const changes = [...disk.changes];
    const third = store.inbound.end(client, 5);
    commit.resolve();
    await isSettled(third);
    disk.end();
    await third;
    expect(store.inbound.admissionOf(client, 5)).toBeUndefined();
    expect(disk.changes).toEqual([...changes, 'released']);
  },
);

test('a PUBREL whose publish was refused, and whose packet id is a new publish’s since, leaves that alone', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const client = staying('a');
  const refusal = Promise.withResolvers<void>();
  store.inbound.begin(client, 5, refusal.promise);
  const released = store.inbound.end(client, 5);
  refusal.promise.catch(() => store.inbound.begin(client, 5, Promise.resolve()));
  refusal.reject(new Error('full'));
  await isSettled(released);
  disk.end();
  await released;
  expect(store.inbound.admissionOf(client, 5)).toBeDefined();
  expect(disk.changes).not.toContain('released');
});

test('a QoS 2 publish that the bound forgets under way goes from the disk after its commit', async () => {
  const disk = new HeldStorage();
  const store = sessions({ maxInbound: 1, maxInboundAll: 0 }, [], disk);
  const client = staying('a');
  const commits = [1, 2, 3].map(() => Promise.withResolvers<void>());
  commits.forEach(({ promise }, i) => {
    store.inbound.begin(client, i + 1, promise);
  });
  await isSettled(Promise.resolve());
  expect(disk.changes).not.toContain('released');
  commits[0]?.resolve();
  await isSettled(Promise.resolve());
  expect(disk.changes.filter((kind) => kind === 'released')).toHaveLength(1);
  // nothing of this one is on disk
  commits[1]?.reject(new Error('full'));
  await isSettled(Promise.resolve());
  expect(disk.changes.filter((kind) => kind === 'released')).toHaveLength(1);
});

test('of QoS 2 nothing goes out before the disk knows its packet id; QoS 1 does not wait', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const first = subscribe(store, 'a', [{ topic: 't', qos: 2 }]);
  disk.end();
  await first;
  for (const qos of [1, 2] as const) enqueue(store, message('t', 'x', { qos }));
  const session = store.attach('a');
  const [one, two] = [...session.queue.items()];
  expect(store.queues.sent(session, one!, 1)).toBeUndefined();
  expect(await isSettled(store.queues.sent(session, two!, 2)!)).toBe(false);
  const released = store.queues.released(session, two!);
  expect(await isSettled(released)).toBe(false);
  disk.end();
  await released;
});

test('all queues together are bounded: the longest loses its oldest', async () => {
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

test('before a full disk lets anything be read, subscriptions hold and no PUBCOMP is sent', async () => {
  const disk = new HeldStorage();
  disk.read = false;
  const store = sessions({}, [], disk);
  await subscribe(store, 'a', [{ topic: 't', qos: 1 }]);
  expect(subscribed(store, 't')).toEqual([['a', 1]]);
  const client = staying('a');
  await expect(store.inbound.end(client, 5)).rejects.toThrow();
});

test('what a full disk lets be read late is taken in beside who has come meanwhile, whose session is a new one', async () => {
  const store = sessions({});
  await subscribe(store, 'panel/early', [{ topic: 'new', qos: 1 }]);
  store.inbound.admissionOf(staying('meter/early'), 1);
  const stored = (session: number, client: string, filter: string) => ({
    ...{ session, client, absentMs: 0, subscriptions: [{ filter, qos: 1 as const }], inbound: [7] },
    queue: [
      {
        ...{ session, message: session * 10, topic: filter, payload: new Uint8Array(1), qos: 1 as const },
        ...{ messageId: null, released: false },
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
  // its number is none of the disk's
  expect(store.inbound.receivedChange(staying('panel/early'), 1)).toMatchObject({ session: 3 });
  expect(store.sizes()).toMatchObject({ sessions: 3, queued: 1, retained: 1 });
});
