/**
 * Limits how much of one principal's connections is read, in one turn of the event loop and over time. The broker
 * decodes and evaluates a publish in the same step as it reads it. Without this limit one flooding device delays the
 * alerts of all others (P2, P8). Packets are limited as well as bytes: 16 KB are some hundred small readings, but 8000
 * PINGREQs.
 *
 *   may read ── limit of the turn reached ──► connections wait ── next turn ──► may read, the longest wait first
 *                                                  └── credit used up ──► the next turn comes once there is credit
 *
 * Always: a principal may send `burst` at once, and `perSecond` without end; bytes beyond that stay in its sockets.
 * Principals that have used half of their burst share one turn of the event loop among themselves, in the order in which
 * they wait; every other principal has its own turn. A debt of credit delays a principal by at most `mostDebtMs`.
 */

import { outside } from '@forpost/shared/bounded-work.ts';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';

/** Some hundred small readings: a few ms of work at most. */
const bytesPerTurn = 16 * 1024;
/** The cheapest readings cost a third of a millisecond. */
const packetsPerTurn = 20;
/** For all principals together that have used half of their burst: less than a millisecond of work. */
const packetsPerSharedTurn = 40;
/** The busiest bridge of a site sends some hundred packets a second. */
const perSecond = { packets: 10_000, bytes: 8 * 2 ** 20 };
/** Enough for a device that reconnects with a full queue, and for a home automation with one filter a state. */
const burst = { packets: 2000, bytes: 2 * 2 ** 20 };
const mostDebtMs = 1000;

/** How much credit a message of a publishing consumer costs: a bridge may forward 200,000 messages a second. */
export const shareOfMessage = 0.05;

/** The part of one turn of the event loop that all heavy senders share. */
class SharedTurn {
  #left = packetsPerSharedTurn;
  #isDue = false;
  #waiting: (() => void)[] = [];

  get isOver(): boolean {
    return this.#left <= 0;
  }

  charge(packets: number): void {
    this.#left -= packets;
    this.#arm();
  }

  whenNext(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#arm();
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    outside(setImmediate, () => this.#next());
  }

  #next(): void {
    this.#isDue = false;
    this.#left = packetsPerSharedTurn;
    const waiting = this.#waiting;
    this.#waiting = [];
    let gone = 0;
    while (gone < waiting.length && !this.isOver) waiting[gone++]?.();
    // they have waited longer than those that `goOn` has just added
    if (gone < waiting.length) this.#waiting.unshift(...waiting.slice(gone));
    if (this.#waiting.length > 0) this.#arm();
  }
}

/** One for the process: there is one event loop. */
const sharedTurn = new SharedTurn();

export class ReadTurn {
  readonly #clock: Clock;
  #bytes = bytesPerTurn;
  #packets = packetsPerTurn;
  readonly #credit = { ...burst };
  #creditedAt: number;
  #isDue = false;
  #waiting = new Set<() => void>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#creditedAt = clock.uptime();
  }

  /** How many packets may be read now; 0: none before the next turn. */
  get packets(): number {
    if (this.#bytes <= 0 || (this.#isHeavy && sharedTurn.isOver)) return 0;
    return Math.max(0, this.#packets);
  }

  /** How many bytes of packets may be read now; below 0 while a large packet is paid off. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Charges packets and bytes that were read, or work of equal cost. A packet beyond the limit of this turn is paid off in
   * later turns. `share`: the part that also costs credit, from 0 to 1.
   */
  charge(packets: number, bytes: number, share = 1): void {
    this.#credit.packets -= share * packets;
    this.#credit.bytes -= share * bytes;
    this.spend(packets, bytes);
  }

  /** Charges further work for packets that were charged before: it counts in this turn and costs no credit. */
  spend(packets: number, bytes: number): void {
    this.#packets -= packets;
    this.#bytes -= bytes;
    if (this.#isHeavy) sharedTurn.charge(packets);
    this.#arm();
  }

  /** Calls `goOn` once, in a later turn. */
  whenNext(goOn: () => void): void {
    this.#waiting.add(goOn);
    this.#arm();
  }

  get #isHeavy(): boolean {
    return this.#credit.packets < burst.packets / 2 || this.#credit.bytes < burst.bytes / 2;
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    outside(setImmediate, () => this.#next());
  }

  #next(): void {
    const waitMs = this.#untilCreditMs();
    if (waitMs > 0) {
      this.#clock.after(waitMs, () => this.#next());
      return;
    }
    if (this.#isHeavy && sharedTurn.isOver) {
      sharedTurn.whenNext(() => this.#next());
      return;
    }
    this.#isDue = false;
    this.#bytes = Math.min(bytesPerTurn, this.#bytes + bytesPerTurn);
    this.#packets = packetsPerTurn;
    const turn = [...this.#waiting];
    this.#waiting = new Set();
    while (this.packets > 0) {
      const goOn = turn.shift();
      if (goOn === undefined) break;
      goOn();
    }
    // they have waited longer than those that `goOn` has just added
    if (turn.length > 0) this.#waiting = new Set([...turn, ...this.#waiting]);
    if (this.#waiting.size > 0 || this.#bytes < 0) this.#arm();
  }

  /** Adds the credit earned since the last call. Returns how long until it suffices for a turn, in ms. */
  #untilCreditMs(): number {
    const now = this.#clock.uptime();
    const seconds = (now - this.#creditedAt) / 1000;
    this.#creditedAt = now;
    const credit = this.#credit;
    for (const what of ['packets', 'bytes'] as const) {
      const most = (perSecond[what] * mostDebtMs) / 1000;
      credit[what] = Math.min(burst[what], Math.max(-most, credit[what]) + perSecond[what] * seconds);
    }
    return Math.ceil(
      1000 *
        Math.max(
          (packetsPerTurn - credit.packets) / perSecond.packets,
          (bytesPerTurn - credit.bytes) / perSecond.bytes,
        ),
    );
  }
}
