/**
 * Tells a decoder that a picture is whole, where its camera does not send the next one soon: ffmpeg hands a picture on when the
 * next one begins, which at one picture in four seconds is four seconds late. An access unit delimiter (H.264 7.4.1.2.3,
 * H.265 7.4.2.4.4) ends it at once.
 *
 *   marked end of a picture ── nothing more for `quietMs` ──► delimiter sent      (next packet ──► from the beginning)
 *
 * Always: only where the camera's marks were right so far: one that marks ends within a picture is never ended by this. The packets
 * behind a delimiter are numbered anew; who records gets none.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Glance, RtpPacket } from './rtp-picture.ts';

/** Longer than packets of one picture are apart, shorter than an alarm may take. */
const quietMs = 100;
/** of the interval that is wanted: the next picture has this time for ffmpeg, and must not be left out as too early */
const intervalPart = 0.95;

const delimiters: Readonly<Record<string, Buffer>> = {
  H264: Buffer.from([9, 0xf0]),
  H265: Buffer.from([35 << 1, 1, 0x50]),
};

export interface PictureEndOptions {
  readonly codec: string;
  readonly clockRate: number;
  readonly payloadType: number;
  /** from one picture to the next, as wanted */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** `packet`: RTP, interleaved */
  send(packet: Buffer): void;
}

export class PictureEnd {
  readonly #options: PictureEndOptions;
  readonly #delimiter: Buffer | undefined;
  #trusted = true;
  #marked = false;
  #at = 0;
  #timestamp = 0;
  #sequence = 0;
  /** so many packets were put in between */
  #added = 0;
  #timer: Timer | undefined;

  constructor(options: PictureEndOptions) {
    this.#options = options;
    this.#delimiter = delimiters[options.codec];
  }

  /** A packet came and is about to be sent, with this time; gives back the number that it is to have. */
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
