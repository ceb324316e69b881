import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quickenEncoder } from './quick-encoder.ts';

const requireHere = createRequire(import.meta.url);
const path = requireHere.resolve('kafkajs/src/protocol/encoder');

/** kafkajs' own class, in its original and in its changed form. */
function both() {
  const quick = requireHere(path);
  delete requireHere.cache[path];
  const plain = requireHere(path);
  requireHere.cache[path]!.exports = quick;
  quickenEncoder(import.meta.url);
  return { plain, quick };
}

test('every number has the bytes and the length that kafkajs itself writes', () => {
  const { plain, quick } = both();
  expect(quick).not.toBe(plain);
  const bytes = (encoder: { buffer: Buffer }) => encoder.buffer.toString('hex');
  const int = fc.oneof(
    fc.integer(),
    fc.constantFrom(0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31), 2 ** 30),
  );
  const long = fc.oneof(int, fc.maxSafeInteger(), fc.constantFrom(2 ** 30 - 1, 2 ** 30, 2 ** 32, 2 ** 53 - 1));
  fc.assert(
    fc.property(fc.array(int, { maxLength: 300 }), fc.array(long, { maxLength: 300 }), (ints, longs) => {
      const write = (of: typeof plain) => {
        const encoder = new of(1);
        for (const value of ints)
          encoder
            .writeVarInt(value)
            .writeUVarInt(value)
            .writeVarIntBytes(Buffer.from(`${value}`));
        for (const value of longs) encoder.writeVarLong(value);
        return bytes(encoder);
      };
      expect(write(quick)).toBe(write(plain));
      for (const value of longs) expect(quick.sizeOfVarLong(value)).toBe(plain.sizeOfVarLong(value));
    }),
    { numRuns: 200 },
  );
});

test('for any values in any amount the bytes equal those of kafkajs', () => {
  const { plain, quick } = both();
  const text = fc.string({ unit: 'binary', maxLength: 5_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.integer()), { maxLength: 30 }), (values) => {
      const write = (of: typeof plain) => {
        const whole = new of();
        for (const [value, number] of values)
          whole.writeEncoder(new of().writeVarIntString(value).writeInt32(number).writeVarIntBytes(Buffer.from(value)));
        return whole.buffer.toString('hex');
      };
      expect(write(quick)).toBe(write(plain));
    }),
    { numRuns: 200 },
  );
});
