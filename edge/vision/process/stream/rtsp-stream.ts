/**
 * Passes a camera's RTSP stream to the ffmpegs of this process: packets of its session (rtsp-session.ts) get corrected
 * timestamps and go to each reader of the server on loopback (local-rtsp.ts).
 *
 *   set up ── all announced readers are ready, or `readersWaitMs` ──► playing ── session ended, silent, closed ──► over
 *
 * Always:
 * - PLAY is sent only when a reader is ready, so that no reader misses the first key frame
 * - a recorder is served from the newest key frame if that is still held (at most `mostHeldBytes`), else from the next
 * - a new resolution ends the recorders, because a file has one resolution
 * - RTCP is not passed on, because its clock is the camera's
 */

import { randomBytes } from 'node:crypto';
import type { Timer } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { RtspSource } from '../address.ts';
import { CameraFailure } from '../failure.ts';
import { firstPacketMs } from '../limits.ts';
import { ffconcat } from './ffconcat.ts';
import { type LocalReader, LocalRtsp } from './local-rtsp.ts';
import { PictureEndMarker } from './picture-end-marker.ts';
import { type Glance, glance, type RtpPacket, readRtp } from './rtp-picture.ts';
import { RtpTimes } from './rtp-times.ts';
import { openRtsp, type RtspSession } from './rtsp-session.ts';
import { localSdp, type VideoTrack } from './sdp.ts';
import type { CameraStream, Purpose, StreamInput, StreamOptions } from './stream.ts';

const readersWaitMs = 500;
const checkEveryMs = 1_000;
/** Most cameras send a key frame every second or two; such a wait is not reported. */
const unremarkableMs = 2_500;
const mostHeldBytes = 4_194_304;
/** the announced payload type counts as wrong after this many packets of another type and none of the announced one */
const otherTypePackets = 20;

export async function openRtspStream(source: RtspSource, options: StreamOptions): Promise<CameraStream> {
  const stream = new RtspStream(options);
  await stream.open(source);
  return stream;
}

class RtspStream implements CameraStream {
  readonly #options: StreamOptions;
  readonly #readers = new Set<LocalReader>();
  readonly #announced = new Set<string>();
  readonly #arrived = new Set<string>();
  #source: RtspSource | undefined;
  #session: RtspSession | undefined;
  #server: LocalRtsp | undefined;
  #track: VideoTrack | undefined;
  #times = new RtpTimes(90_000);
  #ends: PictureEndMarker | undefined;
  #timer: Timer | undefined;
  #watch: Timer | undefined;
  #played = false;
  readonly #openedAt: number;
  #firstAt: number | undefined;
  #keyAt: number | undefined;
  #otherTypes = 0;
  #parametersOpen = false;
  readonly #parameters = new Map<number, Buffer>();
  /** packets from the newest key frame on; undefined: they exceeded `mostHeldBytes` */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #closed = false;
  failure: CameraFailure | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#openedAt = options.clock.uptime();
  }

  /** @throws CameraFailure */
  async open(source: RtspSource): Promise<void> {
    this.#source = source;
    const session = await openRtsp(source, this.#options.clock, {
      packet: (packet) => this.#packet(packet),
      ended: (why) => this.#fail(why),
    });
    this.#session = session;
    this.#track = session.track;
    this.#options.events.described?.({ codec: session.track.codec, sound: session.sound });
    this.#times = new RtpTimes(session.track.clockRate);
    const { codec, clockRate, payloadType } = session.track;
    const { clock, framesPerSecond } = this.#options;
    this.#ends = new PictureEndMarker({
      codec,
      clockRate,
      payloadType,
      clock,
      intervalMs: 1_000 / framesPerSecond,
      send: (packet) => {
        for (const reader of this.#readers) if (!reader.records) reader.send(packet, false);
      },
    });
    this.#server = new LocalRtsp({
      sdp: localSdp(session.track),
      playing: (reader) => this.#join(reader),
      gone: (reader) => this.#readers.delete(reader),
    });
    await this.#server.start().catch((error: unknown) => {
      session.close();
      throw error;
    });
  }

  input(purpose: Purpose): StreamInput {
    const name = `${purpose}-${randomBytes(4).toString('hex')}`;
    this.#announced.add(name);
    const url = this.#server?.address(name) ?? '';
    // one picture is enough: parameters come before it, and probing more pictures takes seconds if they are rare
    const probing = { probesize: 32, analyzeduration: 0 };
    const script = ffconcat(url, { rtsp_transport: 'tcp', ...probing });
    const before = ['-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0'];
    return {
      args: [
        ...before,
        ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', 'pipe,rtsp,rtp,tcp,udp', '-i', 'pipe:0'],
      ],
      feed: (stdin) => void stdin.end(script),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#watch?.cancel();
    this.#ends?.stop();
    this.#session?.close();
    this.#server?.stop();
    this.#held = undefined;
  }

  #fail(why: CameraFailure): void {
    if (this.#closed) return;
    this.failure = why;
    this.close();
  }

  #join(reader: LocalReader): void {
    this.#arrived.add(reader.name);
    this.#readers.add(reader);
    if (reader.records) for (const framed of this.#held ?? []) reader.send(framed, true);
    if (this.#played || this.#closed) return;
    if ([...this.#announced].every((name) => this.#arrived.has(name))) this.#play();
    else this.#timer ??= this.#options.clock.after(readersWaitMs, () => this.#play());
  }

  #play(): void {
    this.#timer?.cancel();
    if (this.#played || this.#closed) return;
    this.#played = true;
    this.#session?.play().catch((error: unknown) => {
      this.#fail(error instanceof CameraFailure ? error : new CameraFailure('connecting', String(error)));
    });
    this.#watchForKeyFrame();
  }

  /** Checks once a second until a key frame comes. */
  #watchForKeyFrame(): void {
    const { clock, events } = this.#options;
    this.#watch = clock.after(checkEveryMs, () => {
      const now = clock.uptime();
      if (this.#firstAt === undefined && now - this.#openedAt > this.#patienceMs) return this.#fail(this.#silence());
      if (this.#firstAt !== undefined && this.#keyAt === undefined && now - this.#firstAt > unremarkableMs)
        events.waiting?.(now - this.#firstAt);
      if (this.#keyAt === undefined) this.#watchForKeyFrame();
    });
  }

  get #patienceMs(): number {
    return firstPacketMs(1_000 / this.#options.framesPerSecond);
  }

  #silence(): CameraFailure {
    const seconds = Math.round(this.#patienceMs / 1_000);
    return new CameraFailure(
      'unreachable',
      this.#source?.transport === 'udp'
        ? words('gateway/reason.no-udp-for', { seconds })
        : words('gateway/reason.sends-nothing', { seconds }),
    );
  }

  #packet(packet: Buffer): void {
    const rtp = readRtp(packet);
    const track = this.#track;
    if (rtp === undefined || track === undefined || this.#closed || !this.#belongsTo(rtp, track)) return;
    const at = this.#options.clock.uptime();
    this.#firstAt ??= at;
    const seen = glance(track.codec, rtp.payload);
    this.#options.events.came?.(packet.length, seen === undefined ? rtp.marker : seen.picture && seen.begins);
    // for an unknown codec every packet is taken for a key frame
    const beginsKeyFrame = seen === undefined ? this.#keyAt === undefined : this.#beginsKeyFrame(seen);
    if (seen === undefined || (seen.key && seen.picture && seen.begins)) this.#keyFrame(at);
    if (seen?.key === true && !seen.picture) this.#checkParameters(rtp);
    const timestamp = this.#times.map(rtp, seen, at);
    const framed = framedFor(packet, track.payloadType, timestamp);
    this.#hold(framed, beginsKeyFrame);
    const numbered = withSequence(framed, rtp.sequence, this.#ends?.next(rtp, seen, timestamp, at) ?? rtp.sequence);
    for (const reader of this.#readers) reader.send(reader.records ? framed : numbered, beginsKeyFrame);
  }

  /** Whether a packet belongs to the track; a camera may send another payload type than it announced. */
  #belongsTo({ payloadType }: RtpPacket, track: VideoTrack): boolean {
    if (payloadType === track.payloadType) {
      this.#otherTypes = Number.NEGATIVE_INFINITY;
      return true;
    }
    return ++this.#otherTypes > otherTypePackets;
  }

  /** Whether a key frame begins here. Parameters and the picture after them are one beginning. */
  #beginsKeyFrame({ key, begins, picture }: Glance): boolean {
    const first = key && begins && !this.#parametersOpen;
    if (picture) this.#parametersOpen = false;
    else if (key) this.#parametersOpen = true;
    return first;
  }

  #keyFrame(at: number): void {
    const { keyFrames } = this.#options.events;
    if (this.#keyAt !== undefined) keyFrames?.(at - this.#keyAt);
    this.#keyAt = at;
  }

  #checkParameters({ payload }: RtpPacket): void {
    // each kind of parameters comes in its own packet
    const kind = payload[0] ?? 0;
    const before = this.#parameters.get(kind);
    if (before !== undefined && !before.equals(payload))
      for (const reader of this.#readers) if (reader.records) reader.end();
    this.#parameters.set(kind, Buffer.from(payload));
  }

  #hold(framed: Buffer, beginsKeyFrame: boolean): void {
    if (beginsKeyFrame) {
      this.#held = [];
      this.#heldBytes = 0;
    }
    if (this.#held === undefined) return;
    this.#heldBytes += framed.length;
    if (this.#heldBytes > mostHeldBytes) this.#held = undefined;
    else this.#held.push(framed);
  }
}

/** The packet as sent to a reader: interleaved, with the announced payload type and the corrected timestamp. */
function framedFor(packet: Buffer, payloadType: number, timestamp: number): Buffer {
  const framed = Buffer.allocUnsafe(4 + packet.length);
  framed[0] = 0x24;
  framed[1] = 0;
  framed.writeUInt16BE(packet.length, 2);
  packet.copy(framed, 4);
  framed[5] = ((packet[1] ?? 0) & 0x80) | payloadType;
  framed.writeUInt32BE(timestamp, 8);
  return framed;
}

/** The same packet with another sequence number. */
function withSequence(framed: Buffer, before: number, sequence: number): Buffer {
  if (sequence === before) return framed;
  const numbered = Buffer.from(framed);
  numbered.writeUInt16BE(sequence, 6);
  return numbered;
}
