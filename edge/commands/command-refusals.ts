/**
 * Reports refused commands: items that no trusted key has signed, or that are for another gateway. The first one causes
 * an event, later ones one event an hour at most, and a sentence stands in the status for an hour. A refused item gets no
 * result: nobody knows who wrote it.
 */
import type { Clock } from '@forpost/shared/clock.ts';

const tellEveryMs = 3_600_000;

export class CommandRefusals {
  readonly #clock: Clock;
  readonly #note: (message: string, count: number) => void;
  #count = 0;
  #reason = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, note: (message: string, count: number) => void) {
    this.#clock = clock;
    this.#note = note;
  }

  add(count: number, reason: string): void {
    const now = this.#clock.uptime();
    this.#count += count;
    this.#reason = reason;
    this.#lastAt = now;
    if (now - this.#toldAt < tellEveryMs) return;
    this.#toldAt = now;
    this.#note(this.#sentence(), this.#count);
  }

  problems(): readonly string[] {
    return this.#clock.uptime() - this.#lastAt < tellEveryMs ? [this.#sentence()] : [];
  }

  #sentence(): string {
    const what = this.#count === 1 ? '1 command was refused' : `${this.#count} commands were refused since the start`;
    return `${what}: ${this.#reason}`;
  }
}
