import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketGuard } from './packet-guard.ts';

/** A packet of any type with a body of this many bytes. */
function packet(bodyBytes: number): Buffer {
  const header = [0x30];
  let left = bodyBytes;
  do {
    header.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(bodyBytes, 0xff)]);
}

test('packets within the limit pass, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
      (sizes, cuts) => {
        const stream = Buffer.concat(sizes.map(packet));
        const guard = new PacketGuard(20_010);
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] ?? 1);
          expect(guard.feed(stream.subarray(at, end))).toBe('ok');
          at = end;
        }
      },
    ),
  );
});

test('a packet that is one byte too long is found at its header, without its body', () => {
  const guard = new PacketGuard(1000);
  expect(guard.feed(packet(997))).toBe('ok');
  expect(guard.feed(packet(998).subarray(0, 3))).toBe('oversized');
  expect(new PacketGuard(1000).feed(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))).toBe('oversized');
  expect(new PacketGuard(2 ** 29).feed(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]))).toBe('malformed');
});
