/**
 * Corrects wrong timestamps of a camera's stream: jumps forwards and back, constant timestamps, a clock that runs fast
 * or slow. Timestamps that agree with the packets' arrival stay unchanged.
 *
 *   unchanged ── impossible timestamp of a picture ──► counted anew from the picture's arrival ──► unchanged
 *
 * A timestamp is impossible if it steps back by more than reordering explains, steps forward by more than the time
 * passed, equals that of the picture before, or is more than `mostApartMs` away from the monotonic clock.
 *
 * Always: a corrected timestamp is later than all before it; the packets of one picture have one timestamp. Pure except
 * for its state.
 */
import type { Glance, RtpPacket } from './rtp-picture.ts';

/** A B-frame is sent some frames after a frame that is shown later; at low rates that is most of a second. */
const mostReorderedMs = 1_000;
/** A timestamp may step this much further than the time that passed, because cameras send in bursts. */
const mostAheadMs = 1_000;
/** A network may delay a stream this long and then deliver it at once; the camera's timestamps are right then. */
const mostApartMs = 3_000;
/** the least step between two pictures that arrive together */
const leastStepMs = 1;

export class RtpTimes {
  readonly #ticksPerMs: number;
  /** a timestamp of the camera and the corrected one, in ticks */
  #anchor: { readonly camera: number; readonly here: number } | undefined;
  #newest = 0;
  #lastTimestamp = 0;
  #lastAt = 0;
  #pictureSeen = false;
  /** how often a timestamp was corrected */
  corrections = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1_000;
  }

  /** The packet's corrected timestamp, modulo 2^32. `at`: its arrival, ms of the monotonic clock. */
  map({ timestamp, marker }: Pick<RtpPacket, 'timestamp' | 'marker'>, seen: Glance | undefined, at: number): number {
    const next = this.#anchor === undefined || timestamp !== this.#lastTimestamp || this.#another(seen);
    if (next) this.#begin(timestamp, at);
    // for an unknown codec, the marker bit ends a picture
    this.#pictureSeen = seen === undefined ? marker : this.#pictureSeen || seen.picture;
    return this.#here(timestamp) % 2 ** 32;
  }

  /** Whether a new picture begins with the timestamp of the picture before. */
  #another(seen: Glance | undefined): boolean {
    return this.#pictureSeen && (seen === undefined || seen.begins);
  }

  #begin(timestamp: number, at: number): void {
    const arrived = Math.round(at * this.#ticksPerMs);
    const step = signed(timestamp - this.#lastTimestamp) / this.#ticksPerMs;
    const passed = at - this.#lastAt;
    const apart = this.#anchor === undefined ? 0 : (this.#here(timestamp) - arrived) / this.#ticksPerMs;
    const impossible =
      step === 0 || step < -mostReorderedMs || step > passed + mostAheadMs || Math.abs(apart) > mostApartMs;
    if (this.#anchor === undefined) this.#anchor = { camera: timestamp, here: arrived };
    else if (impossible) {
      this.corrections++;
      const soonest = this.#newest + Math.ceil(leastStepMs * this.#ticksPerMs);
      this.#anchor = { camera: timestamp, here: Math.max(arrived, soonest) };
    }
    this.#lastTimestamp = timestamp;
    this.#lastAt = at;
    this.#pictureSeen = false;
    this.#newest = Math.max(this.#newest, this.#here(timestamp));
    // the anchor stays near, so that a difference never wraps
    this.#anchor = { camera: timestamp, here: this.#here(timestamp) };
  }

  #here(timestamp: number): number {
    const { camera, here } = this.#anchor ?? { camera: timestamp, here: 0 };
    return here + signed(timestamp - camera);
  }
}

/** The signed difference of two 32-bit timestamps that wrap. */
function signed(difference: number): number {
  return difference | 0;
}
