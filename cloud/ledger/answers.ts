/** Answers the other parts from the ledgers: a view for the API and the stream, and how many events are missing. */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Ledgers } from './ledgers.ts';
import type { LedgerView } from './schemas.ts';
import { type LedgerQuery, ledgerView } from './view.ts';

export class LedgerAnswers {
  readonly #ledgers: Pick<Ledgers, 'of'>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(ledgers: Pick<Ledgers, 'of'>, clock: Pick<Clock, 'now'>) {
    this.#ledgers = ledgers;
    this.#clock = clock;
  }

  /** Undefined for an unknown gateway. @throws what the history throws; ForpostError FORPOST_LANE_SCATTERED */
  async view(gateway: string, query?: LedgerQuery): Promise<LedgerView | undefined> {
    const counted = await this.#ledgers.of(gateway);
    if (counted === undefined) return undefined;
    return { ...ledgerView(counted.ledger, counted.rows, query), counted: rfc3339(this.#clock.now()) };
  }

  /** How many events of a gateway are missing, by lane. @throws as `view` */
  async missing(gateway: string): Promise<{ readonly alerts: number; readonly telemetry: number } | undefined> {
    const counted = await this.#ledgers.of(gateway);
    if (counted === undefined) return undefined;
    const of = (lane: string) =>
      counted.ledger.lanes.reduce((sum, one) => sum + (one.lane === lane ? one.missing.count : 0), 0);
    return { alerts: of('alerts'), telemetry: of('telemetry') };
  }
}
