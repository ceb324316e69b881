/**
 * The times of a stream, freed of what cameras get wrong: jumps forwards and back, times that stand still, a clock that runs fast
 * or slow. Where they agree with when the packets came they stay exactly as they are.
 *
 *   as they are ── a picture's time is impossible ──► counted anew from when it came ──► as they are
 *
 * Impossible: a step back by more than reordering explains, a step forward by more than has passed, the same time as the
 * picture before, or more than `mostApartMs` away from the monotonic clock.
 *
 * Always: a picture that is counted anew is later than all before it; the packets of one picture have one time. Pure but for its state.
 */
import type { Glance, RtpPacket } from './rtp-picture.ts';

/** B-frames are sent up to some frames after one that is shown later; at the slowest rates that is most of a second. */
const mostReorderedMs = 1_000;
/** how far a picture's time may step ahead of the time that passed: cameras send in bursts */
const mostAheadMs = 1_000;
/** A network may hold a stream up for so long, and then everything comes at once: its own times are the right ones. */
const mostApartMs = 3_000;
/** between two pictures that came at once */
const leastStepMs = 1;

export class RtpTimes {
  readonly #ticksPerMs: number;
  /** a time of the camera's, and what it stands for here, in ticks */
  #anchor: { readonly camera: number; readonly here: number } | undefined;
  #newest = 0;
  #lastTimestamp = 0;
  #lastAt = 0;
  #pictureSeen = false;
  /** how often times were counted anew */
  corrections = 0;

  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1_000;
  }

  /** The time that the packet is to have instead, modulo 2^32. `at`: when it came, ms of the monotonic clock. */
  map({ timestamp, marker }: Pick<RtpPacket, 'timestamp' | 'marker'>, seen: Glance | undefined, at: number): number {
    const next = this.#anchor === undefined || timestamp !== this.#lastTimestamp || this.#another(seen);
    if (next) this.#begin(timestamp, at);
    // where nobody can look into the packets, the marker is the end of a picture
    this.#pictureSeen = seen === undefined ? marker : this.#pictureSeen || seen.picture;
    return this.#here(timestamp) % 2 ** 32;
  }

  /** Whether another picture begins though it has the time of the one before. */
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
    // kept near, so that a difference never wraps
    this.#anchor = { camera: timestamp, here: this.#here(timestamp) };
  }

  #here(timestamp: number): number {
    const { camera, here } = this.#anchor ?? { camera: timestamp, here: 0 };
    return here + signed(timestamp - camera);
  }
}

/** The difference of two 32-bit times that wrap. */
function signed(difference: number): number {
  return difference | 0;
}
