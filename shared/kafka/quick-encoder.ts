/**
 * kafkajs' encoder without a small buffer for each number. A record has about eight variable-length numbers, and kafkajs
 * writes each into a buffer of its own before it copies it; here they go straight into the encoder's buffer. kafkajs also
 * makes three zeroed buffers of half a KB and more for each record, outside of V8's heap, which made V8 collect its whole
 * heap every 2,000 events; here a record begins in the heap and grows in Node's pool.
 *
 * Always: the bytes equal those of kafkajs for every number (a test compares them); kafkajs itself writes all but small
 * numbers.
 */
import { createRequire } from 'node:module';

interface Encoder {
  buf: Buffer;
  offset: number;
  ensureAvailable(bytes: number): void;
  writeUVarInt(value: number): Encoder;
  writeVarLong(value: unknown): Encoder;
}

interface EncoderClass {
  readonly prototype: Encoder;
  nextPowerOfTwo(value: number): number;
  sizeOfVarLong(value: unknown): number;
}

const mostBytes = 5;
/** kafkajs' buffer size when the caller gives none */
const defaultSize = 511;
/** V8 keeps typed arrays up to this size in its heap */
const firstBytes = 64;
const quickened = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: `import.meta.url` of a package that depends on kafkajs. */
export function quickenEncoder(importer: string): void {
  const encoder: unknown = createRequire(importer)('kafkajs/src/protocol/encoder');
  if (!isEncoder(encoder) || quickened.has(encoder)) return;
  quickened.add(encoder);
  const { prototype } = encoder;
  const nextPowerOfTwo = encoder.nextPowerOfTwo.bind(encoder);
  encoder.nextPowerOfTwo = (value) => (value === defaultSize ? firstBytes : nextPowerOfTwo(value));
  prototype.ensureAvailable = function (this: Encoder, bytes: number) {
    const needed = this.offset + bytes;
    if (needed <= this.buf.length) return;
    const larger = Buffer.allocUnsafe(nextPowerOfTwo(needed));
    this.buf.copy(larger, 0, 0, this.offset);
    this.buf = larger;
  };
  prototype.writeUVarInt = function (this: Encoder, value: number) {
    this.ensureAvailable(mostBytes);
    let left = value >>> 0;
    while (left > 0x7f) {
      this.buf[this.offset++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.buf[this.offset++] = left;
    return this;
  };
  const { writeVarLong } = prototype;
  prototype.writeVarLong = function (this: Encoder, value: unknown) {
    return isSmall(value) ? this.writeUVarInt(value * 2) : writeVarLong.call(this, value);
  };
  const sizeOfVarLong = encoder.sizeOfVarLong.bind(encoder);
  encoder.sizeOfVarLong = (value) => {
    if (!isSmall(value)) return sizeOfVarLong(value);
    let bytes = 1;
    for (let left = value * 2; left > 0x7f; left >>>= 7) bytes++;
    return bytes;
  };
}

/** Whether the number's zigzag code, doubled, fits into 32 bits. */
function isSmall(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 30;
}

/** Checks the expected shape: a kafkajs that has changed stays untouched. */
function isEncoder(value: unknown): value is EncoderClass {
  return (
    typeof value === 'function' &&
    'sizeOfVarLong' in value &&
    'nextPowerOfTwo' in value &&
    ['ensureAvailable', 'writeUVarInt', 'writeVarLong'].every((name) => typeof value.prototype?.[name] === 'function')
  );
}
