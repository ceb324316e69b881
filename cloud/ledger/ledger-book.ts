/**
 * The stored sequence numbers of each gateway, held ready for the ledger: an answer counts no rows.
 *
 *   unknown ── asked for ──► loading: what the history has, and what is stored meanwhile ──► known ── stored ──► known, and more
 *      ▲                                                  │                                    │
 *      │                                                  └── in too many ranges ──► refused for `refusedForMs`
 *      └── partitions moved; others were asked for more lately ────────────────────────────────┘
 *
 * Always: a number is in the book only after its event is in the history. The book keeps sets of ranges, never a
 * high-water mark. Events that are stored during a read of the history are added to the answer. The number of gateways,
 * of ranges and of gap records is bounded. The book knows only what this centre stores; its caller (ledgers.ts) knows
 * whether other centres store too.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { gapOf } from '../history/gaps.ts';
import { maxGaps } from '../history/queries.ts';
import { type Gap, type HistoryStore, maxRanges } from '../history/store.ts';
import { IntervalSet } from './interval-set.ts';
import type { LaneHistory } from './ledger.ts';
import { WeighedCache } from './weighed-cache.ts';

export interface LedgerBookOptions {
  readonly history: Pick<HistoryStore, 'holdings' | 'gapRecords'>;
  readonly clock: Clock;
  /** gateways remembered; the least recently requested one goes first */
  readonly maxGateways?: number;
}

interface LaneBook {
  readonly epoch: string;
  readonly lane: Lane;
  readonly received: IntervalSet;
  /** by the id of the gap record */
  readonly gaps: Map<string, Gap>;
}

interface Book {
  readonly lanes: Map<string, LaneBook>;
  gaps: number;
}

/** Why the lanes of a gateway are refused, and since when (ms of the monotonic clock). */
interface Refusal {
  readonly reason: ForpostError;
  readonly since: number;
}

interface Loading {
  readonly book: Promise<Book>;
  readonly stored: ForpostEvent[];
}

const defaultMaxGateways = 10_000;
/** ranges and gap records of all gateways together */
const maxWeight = 4_000_000;
/** Only a read of all of the gateway's events shows that its ranges are too many. */
const refusedForMs = 60_000;

export class LedgerBook {
  readonly #options: LedgerBookOptions;
  readonly #books: WeighedCache<Book | Refusal>;
  readonly #loading = new Map<string, Loading>();

  constructor(options: LedgerBookOptions) {
    this.#options = options;
    const maxEntries = options.maxGateways ?? defaultMaxGateways;
    this.#books = new WeighedCache({ maxEntries, maxWeight, weigh });
  }

  /** Adds events that are in the history, new or stored before. */
  stored(events: readonly ForpostEvent[]): void {
    if (this.#books.size + this.#loading.size === 0) return;
    const changed = new Map<string, Book>();
    for (const event of events) {
      const book = this.#books.peek(event.gateway);
      if (book !== undefined && 'lanes' in book) {
        note(book, event);
        changed.set(event.gateway, book);
      }
      this.#loading.get(event.gateway)?.stored.push(event);
    }
    for (const [gateway, book] of changed) this.#keep(gateway, book);
  }

  /** Forgets everything: other centres may have stored events meanwhile. */
  forget(): void {
    this.#books.clear();
    this.#loading.clear();
  }

  /**
   * Every lane that has a stored event or that a gap record names. @throws what the history throws; ForpostError
   * FORPOST_LANE_SCATTERED
   */
  async lanes(gateway: string): Promise<readonly LaneHistory[]> {
    const known = this.#books.get(gateway);
    if (known !== undefined && 'lanes' in known) return lanesOf(gateway, known);
    if (known !== undefined && this.#options.clock.uptime() - known.since < refusedForMs) throw known.reason;
    return lanesOf(gateway, await (this.#loading.get(gateway) ?? this.#load(gateway)).book);
  }

  /** The same, read from the history now and not kept. */
  async readUncached(gateway: string): Promise<readonly LaneHistory[]> {
    return lanesOf(gateway, await this.#read(gateway, []));
  }

  #load(gateway: string): Loading {
    const stored: ForpostEvent[] = [];
    const loading: Loading = { stored, book: this.#readAndKeep(gateway, stored) };
    this.#loading.set(gateway, loading);
    return loading;
  }

  async #readAndKeep(gateway: string, stored: readonly ForpostEvent[]): Promise<Book> {
    // forgotten during the read: the answer may lack events of another centre and serves only the callers that wait for it
    const isLoading = () => this.#loading.get(gateway)?.stored === stored;
    try {
      const book = await this.#read(gateway, stored);
      // no await before `#keep`: from here on stored events go into the book itself
      if (isLoading()) this.#keep(gateway, book);
      return book;
    } catch (error) {
      if (isLoading() && error instanceof ForpostError && error.code === 'FORPOST_LANE_SCATTERED')
        this.#books.set(gateway, { reason: error, since: this.#options.clock.uptime() });
      throw error;
    } finally {
      if (isLoading()) this.#loading.delete(gateway);
    }
  }

  async #read(gateway: string, stored: readonly ForpostEvent[]): Promise<Book> {
    const { history } = this.#options;
    const [holdings, records] = await Promise.all([history.holdings(gateway), history.gapRecords(gateway)]);
    const book: Book = { lanes: new Map(), gaps: 0 };
    for (const { epoch, lane, received } of holdings)
      book.lanes.set(`${epoch}/${lane}`, { epoch, lane, received: IntervalSet.of(received), gaps: new Map() });
    for (const event of [...records, ...stored]) note(book, event);
    return book;
  }

  /** A gateway with too many ranges is forgotten; the next question reads it again and is refused. */
  #keep(gateway: string, book: Book): void {
    const scattered = [...book.lanes.values()].some(({ received }) => received.rangeCount > maxRanges);
    if (scattered) this.#books.delete(gateway);
    else this.#books.set(gateway, book);
  }
}

function weigh(book: Book | Refusal): number {
  if (!('lanes' in book)) return 1;
  return [...book.lanes.values()].reduce((sum, { received }) => sum + received.rangeCount, book.gaps);
}

function lanesOf(gateway: string, { lanes }: Book): readonly LaneHistory[] {
  return [...lanes.values()].map(({ epoch, lane, received, gaps }) => ({
    key: { gateway, epoch, lane },
    received: received.ranges(),
    gaps: [...gaps.values()],
  }));
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
