/**
 * Tells the decoder that a picture is complete if the camera does not send the next one soon. ffmpeg outputs a picture
 * when the next one begins: at one picture in four seconds that is four seconds late. An access unit delimiter
 * (H.264 7.4.1.2.3, H.265 7.4.2.4.4) ends the picture at once.
 *
 *   marked end of a picture ── nothing more for `quietMs` ──► delimiter sent      (next packet ──► from the beginning)
 *
 * Always: delimiters are sent only while the camera's marker bits are right; after one marker within a picture, no more
 * are sent. Packets after a delimiter are renumbered. Recorders get no delimiters.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Glance, RtpPacket } from './rtp-picture.ts';

/** Longer than the pauses between packets of one picture, shorter than an alarm may take. */
const quietMs = 100;
/** The delimiter's timestamp, in parts of the wanted interval: the next picture must not be dropped as too early. */
const intervalPart = 0.95;

const delimiters: Readonly<Record<string, Buffer>> = {
  H264: Buffer.from([9, 0xf0]),
  H265: Buffer.from([35 << 1, 1, 0x50]),
};

export interface PictureEndMarkerOptions {
  readonly codec: string;
  readonly clockRate: number;
  readonly payloadType: number;
  /** the wanted interval between pictures */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** `packet`: an interleaved RTP packet */
  send(packet: Buffer): void;
}

export class PictureEndMarker {
  readonly #options: PictureEndMarkerOptions;
  readonly #delimiter: Buffer | undefined;
  #trusted = true;
  #marked = false;
  #at = 0;
  #timestamp = 0;
  #sequence = 0;
  /** the number of delimiters sent so far */
  #added = 0;
  #timer: Timer | undefined;

  constructor(options: PictureEndMarkerOptions) {
    this.#options = options;
    this.#delimiter = delimiters[options.codec];
  }

  /** A packet with this timestamp is about to be sent; returns its new sequence number. */
  next({ marker, sequence }: RtpPacket, seen: Glance | undefined, timestamp: number, at: number): number {
    if (this.#marked && seen?.picture === true && !seen.begins) this.#trusted = false;
    this.#marked = marker && seen?.picture === true;
    this.#at = at;
    this.#timestamp = timestamp;
    this.#sequence = (sequence + this.#added) & 0xffff;
    if (this.#marked && this.#trusted && this.#delimiter !== undefined) this.#later(quietMs);
    return this.#sequence;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #later(ms: number): void {
    this.#timer ??= this.#options.clock.after(ms, () => {
      this.#timer = undefined;
      const quiet = this.#options.clock.uptime() - this.#at;
      if (!this.#marked || !this.#trusted) return;
      if (quiet < quietMs) this.#later(quietMs - quiet);
      else this.#end();
    });
  }

  #end(): void {
    const { payloadType, clockRate, intervalMs, send } = this.#options;
    if (this.#delimiter === undefined) return;
    this.#marked = false;
    this.#added++;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const packet = Buffer.alloc(16 + this.#delimiter.length);
    packet.writeUInt32BE(0x24000000 + 12 + this.#delimiter.length, 0);
    packet[4] = 0x80;
    packet[5] = payloadType;
    packet.writeUInt16BE(this.#sequence, 6);
    const ahead = Math.round((intervalMs * intervalPart * clockRate) / 1_000);
    packet.writeUInt32BE((this.#timestamp + ahead) % 2 ** 32, 8);
    this.#delimiter.copy(packet, 16);
    send(packet);
  }
}
