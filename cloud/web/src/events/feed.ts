/**
 * What fills the list of events: the first page by the filter, older ones on request, new ones from the stream.
 *
 *   load ──► asking (new ones go into the list and are kept aside) ── answer ──► the page, and on it what was kept
 *               └── error ──► told, what was kept goes into the list ── `retryMs` ──► load
 *
 * Always: of several loads only the last one's answer counts; what comes while one is on its way is in the list after
 * it, whether it is answered or not; what is kept aside is bounded, beyond that the page is asked for again; an answer
 * to a question about another list changes nothing; after `stop` nothing changes.
 */
import type { EventsAnswer, EventView } from '../../../events/schemas.ts';
import type { StreamMessages } from '../../../live/messages.ts';
import { type EventList, emptyList, firstPage, maxFollowed, type Next, withNew, withOlder } from './list.ts';

export interface FeedState {
  readonly list: EventList;
  readonly problem: string;
  readonly loadingOlder: boolean;
  /** how many events of which gateways the stream has left out since the list was asked for */
  readonly leftOut: Readonly<Record<string, number>>;
}

export const emptyFeed: FeedState = { list: emptyList, problem: '', loadingOlder: false, leftOut: {} };

export interface FeedParts {
  /** a page of the events by the filter; without `next` the newest */
  readonly ask: (next: Next | undefined, signal: AbortSignal) => Promise<EventsAnswer>;
  /** whether an event passes the filter */
  readonly passes: (event: EventView) => boolean;
  /** whether new events go into the list; else somebody reads, and they are held back */
  readonly following: () => boolean;
  readonly changed: (state: FeedState) => void;
  /** what an error says, in a sentence */
  readonly sentence: (error: unknown) => string;
  /** resolves after `ms`, at once when aborted */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** While a backlog drains, hundreds of events a second arrive: asking again is cheaper than following each. */
const refreshMs = 2000;
const retryMs = 5000;

export class EventFeed {
  readonly #parts: FeedParts;
  readonly #stopping = new AbortController();
  #state = emptyFeed;
  #loads = 0;
  /** what came since the load that is on its way was asked; undefined = there is none */
  #early: readonly EventView[] | undefined;
  #again = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Asks for the newest ones. */
  load(): void {
    void this.#load();
  }

  /** `batch`: as `EventsListener` has it. */
  take(batch: StreamMessages['events'] | undefined): void {
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

  /** Asks for the page behind the last one. */
  async older(): Promise<void> {
    const { next } = this.#state.list;
    if (next === undefined || this.#state.loadingOlder) return;
    this.#set({ loadingOlder: true });
    try {
      const { events, cursor } = await this.#parts.ask(next, this.#stopping.signal);
      // behind another end of the list there would be a hole
      if (isSame(this.#state.list.next, next)) this.#list((list) => withOlder(list, events, cursor));
      this.#set({ problem: '' });
    } catch (error) {
      this.#set({ problem: this.#parts.sentence(error) });
    } finally {
      this.#set({ loadingOlder: false });
    }
  }

  /** Shows what is held back. */
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

  /** Under somebody's eyes the list is not replaced, it says that there is more. */
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

/** The stream names twenty gateways at most a message. */
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
