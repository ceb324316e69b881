/** RTP payloads of pictures: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435), without the numbering fields. */
import type { Codec, Picture } from './footage.ts';

const mostPayload = 1_200;

/** The payloads of one picture; the last one ends it. */
export function payloadsOf(codec: Codec, { units }: Pick<Picture, 'units'>): Buffer[] {
  if (codec === 'JPEG') return units.flatMap(jpegPayloads);
  return units.flatMap((unit) => (unit.length <= mostPayload ? [unit] : fragments(codec, unit)));
}

/** Several units in one packet. */
export function aggregate(codec: Codec, units: readonly Buffer[]): Buffer {
  const head = codec === 'H264' ? Buffer.from([24 | 0x60]) : Buffer.from([48 << 1, 1]);
  return Buffer.concat([
    head,
    ...units.flatMap((unit) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(unit.length);
      return [length, unit];
    }),
  ]);
}

function fragments(codec: Codec, unit: Buffer): Buffer[] {
  const headBytes = codec === 'H264' ? 1 : 2;
  const first = unit[0] ?? 0;
  const body = unit.subarray(headBytes);
  const count = Math.ceil(body.length / mostPayload);
  return Array.from({ length: count }, (_, i) => {
    const flags = (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0);
    const head =
      codec === 'H264'
        ? Buffer.from([(first & 0xe0) | 28, flags | (first & 0x1f)])
        : Buffer.from([(first & 0x81) | (49 << 1), unit[1] ?? 0, flags | ((first >> 1) & 0x3f)]);
    return Buffer.concat([head, body.subarray(i * mostPayload, (i + 1) * mostPayload)]);
  });
}

function jpegPayloads(jpeg: Buffer): Buffer[] {
  const tables: Buffer[] = [];
  let [width, height, type, at] = [0, 0, 1, 2];
  for (let code = 0; code !== 0xda; ) {
    code = jpeg[at + 1] ?? 0xda;
    const length = jpeg.readUInt16BE(at + 2);
    const segment = jpeg.subarray(at + 4, at + 2 + length);
    // one or more tables of 64 bytes, each with its number before it
    if (code === 0xdb) for (let i = 0; i < segment.length; i += 65) tables.push(segment.subarray(i + 1, i + 65));
    if (code === 0xc0) {
      height = segment.readUInt16BE(1);
      width = segment.readUInt16BE(3);
      // the luminance's sampling: 4:2:0 or 4:2:2
      type = segment[7] === 0x22 ? 1 : 0;
    }
    at += 2 + length;
  }
  const both = tables.length === 1 ? [...tables, ...tables] : tables.slice(0, 2);
  const quantization = Buffer.concat([Buffer.from([0, 0, 0, both.length * 64]), ...both]);
  const end = jpeg.lastIndexOf(Buffer.from([0xff, 0xd9]));
  const scan = jpeg.subarray(at, end < 0 ? jpeg.length : end);
  const payloads: Buffer[] = [];
  for (let offset = 0; offset < scan.length; offset += mostPayload) {
    const head = Buffer.from([0, offset >> 16, offset >> 8, offset, type, 255, width / 8, Math.ceil(height / 8)]);
    payloads.push(
      Buffer.concat([head, ...(offset === 0 ? [quantization] : []), scan.subarray(offset, offset + mostPayload)]),
    );
  }
  return payloads;
}
