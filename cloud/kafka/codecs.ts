/**
 * The codecs with which kafkajs unpacks batches of records, with a bound. The whole process has one table of codecs.
 *
 * kafkajs ends a consumer that cannot unpack a batch, and the next consumer meets the same batch: one batch of a foreign
 * producer would stop all partitions for ever. So a batch that cannot be unpacked is handed on as stand-ins, one for each
 * record that the batch counts, at the record's offset. `unreadableHeader` says why; the first stand-in holds the batch
 * as it came.
 *
 * kafkajs unpacks a broker's whole answer before it hands on any record, and a batch of 1 KB may unpack to 64 MB:
 *
 *   batches of a partition ──► unpacked, until they come to `enough` (below) ──► the rest as if the answer had ended
 *                              (the first of each partition always)                 there: it is fetched again later
 *
 * Always: one batch unpacks to at most `maxUnpackedBytes`, and one answer to one batch more than `boundAnswers` says. A
 * batch that unpacks is handed on unchanged, in the order of its partition.
 */
import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import kafkajs from 'kafkajs';

export const unreadableHeader = 'forpost-unreadable';

/** Three times the size of a gateway's batch. A broker's limit of 1 MB counts packed bytes. */
export const maxUnpackedBytes = 64 * 1024 * 1024;

const mebi = 1024 * 1024;
/** The centre's memory grows by some five times that while the batch becomes events and rows. */
export const defaultBatchMb = 64;
/** One partition gets a quarter of an answer's bound: four backlogs are read side by side. */
const partitionsAtOnce = 4;
const enough = { ofPartition: 0, ofAnswer: 0 };
boundAnswers(defaultBatchMb);

/**
 * Sets how many MB of a broker's answer are unpacked at once. A packed answer has up to 10 MB, 1 MB of each partition,
 * and readings pack 18 to 33 times. The rest is fetched again with the next answer.
 */
export function boundAnswers(megabytes: number): void {
  enough.ofAnswer = megabytes * mebi;
  enough.ofPartition = enough.ofAnswer / partitionsAtOnce;
}

const pack = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };
const unpack = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };
const limit = { maxOutputLength: maxUnpackedBytes };

export function installCodecs(): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  codecs[types.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => pack.zstd(encoder.buffer),
    decompress: (packed: Buffer) => orStandIns(packed, 'zstd', () => unpack.zstd(packed, limit)),
  });
  codecs[types.GZIP] = () => ({
    compress: (encoder: { buffer: Buffer }) => pack.gzip(encoder.buffer),
    decompress: (packed: Buffer) => orStandIns(packed, 'gzip', () => unpack.gzip(packed, limit)),
  });
  for (const [type, name] of [
    [types.Snappy, 'snappy'],
    [types.LZ4, 'lz4'],
  ] as const) {
    const unknown = async () => {
      throw new UnknownCodec();
    };
    codecs[type] = () => ({ compress: unknown, decompress: (packed: Buffer) => orStandIns(packed, name, unknown) });
  }
}

class UnknownCodec extends Error {}

async function orStandIns(packed: Buffer, codec: string, work: () => Promise<Buffer>): Promise<Buffer> {
  const batch = batchAround(packed);
  const account = accountOf(packed);
  if (account.ofPartition >= enough.ofPartition || account.ofAnswer >= enough.ofAnswer) throw endOfPart();
  const unpacked = await work().catch((error: unknown) => {
    if (batch === undefined) throw error;
    const about = { count: String(batch.records), codec };
    const reason =
      error instanceof UnknownCodec
        ? words('centre/reason.batch-codec', about)
        : words('centre/reason.batch-broken', { ...about, said: messageOf(error) });
    return standIns(packed, reason, batch);
  });
  account.ofPartition += unpacked.length;
  account.ofAnswer += unpacked.length;
  return unpacked;
}

/** The unpacked bytes of an answer and of its present partition. Adjacent batches belong to one partition. */
interface Account {
  ofAnswer: number;
  ofPartition: number;
  /** offset at which the previous batch ends */
  end: number;
}

/** by the answer's ArrayBuffer */
const accounts = new WeakMap<ArrayBufferLike, Account>();

function accountOf({ buffer, byteOffset, length }: Buffer): Account {
  const account = accounts.get(buffer) ?? { ofAnswer: 0, ofPartition: 0, end: -1 };
  accounts.set(buffer, account);
  if (byteOffset - headBytes !== account.end) account.ofPartition = 0;
  account.end = byteOffset + length;
  return account;
}

/** kafkajs takes an error of this name for the batch that is cut off at the end of a partition's part of an answer. */
function endOfPart(): Error {
  return Object.assign(new Error('enough of this answer is unpacked'), { name: 'KafkaJSPartialMessageError' });
}

interface BatchHead {
  readonly records: number;
  readonly lastOffsetDelta: number;
}

/** of a batch, before its packed records */
const headBytes = 61;

/**
 * The head of the batch that holds these packed records (record batch of magic 2, KIP-98). kafkajs passes a view of the
 * answer, so the head stands before them. Undefined where the bytes before them are no such head.
 */
function batchAround(packed: Buffer): BatchHead | undefined {
  if (packed.byteOffset < headBytes) return undefined;
  const head = Buffer.from(packed.buffer, packed.byteOffset - headBytes, headBytes);
  // `length` counts the bytes behind itself; `magic` names the layout
  const isHead = head.readInt32BE(8) === packed.length + headBytes - 12 && head.readInt8(16) === 2;
  return isHead ? { records: head.readInt32BE(57), lastOffsetDelta: head.readInt32BE(23) } : undefined;
}

function standIns(packed: Buffer, reason: string, { records, lastOffsetDelta }: BatchHead): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < records; i++) {
    const offsetDelta = i === records - 1 ? lastOffsetDelta : i;
    parts.push(recordOf(offsetDelta, i === 0 ? packed : undefined, reason));
  }
  return Buffer.concat(parts);
}

/** A record without a key: attributes, timestamp's and offset's distance from the batch's, key, value, headers (KIP-98). */
function recordOf(offsetDelta: number, value: Buffer | undefined, reason: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(offsetDelta),
    varint(-1),
    ...(value === undefined ? [varint(-1)] : sized(value)),
    varint(1),
    ...sized(Buffer.from(unreadableHeader)),
    ...sized(Buffer.from(reason)),
  ]);
  return Buffer.concat(sized(body));
}

function sized(bytes: Buffer): readonly Buffer[] {
  return [varint(bytes.length), bytes];
}

/** A signed 32-bit number: zigzag, then seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}
