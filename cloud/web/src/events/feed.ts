/**
 * Fills the list of events: the first page by the filter, older pages on request, and new events from the stream.
 *
 *   load ──► loading (new events go into the list and are kept too) ── answer ──► the page, with the kept events on top
 *               └── error ──► shown; the kept events go into the list ── `retryMs` ──► load
 *
 * Always: only the last load's answer counts. Events that arrive during a load are in the list after it, also when it
 * fails. The number of kept events is bounded; beyond that the page is requested again. An answer for another list changes
 * nothing; after `stop` nothing changes.
 */
import type { EventsAnswer, EventView } from '../../../events/schemas.ts';
import type { StreamMessages } from '../../../live/messages.ts';
import { type EventList, emptyList, firstPage, maxFollowed, type Next, withNew, withOlder } from './list.ts';

export interface FeedState {
  readonly list: EventList;
  readonly problem: string;
  readonly loadingOlder: boolean;
  /** number of events by gateway that the stream has left out since the list was requested */
  readonly leftOut: Readonly<Record<string, number>>;
}

export const emptyFeed: FeedState = { list: emptyList, problem: '', loadingOlder: false, leftOut: {} };

export interface FeedParts {
  /** loads a page of events by the filter; without `next` the newest page */
  readonly ask: (next: Next | undefined, signal: AbortSignal) => Promise<EventsAnswer>;
  /** whether an event passes the filter */
  readonly passes: (event: EventView) => boolean;
  /** whether new events go into the list; false while a person reads, which holds them back */
  readonly following: () => boolean;
  readonly changed: (state: FeedState) => void;
  /** an error's text, as a sentence */
  readonly sentence: (error: unknown) => string;
  /** resolves after `ms`, at once when aborted */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Pause before a repeated load. A draining backlog sends hundreds of events a second: loading is cheaper than following. */
const refreshMs = 2000;
const retryMs = 5000;

export class EventFeed {
  readonly #parts: FeedParts;
  readonly #stopping = new AbortController();
  #state = emptyFeed;
  #loads = 0;
  /** events that arrived since the running load was sent; undefined = no load is running */
  #early: readonly EventView[] | undefined;
  #again = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Loads the newest events. */
  load(): void {
    void this.#load();
  }

  /** `batch`: as `EventsListener` has it. */
  addBatch(batch: StreamMessages['events'] | undefined): void {
    if (batch === undefined) {
      this.#reload();
      return;
    }
    const events = batch.events.filter((event) => this.#parts.passes(event));
    let skipped = batch.skipped;
    if (batch.skipped_of !== undefined) this.#set({ leftOut: summed(this.#state.leftOut, batch.skipped_of) });
    if (this.#early !== undefined) {
      const early = [...this.#early, ...events];
      this.#early = early.slice(-maxFollowed);
      skipped += early.length - this.#early.length;
    }
    this.#list((list) => withNew(list, events, batch.skipped, this.#parts.following()));
    if (skipped > 0 && this.#parts.following()) void this.#reloadIn(refreshMs);
  }

  /** Loads the page after the last one. */
  async older(): Promise<void> {
    const { next } = this.#state.list;
    if (next === undefined || this.#state.loadingOlder) return;
    this.#set({ loadingOlder: true });
    try {
      const { events, cursor } = await this.#parts.ask(next, this.#stopping.signal);
      // after another end of the list, these events would leave a hole
      if (isSame(this.#state.list.next, next)) this.#list((list) => withOlder(list, events, cursor));
      this.#set({ problem: '' });
    } catch (error) {
      this.#set({ problem: this.#parts.sentence(error) });
    } finally {
      this.#set({ loadingOlder: false });
    }
  }

  /** Shows the events that are held back. */
  release(): void {
    if (this.#state.list.stale) this.load();
    else this.#list((list) => withNew(list, [], 0, true));
  }

  async #load(): Promise<void> {
    const number = ++this.#loads;
    this.#early ??= [];
    try {
      const { events, cursor } = await this.#parts.ask(undefined, this.#stopping.signal);
      if (number !== this.#loads) return;
      const early = this.#early ?? [];
      this.#early = undefined;
      this.#set({ list: withNew(firstPage(events, cursor), early, 0, true), problem: '', leftOut: {} });
    } catch (error) {
      if (number !== this.#loads) return;
      const early = this.#early ?? [];
      this.#early = undefined;
      this.#list((list) => withNew(list, early, 0, this.#parts.following()));
      this.#set({ problem: this.#parts.sentence(error) });
      void this.#reloadIn(retryMs);
    }
  }

  /** While a person reads, the list is not replaced but says that there are more events. */
  #reload(): void {
    if (this.#parts.following() || !this.#state.list.loaded) this.load();
    else this.#list((list) => ({ ...list, stale: true }));
  }

  async #reloadIn(ms: number): Promise<void> {
    if (this.#again) return;
    this.#again = true;
    await this.#parts.wait(ms, this.#stopping.signal);
    this.#again = false;
    if (!this.#stopping.signal.aborted) this.#reload();
  }

  #list(change: (list: EventList) => EventList): void {
    this.#set({ list: change(this.#state.list) });
  }

  #set(change: Partial<FeedState>): void {
    if (this.#stopping.signal.aborted) return;
    this.#state = { ...this.#state, ...change };
    this.#parts.changed(this.#state);
  }
}

function isSame(a: Next | undefined, b: Next): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Most gateways in the counts; a message of the stream names at most twenty. */
const mostNamed = 200;

function summed(
  before: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const counts = new Map(Object.entries(before));
  for (const [gateway, count] of Object.entries(more))
    if (counts.has(gateway) || counts.size < mostNamed) counts.set(gateway, (counts.get(gateway) ?? 0) + count);
  return Object.fromEntries(counts);
}
