/**
 * What a gateway says of items among its commands that no trusted key has signed, or that are for another gateway: an
 * event at the first of them and then at most one an hour, and a sentence in the state for an hour. They never get a
 * result of their own: nobody knows who wrote them.
 */
import type { Clock } from '@forpost/shared/clock.ts';

const tellEveryMs = 3_600_000;

export class Refusals {
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

  take(count: number, reason: string): void {
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
