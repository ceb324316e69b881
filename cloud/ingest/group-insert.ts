/**
 * Joins the inserts of many partitions to a few large ones: while one insert runs, the events for the next one gather.
 * There is no timer: an idle history gets an event at once, and a busy one gets thousands together. Each insert is one part
 * and one fsync.
 *
 * Always: a caller's promise settles like the insert of its events. Events that the history refuses for good fail only
 * their own caller. The events of a caller that gives up before its insert has begun are removed.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

/** an insert of so many events or bytes is not made larger */
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

  /** @throws the error of the insert; the signal's reason, where it is aborted before the insert began */
  insert(events: readonly ForpostEvent[], signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { events, resolve, reject };
    const giveUp = () => {
      const place = this.#waiting.indexOf(waiting);
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(waiting);
    if (!this.#running) void this.#run();
    return promise.finally(() => signal?.removeEventListener('abort', giveUp));
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
