/**
 * Looks at the fixed headers of a connection's packets (MQTT 3.1.1, section 2.2) before anyone buffers their bodies,
 * so that a length that is too large ends the connection at its first bytes, also before CONNECT.
 *
 *   header ── type byte ──► length ── last byte of it ──► body ── all of it has passed ──► header
 *                              └── more than 4 bytes, or too large: `feed` says so, and nothing after counts
 */
export type Verdict = 'ok' | 'oversized' | 'malformed';

export class PacketGuard {
  readonly #maxPacketBytes: number;
  #bodyLeft = 0;
  #length = 0;
  /** bytes of the length that have been read; -1 = the type byte comes next */
  #lengthBytes = -1;

  /** `maxPacketBytes`: of a whole packet, its fixed header included. */
  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** The next bytes of the connection. */
  feed(chunk: Uint8Array): Verdict {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const passed = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= passed;
        at += passed;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (this.#lengthBytes < 0) {
        this.#lengthBytes = 0;
        this.#length = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
      this.#lengthBytes++;
      if (this.#length + this.#lengthBytes + 1 > this.#maxPacketBytes) return 'oversized';
      if (byte < 0x80) {
        this.#bodyLeft = this.#length;
        this.#lengthBytes = -1;
      } else if (this.#lengthBytes === 4) return 'malformed';
    }
    return 'ok';
  }
}
