/**
 * The ledger of a gateway, from what is in the history (the book), what the gateway says of itself (the directory), and
 * what of that can be on its way no more.
 *
 *   all events come through this centre ──► the book, which is added to as they are stored
 *   other centres may store for it too ──► the history itself, and the answer stands for `sharedForMs`
 *
 * Always: what counts as settled is known before what is in the history is looked at, or at the same moment: the other
 * way round an event that another centre has just stored would be called missing. So are rows: they would be doubles.
 * How far lanes that ended were numbered comes from what was noted (lane-ends.ts), not from what has arrived of them.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { HistoryStore, LaneEnd } from '../history/store.ts';
import type { LaneEnds } from './lane-ends.ts';
import { type GatewayLedger, gatewayLedger, type LaneHistory } from './ledger.ts';
import { LedgerBook } from './ledger-book.ts';
import { WeighedCache } from './weighed-cache.ts';

export interface LedgersOptions {
  readonly history: Pick<HistoryStore, 'holdings' | 'gapRecords' | 'rowCounts'>;
  readonly gateways: Pick<GatewayDirectory, 'get' | 'settled'>;
  readonly ends: Pick<LaneEnds, 'of'>;
  /** whether all events come into the history through this centre */
  readonly ours: () => boolean;
  readonly clock: Clock;
}

export interface CountedLedger {
  readonly ledger: GatewayLedger;
  /** of each lane (epoch/lane), doubles that are not merged away included */
  readonly rows: ReadonlyMap<string, number>;
}

/** What was known of a gateway at one moment. */
interface Snapshot {
  readonly lanes: readonly LaneHistory[];
  readonly rows: ReadonlyMap<string, number>;
  readonly settled: ReturnType<GatewayDirectory['settled']>;
  readonly ends: readonly LaneEnd[];
}

const sharedForMs = 5_000;
const maxShared = 10_000;
/** ranges and gap records of them all */
const maxSharedWeight = 4_000_000;

export class Ledgers {
  readonly #options: LedgersOptions;
  readonly #book: LedgerBook;
  readonly #shared = new WeighedCache<Snapshot & { readonly at: number }>({
    maxEntries: maxShared,
    maxWeight: maxSharedWeight,
    weigh: ({ lanes, ends }) =>
      lanes.reduce((sum, { received, gaps }) => sum + received.length + gaps.length, 1 + ends.length),
  });

  constructor(options: LedgersOptions) {
    this.#options = options;
    const { history, clock } = options;
    this.#book = new LedgerBook({ history, clock });
  }

  /** These are in the history, since now or since before. */
  stored(events: readonly ForpostEvent[]): void {
    this.#book.stored(events);
  }

  /** Partitions were assigned: what others have stored meanwhile is read again. */
  forget(): void {
    this.#book.forget();
    this.#shared.clear();
  }

  /** undefined for a gateway that nobody knows. @throws what the history throws; ForpostError FORPOST_LANE_SCATTERED */
  async of(gateway: string): Promise<CountedLedger | undefined> {
    const { clock, gateways, ours } = this.#options;
    const { lanes, rows, settled, ends } = await (ours() ? this.#own(gateway) : this.#sharedOf(gateway));
    const status = gateways.get(gateway)?.status;
    if (lanes.length === 0 && ends.length === 0 && status === undefined) return undefined;
    // one that was heard of in time to come was heard by a clock that was wrong, and set right since
    const now = clock.now();
    const noted = {
      ends: ends.map((end) => (end.begun > now ? { ...end, begun: 0 } : end)),
      settledArrived: settled?.arrived ?? Number.NEGATIVE_INFINITY,
    };
    return { ledger: gatewayLedger(gateway, status, settled?.lanes, lanes, noted), rows };
  }

  async #own(gateway: string): Promise<Snapshot> {
    const rows = await this.#rows(gateway);
    const ends = await this.#options.ends.of(gateway);
    const lanes = await this.#book.lanes(gateway);
    return { lanes, rows, ends, settled: this.#options.gateways.settled(gateway) };
  }

  async #sharedOf(gateway: string): Promise<Snapshot> {
    const { clock, ends, gateways } = this.#options;
    const at = clock.uptime();
    const known = this.#shared.get(gateway);
    if (known !== undefined && at - known.at < sharedForMs) return known;
    const settled = gateways.settled(gateway);
    const rows = await this.#rows(gateway);
    const snapshot = { settled, rows, ends: await ends.of(gateway), lanes: await this.#book.readAnew(gateway), at };
    this.#shared.set(gateway, snapshot);
    return snapshot;
  }

  async #rows(gateway: string): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#options.history.rowCounts(gateway);
    return new Map(counts.map(({ epoch, lane, rows }) => [`${epoch}/${lane}`, rows]));
  }
}
