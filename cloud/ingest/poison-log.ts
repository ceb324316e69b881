/**
 * What nobody could process since this start: how many, and the latest with their reasons, for staff to see. The
 * records themselves are in the dead-letter topic; this is not a record of them.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { PoisonRecord } from './dead-letters.ts';

export interface PoisonSeen extends Omit<PoisonRecord, 'original'> {
  /** ms since 1970 */
  readonly at: number;
}

const kept = 20;
/** A reason may quote what it is about. */
const maxText = 300;

export class PoisonLog {
  readonly #clock: Clock;
  #recent: readonly PoisonSeen[] = [];
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take({ original: _, ...record }: PoisonRecord): void {
    this.#count++;
    const [key, reason] = [record.key.slice(0, maxText), record.reason.slice(0, maxText)];
    this.#recent = [{ ...record, key, reason, at: this.#clock.now() }, ...this.#recent].slice(0, kept);
  }

  /** since this start */
  get count(): number {
    return this.#count;
  }

  /** newest first */
  get recent(): readonly PoisonSeen[] {
    return this.#recent;
  }
}
