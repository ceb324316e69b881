import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { boundAnswers, defaultBatchMb, installCodecs } from './codecs.ts';

installCodecs();

interface Encoded {
  readonly buffer: Buffer;
}
type DecodedRecord = { readonly offset: string; readonly value: Buffer };
const load = createRequire(import.meta.url);
const { RecordBatch }: { RecordBatch(batch: object): Promise<Encoded> } = load('kafkajs/src/protocol/recordBatch/v0');
const recordOf: (record: object) => Encoded = load('kafkajs/src/protocol/recordBatch/record/v0');
const Decoder: new (bytes: Buffer) => object = load('kafkajs/src/protocol/decoder');
const decodeMessages: (decoder: object) => Promise<DecodedRecord[]> = load(
  'kafkajs/src/protocol/requests/fetch/v4/decodeMessages',
);

const mebi = 1024 * 1024;

/** A batch of one record of `bytes` zeros, as it stands in a broker's answer: a few KB. */
async function batchOf(bytes: number): Promise<Buffer> {
  const records = [recordOf({ key: Buffer.from('gw-1'), value: Buffer.alloc(bytes) })];
  return (await RecordBatch({ compression: kafkajs.CompressionTypes.ZSTD, records })).buffer;
}

/** An answer's partitions of `count` such batches each, unpacked one after the other as kafkajs does. */
async function decoded(batch: Buffer, count: number, partitions: number): Promise<number[]> {
  const part = Buffer.concat(Array.from({ length: count }, () => batch));
  const size = Buffer.alloc(4);
  size.writeInt32BE(part.length);
  const answer = new Decoder(Buffer.concat(Array.from({ length: partitions }, () => [size, part]).flat()));
  const records: number[] = [];
  for (let i = 0; i < partitions; i++) records.push((await decodeMessages(answer)).length);
  return records;
}

test('each partition is unpacked up to its bound, so that every partition progresses', async () => {
  const batch = await batchOf(15 * mebi);
  expect(batch.length).toBeLessThan(4096);
  const enough = Math.ceil(((defaultBatchMb / 4) * mebi) / (15 * mebi));
  expect(await decoded(batch, 8, 2)).toEqual([enough, enough]);
});

test('an answer is unpacked up to the bound for all partitions, and the rest is fetched with the next answer', async () => {
  const batch = await batchOf(60 * mebi);
  const enough = Math.ceil((defaultBatchMb * mebi) / (60 * mebi));
  expect(await decoded(batch, 2, 8)).toEqual(Array.from({ length: 8 }, (_, i) => (i < enough ? 1 : 0)));
});

test('the configuration bounds how much is unpacked at once', async () => {
  onTestFinished(() => boundAnswers(defaultBatchMb));
  boundAnswers(8);
  expect(await decoded(await batchOf(mebi - 100), 20, 6)).toEqual([3, 3, 3, 0, 0, 0]);
});

test('the readings of a usual answer are unpacked whole', async () => {
  expect(await decoded(await batchOf(900_000), 15, 2)).toEqual([15, 15]);
});
