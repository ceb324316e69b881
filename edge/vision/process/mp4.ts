/**
 * Reads an MP4 (ISO/IEC 14496-12): its duration from the movie header (8.2.2), because a camera's timestamps may be
 * wrong, and its codec from the sample entries (8.5.2).
 */
import { open } from 'node:fs/promises';

const boxHead = 8;
const mostBoxes = 64;

export interface Mp4 {
  /** duration in ms; undefined if the file does not say */
  readonly lastsMs: number | undefined;
  /** its codec is H.264 or H.265, which browsers may play */
  readonly playable: boolean;
}

const mostIndexBytes = 16_777_216;
const playableEntries = ['avc1', 'avc3', 'hev1', 'hvc1'] as const;

export async function readMp4(path: string): Promise<Mp4> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const moov = await find('moov', 0, size);
    const header = moov === undefined ? undefined : await find('mvhd', moov.from, moov.to);
    if (moov === undefined || header === undefined) return { lastsMs: undefined, playable: false };
    const index = await read(moov.from, Math.min(mostIndexBytes, moov.to - moov.from));
    const playable = playableEntries.some((entry) => index.includes(entry, 0, 'latin1'));
    const bytes = await read(header.from, 32);
    // version 1 of the header has 64-bit times
    const [scale, duration] =
      bytes[0] === 1
        ? [bytes.readUInt32BE(20), Number(bytes.readBigUInt64BE(24))]
        : [bytes.readUInt32BE(12), bytes.readUInt32BE(16)];
    return { lastsMs: scale === 0 ? undefined : (duration / scale) * 1_000, playable };
  } finally {
    await file.close();
  }

  async function find(type: string, from: number, to: number) {
    for (let at = from, boxes = 0; at + boxHead <= to && boxes < mostBoxes; boxes++) {
      const head = await read(at, boxHead);
      const length = head.readUInt32BE(0);
      if (head.toString('latin1', 4, 8) === type) return { from: at + boxHead, to: Math.min(to, at + length) };
      // 1: a 64-bit length follows the box type, as for a large mdat
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
