/**
 * The way of events into the history, whoever brings them (the Kafka consumer, or the receiver where there is no
 * Kafka): drop what is stored, insert the rest, tell who wants to know.
 *
 *   take ──► what is new ──► insert ── stored ──► told
 *              ▲               ├── failed ──► wait (backoff) ─┐
 *              └───────────────┼──────────────────────────────┘   for ever, until `signal`
 *                              └── refused for good ──► halved, until the one event is found
 *
 * Always: `take` resolves only when every event is stored, was stored before, or is named in its answer.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { murmur2 } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { HistoryStore } from '../history/store.ts';
import { Deduplication } from './deduplication.ts';
import { GroupInsert } from './group-insert.ts';

export interface IntakeOptions {
  readonly history: Pick<HistoryStore, 'insert' | 'received'>;
  /** events that are in the history now and were not before */
  readonly stored: (events: readonly ForpostEvent[]) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export interface Refused<Item> {
  readonly item: Item;
  readonly reason: string;
}

export interface Taken<Item> {
  readonly stored: number;
  readonly repeated: number;
  /** what the history refuses for good */
  readonly refused: readonly Refused<Item>[];
  /** what has the id of a stored event and other content: two histories under one name, never dropped silently */
  readonly conflicting: readonly Refused<Item>[];
}

const retryBackoff = { baseMs: 100, ceilingMs: 5_000 };
/** A repeat is compared with this many of the last stored events. */
const maxContents = 100_000;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #deduplication: Deduplication;
  readonly #inserts: GroupInsert;
  /** hash of the content by id, oldest first */
  readonly #contents = new Map<string, number>();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#deduplication = new Deduplication({ received: (key) => options.history.received(key) });
    this.#inserts = new GroupInsert((events) => options.history.insert(events));
  }

  /** Partitions were assigned: what others stored meanwhile is read again. */
  forget(): void {
    this.#deduplication.forget();
  }

  /** @throws the signal's reason, once it is aborted; nothing else */
  async take<Item extends { readonly event: ForpostEvent }>(
    items: readonly Item[],
    signal: AbortSignal,
  ): Promise<Taken<Item>> {
    const { clock, random, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await orAborted(this.#store(items), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ForpostError && !error.retryable) return this.#halves(items, error, signal);
        const waitMs = Math.round(backoffMs(retryBackoff, attempt, random));
        logger.warn({ events: items.length, attempt, waitMs }, `the history does not take events: ${messageOf(error)}`);
        await sleep(clock, waitMs, signal);
      }
    }
  }

  async #store<Item extends { readonly event: ForpostEvent }>(items: readonly Item[]): Promise<Taken<Item>> {
    const { fresh, repeated } = await this.#deduplication.storeNew(
      items,
      ({ event }) => event,
      (some) => this.#inserts.insert(some.map(({ event }) => event)),
    );
    for (const { event } of fresh) this.#remember(event);
    const conflicts = repeated.filter(({ event }) => (this.#contents.get(event.id) ?? hashOf(event)) !== hashOf(event));
    if (fresh.length > 0) this.#options.stored(fresh.map(({ event }) => event));
    return {
      stored: fresh.length,
      repeated: repeated.length,
      refused: [],
      conflicting: conflicts.map((item) => ({
        item,
        reason: 'an event with this id and other content is stored already',
      })),
    };
  }

  async #halves<Item extends { readonly event: ForpostEvent }>(
    items: readonly Item[],
    error: ForpostError,
    signal: AbortSignal,
  ): Promise<Taken<Item>> {
    const [only] = items;
    if (items.length === 1 && only !== undefined)
      return { stored: 0, repeated: 0, refused: [{ item: only, reason: error.message }], conflicting: [] };
    const middle = items.length >> 1;
    const first = await this.take(items.slice(0, middle), signal);
    const second = await this.take(items.slice(middle), signal);
    return {
      stored: first.stored + second.stored,
      repeated: first.repeated + second.repeated,
      refused: [...first.refused, ...second.refused],
      conflicting: [...first.conflicting, ...second.conflicting],
    };
  }

  #remember(event: ForpostEvent): void {
    this.#contents.set(event.id, hashOf(event));
    const oldest = this.#contents.keys().next().value;
    if (this.#contents.size > maxContents && oldest !== undefined) this.#contents.delete(oldest);
  }
}

/** Of what the event says; how it is written may change with the gateway's version. */
function hashOf({ type, subject, time, data }: ForpostEvent): number {
  return murmur2(Buffer.from(JSON.stringify([type, subject, time, data])));
}

/** `work`, or the signal's reason as soon as it is aborted; the work goes on by itself then. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
