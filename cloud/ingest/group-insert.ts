/**
 * Inserts of many partitions as few, large inserts: while one runs, the next gathers. There is no timer: an idle
 * history gets an event at once, a busy one gets thousands together (each insert is one part and one fsync).
 *
 * Always: a caller's promise settles as its own events' insert did; events that the history refuses for good fail
 * only the caller who brought them.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

/** beyond this an insert is not made any larger */
const maxEvents = 20_000;

interface Waiting {
  readonly events: readonly ForpostEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupInsert {
  readonly #insert: (events: readonly ForpostEvent[]) => Promise<void>;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(insert: (events: readonly ForpostEvent[]) => Promise<void>) {
    this.#insert = insert;
  }

  insert(events: readonly ForpostEvent[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#gather();
      try {
        await this.#insert(
          group.length === 1 && group[0] !== undefined ? group[0].events : group.flatMap((w) => w.events),
        );
        for (const { resolve } of group) resolve();
      } catch (error) {
        if (group.length > 1 && error instanceof ForpostError && !error.retryable) await this.#oneByOne(group);
        else for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }

  #gather(): readonly Waiting[] {
    let events = 0;
    let count = 0;
    for (const { events: more } of this.#waiting) {
      if (count > 0 && events + more.length > maxEvents) break;
      events += more.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #oneByOne(group: readonly Waiting[]): Promise<void> {
    for (const { events, resolve, reject } of group) await this.#insert(events).then(resolve, reject);
  }
}
