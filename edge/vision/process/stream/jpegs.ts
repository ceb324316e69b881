/**
 * Extracts single JPEGs from a camera's bytes: multipart with or without a first boundary, with right, wrong or no
 * lengths, or bare JPEGs. The reader follows JPEG's own markers (ITU-T T.81, annex B), so a thumbnail inside does not
 * end a picture.
 *
 * Always: a picture has at most `mostBytes`; bytes outside pictures are skipped, and `skipped` counts them since the
 * last picture.
 */

const mostBytes = 8_388_608;
const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, tem: 0x01, rst0: 0xd0, rst7: 0xd7 } as const;

export class JpegReader {
  readonly #picture: (jpeg: Buffer) => void;
  #bytes: Buffer = Buffer.alloc(0);
  /** position in `#bytes` of the next marker to read; undefined: no picture has begun */
  #at: number | undefined;
  /** the position is within the coded data that follows a scan's header */
  #inScan = false;
  /** bytes skipped since the last picture */
  skipped = 0;

  constructor(picture: (jpeg: Buffer) => void) {
    this.#picture = picture;
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#step());
    if (this.#bytes.length > mostBytes) this.#drop(this.#bytes.length);
  }

  /** Reads one piece; returns whether another step may follow. */
  #step(): boolean {
    if (this.#at === undefined) return this.#find();
    return this.#inScan ? this.#scan(this.#at) : this.#segment(this.#at);
  }

  #find(): boolean {
    const from = this.#bytes.indexOf(Buffer.from([0xff, marker.soi, 0xff]));
    if (from < 0) {
      this.#drop(Math.max(0, this.#bytes.length - 2));
      return false;
    }
    this.#drop(from);
    this.#at = 2;
    this.#inScan = false;
    return true;
  }

  #segment(at: number): boolean {
    const bytes = this.#bytes;
    if (bytes.length < at + 4) return bytes.length >= at + 2 && bytes[at + 1] === marker.eoi && this.#end(at + 2);
    const code = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) return this.#giveUp();
    if (code === marker.eoi) return this.#end(at + 2);
    // a fill byte
    if (code === 0xff) this.#at = at + 1;
    else if (code === marker.tem || (code >= marker.rst0 && code <= marker.soi)) this.#at = at + 2;
    else {
      this.#at = at + 2 + bytes.readUInt16BE(at + 2);
      this.#inScan = code === marker.sos;
    }
    return true;
  }

  #scan(at: number): boolean {
    const bytes = this.#bytes;
    let next = bytes.indexOf(0xff, at);
    while (next >= 0 && next + 1 < bytes.length) {
      const code = bytes[next + 1] ?? 0;
      const coded = code === 0 || code === 0xff || (code >= marker.rst0 && code <= marker.rst7);
      if (!coded) {
        this.#at = next;
        this.#inScan = false;
        return true;
      }
      next = bytes.indexOf(0xff, next + (code === 0xff ? 1 : 2));
    }
    this.#at = next < 0 ? Math.max(at, bytes.length) : next;
    return false;
  }

  #end(to: number): boolean {
    const jpeg = Buffer.from(this.#bytes.subarray(0, to));
    this.#bytes = this.#bytes.subarray(to);
    this.#at = undefined;
    this.skipped = 0;
    this.#picture(jpeg);
    return true;
  }

  /** These bytes are no picture: the search continues after their beginning. */
  #giveUp(): boolean {
    this.#drop(2);
    return true;
  }

  #drop(count: number): void {
    this.skipped += count;
    this.#bytes = this.#bytes.subarray(count);
    this.#at = undefined;
  }
}
