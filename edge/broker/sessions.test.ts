import { expect, test } from 'vitest';
import { type SessionLimits, Sessions, type StoredPacket } from './sessions.ts';

const dropped: string[] = [];

function sessions(limits: Partial<SessionLimits>, connected: readonly string[] = []): Sessions {
  dropped.length = 0;
  return new Sessions({
    limits,
    isConnected: (id) => connected.includes(id),
    mayHold: () => true,
    gateOf: () => undefined,
    onDropped: (what) => dropped.push(what),
  });
}

function message(topic: string, text: string, change: Partial<StoredPacket> = {}): StoredPacket {
  return { cmd: 'publish', topic, payload: Buffer.from(text), qos: 1, retain: true, dup: false, ...change };
}

test('retained messages are bounded in number and bytes; what is there can still be changed and taken away', async () => {
  const store = sessions({ maxRetained: 2, maxRetainedBytes: 10 });
  for (const topic of ['a', 'b', 'c']) await store.storeRetained(message(topic, '1234'));
  await store.storeRetained(message('a', '123456789'));
  expect(dropped).toEqual(['retained', 'retained']);
  await store.storeRetained(message('b', '12'));
  await store.storeRetained(message('a', '12345678'));
  expect(dropped.length).toBe(2);
  await store.storeRetained(message('b', ''));
  expect(store.sizes().retained).toBe(1);
  const kept: string[] = [];
  for await (const packet of store.createRetainedStreamCombi(['#'])) kept.push(String(packet.payload));
  expect(kept).toEqual(['12345678']);
});

test('beyond the limit the longest known session of an absent client makes room', async () => {
  const store = sessions({ maxSessions: 2 }, ['a']);
  for (const id of ['a', 'b', 'c']) await store.addSubscriptions({ id }, [{ topic: 't', qos: 1 }]);
  expect((await store.subscriptionsByTopic('t')).map(({ clientId }) => clientId)).toEqual(['a', 'c']);
  expect(dropped).toEqual(['session']);
});

test('a device that makes client ids up takes no session from others, and keeps the newest of its own', async () => {
  const store = sessions({ maxSessions: 10, maxSessionsEach: 3, maxInbound: 3 });
  await store.addSubscriptions({ id: 'panel/wall' }, [{ topic: 't', qos: 1 }]);
  store.beginInbound('other/1', 1, Promise.resolve());
  for (let i = 0; i < 50; i++) {
    await store.addSubscriptions({ id: `bad/${i}` }, [{ topic: 't', qos: 1 }]);
    store.beginInbound(`bad/${i}`, 1, Promise.resolve());
  }
  const held = ['panel/wall', 'bad/47', 'bad/48', 'bad/49'];
  expect((await store.subscriptionsByTopic('t')).map(({ clientId }) => clientId)).toEqual(held);
  expect(store.inbound('other/1', 1)).toBeDefined();
  expect(store.sizes()).toMatchObject({ sessions: 4, inbound: 4 });
});

test('what one device may have retained is bounded, and what the gateway says itself is never refused', async () => {
  const store = sessions({ maxRetained: 3, maxRetainedBytes: 100, maxRetainedEach: 2, maxRetainedBytesEach: 20 });
  const retain = (device: string, topic: string, bytes: number) => store.mayRetain(device, topic, bytes);
  expect([retain('bad', 'a', 4), retain('bad', 'b', 4), retain('bad', 'c', 4)]).toEqual([true, true, false]);
  expect(retain('good', 'd', 4)).toBe(true);
  expect(retain('bad', 'a', 17)).toBe(false);
  expect([retain('bad', 'a', 16), retain('bad', 'a', 0), retain('bad', 'c', 4)]).toEqual([true, true, true]);
  for (const topic of ['tele/bad/1', 'tele/bad/2', 'forpost/devices/x/readings', 'tele/bad/3'])
    await store.storeRetained(message(topic, '1234'));
  for (const topic of ['forpost/alarms/overload/x', 'forpost/status'])
    await store.storeRetained(message(topic, '1234'));
  expect(store.sizes().retained).toBe(5);
});

test('a client with several matching subscriptions is queued for once, with the highest QoS', async () => {
  const store = sessions({});
  await store.addSubscriptions({ id: 'a' }, [
    { topic: 'x/#', qos: 1 },
    { topic: 'x/+', qos: 2 },
    { topic: 'x/y', qos: 0 },
  ]);
  expect(await store.subscriptionsByTopic('x/y')).toMatchObject([{ clientId: 'a', qos: 2 }]);
  await store.removeSubscriptions({ id: 'a' }, ['x/+']);
  expect(await store.subscriptionsByTopic('x/y')).toMatchObject([{ clientId: 'a', qos: 1 }]);
  await store.cleanSubscriptions({ id: 'a' });
  expect(await store.subscriptionsByTopic('x/y')).toEqual([]);
});

test('a queued message lives until its acknowledgement, through PUBREC and PUBREL where it is of QoS 2', async () => {
  const store = sessions({});
  const client = { id: 'a' };
  await store.addSubscriptions(client, [{ topic: 't', qos: 2 }]);
  const packet = message('t', 'x', { qos: 2, brokerId: 'b', brokerCounter: 7 });
  await store.outgoingEnqueue({ clientId: 'a' }, packet);
  await store.outgoingUpdate(client, { ...packet, messageId: 42 });
  expect(await store.outgoingClearMessageId(client, message('t', ''))).toBeUndefined();
  const pubrel = { cmd: 'pubrel', messageId: 42 } as StoredPacket;
  await store.outgoingUpdate(client, pubrel);
  const queued: StoredPacket[] = [];
  for await (const one of store.outgoingStream(client)) queued.push(one);
  expect(queued).toEqual([pubrel]);
  await store.outgoingClearMessageId(client, pubrel);
  expect(store.sizes().queued).toBe(0);
});

test('QoS 2 publishes between PUBREC and PUBREL are bounded, and one whose commit failed is forgotten', async () => {
  const store = sessions({ maxInbound: 3, maxSessions: 2 });
  const failed = Promise.reject(new Error('disk'));
  store.beginInbound('a', 9, failed);
  await failed.catch(() => undefined);
  expect(store.inbound('a', 9)).toBeUndefined();
  for (const id of [1, 2, 3, 4]) store.beginInbound('a', id, Promise.resolve());
  expect([1, 2, 3, 4].map((id) => store.inbound('a', id) !== undefined)).toEqual([false, true, true, true]);
  for (const client of ['b', 'c', 'd']) store.beginInbound(client, 1, Promise.resolve());
  expect(store.sizes().inbound).toBe(2);
});
