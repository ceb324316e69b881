/** Sessions on a disk whose commits the test ends: what waits for the disk, and what is on it. */
import { expect, test } from 'vitest';
import { HeldStorage } from './testing/broker.ts';
import { enqueue, isSettled, message, sessions, staying, subscribe, subscribed } from './testing/sessions.ts';

test('a subscription takes effect once it is on disk, and not if the disk refuses it', async () => {
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

test('a repeated subscription that is on disk is granted while the disk refuses writes', async () => {
  const disk = new HeldStorage();
  const store = sessions({}, [], disk);
  const first = subscribe(store, 'a', [{ topic: 't', qos: 2 }]);
  disk.end();
  await first;
  await subscribe(store, 'a', [{ topic: 't', qos: 2 }]);
  expect(subscribed(store, 't')).toEqual([['a', 2]]);
  // with other MQTT 5 options it must be written again
  expect(await isSettled(subscribe(store, 'a', [{ topic: 't', qos: 2, noLocal: true }]))).toBe(false);
});

test('a QoS 2 message is sent once its packet id is on disk; a QoS 1 message does not wait', async () => {
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

test('while a full disk cannot be read yet, subscriptions take effect and no PUBCOMP is sent', async () => {
  const disk = new HeldStorage();
  disk.read = false;
  const store = sessions({}, [], disk);
  await subscribe(store, 'a', [{ topic: 't', qos: 1 }]);
  expect(subscribed(store, 't')).toEqual([['a', 1]]);
  const client = staying('a');
  await expect(store.inbound.end(client, 5)).rejects.toThrow();
});

test('a new disk gets a QoS 2 publish only after its commit, and never a refused one', async () => {
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

test('the packet id of a QoS 2 publish is free again only once the disk has stored its release', async () => {
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

test.each(['under way', 'committed'])(
  'a repeated PUBREL does not end the next publish with its packet id, whose commit is %s',
  async (state) => {
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
    // the client has PUBCOMP and reuses the packet id
    const commit = Promise.withResolvers<void>();
    store.inbound.begin(client, 5, commit.promise);
    if (state === 'committed') commit.resolve();
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

test('the PUBREL of a refused publish does not end a new publish with the same packet id', async () => {
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

test('a QoS 2 publish that is forgotten at the limit before its commit is deleted from disk after the commit', async () => {
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
  // this publish was refused and is not on disk
  commits[1]?.reject(new Error('full'));
  await isSettled(Promise.resolve());
  expect(disk.changes.filter((kind) => kind === 'released')).toHaveLength(1);
});
