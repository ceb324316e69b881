/**
 * How long an MP4 says that it lasts, from its movie header (ISO/IEC 14496-12, 8.2.2): asked of each clip, because whoever wrote
 * the times that it was made of may have been wrong.
 */
import { open } from 'node:fs/promises';

const boxHead = 8;
const mostBoxes = 64;

/** ms; undefined where the file does not say */
export async function mp4DurationMs(path: string): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const moov = await find('moov', 0, size);
    const header = moov === undefined ? undefined : await find('mvhd', moov.from, moov.to);
    if (header === undefined) return undefined;
    const bytes = await read(header.from, 32);
    // version 1 has wider times
    const [scale, duration] =
      bytes[0] === 1
        ? [bytes.readUInt32BE(20), Number(bytes.readBigUInt64BE(24))]
        : [bytes.readUInt32BE(12), bytes.readUInt32BE(16)];
    return scale === 0 ? undefined : (duration / scale) * 1_000;
  } finally {
    await file.close();
  }

  async function find(type: string, from: number, to: number) {
    for (let at = from, boxes = 0; at + boxHead <= to && boxes < mostBoxes; boxes++) {
      const head = await read(at, boxHead);
      const length = head.readUInt32BE(0);
      if (head.toString('latin1', 4, 8) === type) return { from: at + boxHead, to: Math.min(to, at + length) };
      // 1: its length stands behind, as that of a large mdat does
      const step = length === 1 ? Number((await read(at + boxHead, 8)).readBigUInt64BE(0)) : length;
      if (step < boxHead) return undefined;
      at += step;
    }
    return undefined;
  }

  async function read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, at);
    return bytes;
  }
}
