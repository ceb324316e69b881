import { expect, test } from 'vitest';
import { Redeliveries } from '../broker/redeliveries.ts';
import {
  clientKey,
  maxClients,
  maxClientsEach,
  PackedRedeliveries,
  perClient,
  publishHash,
  type Redelivery,
} from './redelivery.ts';

const hash = publishHash('forpost/devices/meter/readings', Buffer.from('{"values":{}}'), 1);
const meter = clientKey('meter', 'meter/1');
const done = Promise.resolve();

function packed(records: readonly Redelivery[]): Uint8Array {
  const all = PackedRedeliveries.ofLength(records.length);
  records.forEach((record, n) => {
    all.set(n, record);
  });
  return all.bytes;
}

function unpacked(records: PackedRedeliveries): Redelivery[] {
  return Array.from({ length: records.length }, (_, n) => records.get(n));
}

const fold = (blobs: readonly Uint8Array[]) => PackedRedeliveries.from(blobs).folded();

test('a packed redelivery record is read back unchanged, also with the largest values', () => {
  const records = [
    { client: meter, messageId: 65_535, hash },
    { client: 2 ** 53 - 1, messageId: 1, hash: 2 ** 36 - 1 },
  ];
  expect(unpacked(PackedRedeliveries.from([packed(records)]))).toEqual(records);
});

test('a redelivery is recognised by topic and payload, whatever their length', () => {
  const hashes = ['a', 'ab', 'x'.repeat(513), 'x'.repeat(514), '']
    .flatMap((payload) => ['t', 't/1'].map((topic) => publishHash(topic, Buffer.from(payload), 1)))
    .concat(hash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(Math.max(...hashes)).toBeLessThan(2 ** 36);
});

test('folding keeps the newest of each packet id and client, in order, within all bounds', () => {
  const one = (messageId: number, of: number, client = meter) => ({ client, messageId, hash: of });
  expect(unpacked(fold([packed([one(1, 10), one(2, 20)]), packed([one(1, 11)])]))).toEqual([one(2, 20), one(1, 11)]);
  const many = Array.from({ length: 3000 }, (_, i) => one((i % 2000) + 1, i));
  const kept = unpacked(fold([packed(many)]));
  expect(kept).toEqual(many.slice(-perClient));
  // a principal that invents client ids, and many other principals
  const ownIds = Array.from({ length: 100 }, (_, i) => one(1, i, clientKey('bad', `bad/${i}`)));
  const crowd = Array.from({ length: 1200 }, (_, i) => one(1, i, clientKey(`d-${i}`, `d-${i}/1`)));
  expect(unpacked(fold([packed(ownIds)])).length).toBe(maxClientsEach);
  expect(unpacked(fold([packed(crowd), packed(ownIds)])).length).toBe(maxClients);
  // among very many busy clients each keeps its share
  const busy = Array.from({ length: 128 }, (_, c) => clientKey(`b-${c}`, `b-${c}/1`));
  const blobs = Array.from({ length: 1000 }, (_, i) => packed(busy.map((client) => one(i + 1, i, client))));
  const shares = unpacked(fold(blobs));
  expect(shares.length).toBe(65_536);
  expect(new Set(shares.map(({ client }) => client)).size).toBe(128);
});

test('only the newest publish under its packet id is recognised as redelivered', () => {
  const known = new Redeliveries();
  expect(known.find({ client: meter, messageId: 1, hash })).toBeUndefined();
  known.note({ client: meter, messageId: 1, hash }, done).committed();
  expect(known.find({ client: meter, messageId: 1, hash })).toBeDefined();
  expect(known.find({ client: meter, messageId: 2, hash })).toBeUndefined();
  expect(known.find({ client: clientKey('other', 'other/1'), messageId: 1, hash })).toBeUndefined();
  known.note({ client: meter, messageId: 1, hash: 5 }, done).committed();
  expect(known.find({ client: meter, messageId: 1, hash })).toBeUndefined();
});

test('a refused publish is forgotten, and a redelivery of one under way waits for the same commit', () => {
  const known = new Redeliveries();
  const admission = new Promise<void>(() => undefined);
  const noted = known.note({ client: meter, messageId: 1, hash }, admission);
  expect(known.find({ client: meter, messageId: 1, hash })).toBe(admission);
  noted.refused();
  expect(known.find({ client: meter, messageId: 1, hash })).toBeUndefined();
});

test('remembered publishes and clients are bounded, and invented client ids evict no other principal', () => {
  const known = new Redeliveries();
  known.note({ client: meter, messageId: 60_000, hash }, done);
  for (let i = 1; i < perClient; i++) known.note({ client: meter, messageId: i, hash: i }, done);
  expect(known.find({ client: meter, messageId: 60_000, hash })).toBeDefined();
  known.note({ client: meter, messageId: perClient, hash: 0 }, done);
  expect(known.find({ client: meter, messageId: 60_000, hash })).toBeUndefined();
  expect(known.find({ client: meter, messageId: 2, hash: 2 })).toBeDefined();
  for (let i = 0; i < 5000; i++) known.note({ client: clientKey('bad', `bad/${i}`), messageId: 1, hash: i }, done);
  expect(known.clients).toBe(1 + maxClientsEach);
  expect(known.find({ client: clientKey('bad', 'bad/4999'), messageId: 1, hash: 4999 })).toBeDefined();
  for (let i = 0; i < 1500; i++) known.note({ client: clientKey(`d-${i}`, 'x'), messageId: 1, hash: i }, done);
  expect(known.clients).toBe(maxClients);
});

test('publishes from before a restart are recognised', () => {
  const known = new Redeliveries();
  known.recall(packed([1, 2, 3].map((messageId) => ({ client: meter, messageId, hash: messageId }))));
  expect([1, 2, 3].map((messageId) => known.find({ client: meter, messageId, hash: 2 }) !== undefined)).toEqual([
    false,
    true,
    false,
  ]);
});
