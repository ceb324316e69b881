/**
 * Reports refused commands: items that no trusted key has signed, or that are for another gateway. The first one causes
 * an event, later ones one event an hour at most, and a sentence stands in the status for an hour. A refused item gets no
 * result: nobody knows who wrote it.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';

const reportEveryMs = 3_600_000;

export class CommandRefusals {
  readonly #clock: Clock;
  readonly #note: (sentence: Message, count: number) => void;
  #count = 0;
  #reason = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, note: (sentence: Message, count: number) => void) {
    this.#clock = clock;
    this.#note = note;
  }

  /** `reason`: the words of the uplink's thread (listener.ts) */
  add(count: number, reason: string): void {
    const now = this.#clock.uptime();
    this.#count += count;
    this.#reason = reason;
    this.#lastAt = now;
    if (now - this.#reportedAt < reportEveryMs) return;
    this.#reportedAt = now;
    this.#note(this.#sentence(), this.#count);
  }

  problems(): readonly Message[] {
    return this.#clock.uptime() - this.#lastAt < reportEveryMs ? [this.#sentence()] : [];
  }

  #sentence(): Message {
    return message('gateway/problem.commands-refused', { count: this.#count, reason: this.#reason });
  }
}
