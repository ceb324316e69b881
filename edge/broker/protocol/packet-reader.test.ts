import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketReader, type Read } from './packet-reader.ts';

const limit = 20_010;

function framed(first: number, body: Buffer): Buffer {
  const header = [first];
  let left = body.length;
  do {
    header.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), body]);
}

const connect = framed(0x10, Buffer.from('\0\x04MQTT\x04\x02\0\x3c\0\x01c'));
const publish = (bytes: number) => framed(0x30, Buffer.concat([Buffer.from('\0\x01t'), Buffer.alloc(bytes, 0xff)]));

/** Everything that a reader returns for these chunks. */
function readAll(pieces: readonly Buffer[]): Read[] {
  const reader = new PacketReader(limit);
  const reads: Read[] = [];
  for (const piece of pieces) {
    reader.feed(piece);
    for (let read = reader.next(); read !== undefined; read = reader.next()) reads.push(read);
  }
  return reads;
}

/** The bytes of the packets after CONNECT. */
const bytesOf = (reads: readonly Read[]) =>
  Buffer.concat(
    reads.flatMap((read) => ('bytes' in read ? [read.bytes.subarray(read.end - read.length, read.end)] : [])),
  );

function cut(stream: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(Buffer.from(stream.subarray(at, at + length)));
    at += length;
  }
  return pieces;
}

test('the reader returns packets whole and unchanged, however the network cuts them into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
      (sizes, lengths) => {
        const packets = Buffer.concat(sizes.map(publish));
        const reads = readAll(cut(Buffer.concat([connect, packets]), lengths));
        expect(bytesOf(reads).equals(packets)).toBe(true);
        expect(reads.map(({ kind }) => kind)).toEqual(['connect', ...sizes.map(() => 'packet')]);
      },
    ),
  );
});

test('packets before an invalid packet are still handled; packets after it are not', () => {
  const broken = framed(0x32, Buffer.from('\0\x01t'));
  const reads = readAll([Buffer.concat([connect, publish(3), broken, publish(4)])]);
  expect(reads.map(({ kind }) => kind)).toEqual(['connect', 'packet', 'violation']);
  expect(bytesOf(reads).equals(publish(3))).toBe(true);
});

test('a packet one byte longer than the limit is refused at its fixed header, before its body arrives', () => {
  const oversized = [{ kind: 'violation', oversized: true }];
  expect(readAll([connect, publish(limit - 8)]).length).toBe(2);
  expect(publish(limit - 7).length).toBe(limit);
  expect(readAll([connect, publish(limit - 6).subarray(0, 4)]).slice(1)).toMatchObject(oversized);
  expect(readAll([Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])])).toMatchObject(oversized);
});

test('packets after DISCONNECT are dropped [MQTT-3.14.4-2]', () => {
  const reads = readAll([Buffer.concat([connect, Buffer.from([0xe0, 0]), publish(1)]), publish(2)]);
  expect(reads.map(({ kind }) => kind)).toEqual(['connect', 'packet']);
});

test('the log shows the first bytes of an invalid packet, but never the user or password of CONNECT', () => {
  const reader = new PacketReader(limit);
  const withPassword = framed(0x10, Buffer.from('\0\x04MQTT\x04\xc2\0\x3c\0\0\0\x04user\0\x06secret\0', 'latin1'));
  reader.feed(withPassword);
  expect(reader.next()).toMatchObject({ kind: 'violation' });
  expect(reader.lastPacket()).toBe(withPassword.toString('hex', 0, 12));
  const other = new PacketReader(limit);
  other.feed(Buffer.concat([connect, publish(100), framed(0x32, Buffer.from('\0\x05topic'))]));
  while (other.next()?.kind !== 'violation');
  expect(other.lastPacket()).toBe(framed(0x32, Buffer.from('\0\x05topic')).toString('hex'));
});
