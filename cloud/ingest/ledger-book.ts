/**
 * What of each gateway is in the history, held ready for the ledger, so that asking for it counts no rows.
 *
 *   unknown ── asked for ──► loading: what the history has, and what is stored meanwhile ──► known ── stored ──► known, and more
 *      ▲                                                                                       │
 *      └── partitions moved; used by nobody for longest; not ours alone and `sharedForMs` old ◄┘
 *
 * Always: a number is in the book only after its event is in the history; sets of ranges, never a high-water mark; what
 * was stored while the history was read is added to what it answered. A gateway whose events another centre may be
 * storing is read again once it is `sharedForMs` old. How many gateways are kept is bounded.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { gapOf } from '../history/gaps.ts';
import { maxGaps } from '../history/queries.ts';
import type { Gap, HistoryStore } from '../history/store.ts';
import { IntervalSet } from './interval-set.ts';
import type { LaneHistory } from './ledger.ts';

export interface LedgerBookOptions {
  readonly history: Pick<HistoryStore, 'holdings' | 'gapRecords'>;
  /** whether all events of this gateway come into the history through this centre; default yes */
  readonly ours?: (gateway: string) => boolean;
  readonly clock: Clock;
  /** gateways remembered; the one not asked for for longest goes first */
  readonly maxGateways?: number;
}

interface LaneBook {
  readonly epoch: string;
  readonly lane: Lane;
  readonly received: IntervalSet;
  /** by the id of the event that says so */
  readonly gaps: Map<string, Gap>;
}

interface Book {
  readonly lanes: Map<string, LaneBook>;
  gaps: number;
  /** of the monotonic clock, ms */
  readonly loadedAt: number;
}

interface Loading {
  readonly book: Promise<Book>;
  readonly stored: ForpostEvent[];
}

const defaultMaxGateways = 10_000;
const sharedForMs = 5_000;

export class LedgerBook {
  readonly #options: LedgerBookOptions;
  /** not asked for for longest first */
  readonly #books = new Map<string, Book>();
  readonly #loading = new Map<string, Loading>();

  constructor(options: LedgerBookOptions) {
    this.#options = options;
  }

  /** These are in the history, since now or since before. */
  stored(events: readonly ForpostEvent[]): void {
    if (this.#books.size + this.#loading.size === 0) return;
    for (const event of events) {
      const book = this.#books.get(event.gateway);
      if (book !== undefined) note(book, event);
      this.#loading.get(event.gateway)?.stored.push(event);
    }
  }

  /** What others have stored meanwhile is read again. */
  forget(): void {
    this.#books.clear();
    this.#loading.clear();
  }

  /** Every lane of which something is there, or of which a gap record speaks. @throws what the history throws */
  async lanes(gateway: string): Promise<readonly LaneHistory[]> {
    const { lanes } = await this.#book(gateway);
    return [...lanes.values()].map(({ epoch, lane, received, gaps }) => ({
      key: { gateway, epoch, lane },
      received: received.ranges(),
      gaps: [...gaps.values()],
    }));
  }

  async #book(gateway: string): Promise<Book> {
    const { clock, ours } = this.#options;
    const known = this.#books.get(gateway);
    const own = ours?.(gateway) ?? true;
    if (known !== undefined && (own || clock.uptime() - known.loadedAt < sharedForMs)) {
      this.#books.delete(gateway);
      this.#books.set(gateway, known);
      return known;
    }
    const loading = this.#loading.get(gateway) ?? this.#load(gateway);
    return loading.book;
  }

  #load(gateway: string): Loading {
    const stored: ForpostEvent[] = [];
    const loading: Loading = { stored, book: this.#read(gateway, stored) };
    this.#loading.set(gateway, loading);
    return loading;
  }

  async #read(gateway: string, stored: readonly ForpostEvent[]): Promise<Book> {
    const { clock, history } = this.#options;
    // where it was forgotten meanwhile it may lack what another centre stored: then it serves those who wait for it
    const isLoading = () => this.#loading.get(gateway)?.stored === stored;
    try {
      const loadedAt = clock.uptime();
      const [holdings, records] = await Promise.all([history.holdings(gateway), history.gapRecords(gateway)]);
      const book: Book = { lanes: new Map(), gaps: 0, loadedAt };
      for (const { epoch, lane, received } of holdings)
        book.lanes.set(`${epoch}/${lane}`, { epoch, lane, received: IntervalSet.of(received), gaps: new Map() });
      for (const event of [...records, ...stored]) note(book, event);
      // in the same breath: from here on what is stored goes into the book itself
      if (isLoading()) this.#keep(gateway, book);
      return book;
    } finally {
      if (isLoading()) this.#loading.delete(gateway);
    }
  }

  #keep(gateway: string, book: Book): void {
    this.#books.set(gateway, book);
    const oldest = this.#books.keys().next().value;
    if (this.#books.size > (this.#options.maxGateways ?? defaultMaxGateways) && oldest !== undefined)
      this.#books.delete(oldest);
  }
}

function note(book: Book, event: ForpostEvent): void {
  laneOf(book, event.epoch, event.lane).received.add(Number(event.sequence));
  const record = gapOf(event);
  if (record === undefined) return;
  const { gaps } = laneOf(book, record.epoch, record.lane);
  if (record.gap === undefined || gaps.has(event.id) || book.gaps >= maxGaps) return;
  gaps.set(event.id, record.gap);
  book.gaps++;
}

function laneOf(book: Book, epoch: string, lane: Lane): LaneBook {
  const name = `${epoch}/${lane}`;
  const known = book.lanes.get(name) ?? { epoch, lane, received: new IntervalSet(), gaps: new Map() };
  book.lanes.set(name, known);
  return known;
}
