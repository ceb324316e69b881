/**
 * kafkajs' encoder without a small buffer for each number: every record has about eight variable-length ones, each of
 * which it writes into a buffer of its own before it copies that. Here they go straight into the encoder's. And without
 * three buffers of half a KB and more for each record, zeroed and outside of V8's heap: what batches of them leave
 * behind had V8 collect its whole heap every 2,000 events. Here a record begins in the heap and grows in Node's pool.
 *
 * Always: the same bytes as kafkajs' own, for every number (the test compares); what is not a small number is left to
 * kafkajs.
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
/** what kafkajs asks room for where nobody says how much is needed */
const defaultSize = 511;
/** V8 keeps so many bytes of a typed array in its heap */
const firstBytes = 64;
const quickened = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: the `import.meta.url` of who has kafkajs among its packages. */
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

/** Whose zigzag code is itself doubled, in 32 bits. */
function isSmall(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 30;
}

/** Another version of kafkajs may have changed it: then it stays as it is. */
function isEncoder(value: unknown): value is EncoderClass {
  return (
    typeof value === 'function' &&
    'sizeOfVarLong' in value &&
    'nextPowerOfTwo' in value &&
    ['ensureAvailable', 'writeUVarInt', 'writeVarLong'].every((name) => typeof value.prototype?.[name] === 'function')
  );
}
