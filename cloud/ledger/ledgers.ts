/**
 * The ledger of a gateway, from three sources: the stored events (the book), the gateway's own status (the directory),
 * and the part of that status whose events are no longer on their way.
 *
 *   all events come through this centre ──► the book, which grows as events are stored
 *   other centres may store for it too ──► the history itself, and the answer stands for `sharedForMs`
 *
 * Always: the settled cursor is read before the history, or at the same moment: otherwise an event that another centre
 * has just stored would be called missing. Rows are counted first too: otherwise new rows would look like duplicates. The
 * end of a lane that is over comes from the announced numbers (lane-ends.ts), not from the stored events.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { Takeover } from '../gateways/takeovers.ts';
import type { HistoryStore, LaneEnd } from '../history/store.ts';
import type { LaneEnds } from './lane-ends.ts';
import { type GatewayLedger, gatewayLedger, type LaneHistory } from './ledger.ts';
import { LedgerBook } from './ledger-book.ts';
import { withSuperseded } from './superseded.ts';
import { WeighedCache } from './weighed-cache.ts';

export interface LedgersOptions {
  readonly history: Pick<HistoryStore, 'holdings' | 'gapRecords' | 'rowCounts'>;
  readonly gateways: Pick<GatewayDirectory, 'get' | 'settled'>;
  readonly ends: Pick<LaneEnds, 'of'>;
  /** whether all events come into the history through this centre */
  readonly ours: () => boolean;
  /** the takeovers of a gateway's boxes (gateways/takeovers.ts); default: none */
  readonly takeovers?: (gateway: string) => readonly Takeover[];
  readonly clock: Clock;
}

export interface CountedLedger {
  readonly ledger: GatewayLedger;
  /** of each lane (epoch/lane), duplicates that are not merged yet included */
  readonly rows: ReadonlyMap<string, number>;
}

/** The sources of a ledger at one moment. */
interface Snapshot {
  readonly lanes: readonly LaneHistory[];
  readonly rows: ReadonlyMap<string, number>;
  readonly settled: ReturnType<GatewayDirectory['settled']>;
  readonly ends: readonly LaneEnd[];
}

const sharedForMs = 5_000;
const maxShared = 10_000;
/** ranges and gap records in all */
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

  /** Adds events that are in the history, new or stored before. */
  stored(events: readonly ForpostEvent[]): void {
    this.#book.stored(events);
  }

  /** Partitions were assigned: the history is read again, because other centres may have stored events meanwhile. */
  forget(): void {
    this.#book.forget();
    this.#shared.clear();
  }

  /** undefined for an unknown gateway. @throws what the history throws; ForpostError FORPOST_LANE_SCATTERED */
  async of(gateway: string): Promise<CountedLedger | undefined> {
    const { clock, gateways, ours, takeovers = () => [] } = this.#options;
    const { lanes, rows, settled, ends } = await (ours() ? this.#own(gateway) : this.#sharedOf(gateway));
    const status = gateways.get(gateway)?.status;
    if (lanes.length === 0 && ends.length === 0 && status === undefined) return undefined;
    // an end that begins in the future was noted by a clock that was wrong then and has been set right since
    const now = clock.now();
    const noted = {
      ends: ends.map((end) => (end.begun > now ? { ...end, begun: 0 } : end)),
      settledArrived: settled?.arrived ?? Number.NEGATIVE_INFINITY,
    };
    const named = new Set((status?.lanes ?? []).map(({ epoch }) => epoch as string));
    const explained = withSuperseded(gateway, lanes, noted.ends, takeovers(gateway), named);
    return { ledger: gatewayLedger(gateway, status, settled?.lanes, explained, noted), rows };
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
    const snapshot = { settled, rows, ends: await ends.of(gateway), lanes: await this.#book.readUncached(gateway), at };
    this.#shared.set(gateway, snapshot);
    return snapshot;
  }

  async #rows(gateway: string): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#options.history.rowCounts(gateway);
    return new Map(counts.map(({ epoch, lane, rows }) => [`${epoch}/${lane}`, rows]));
  }
}
