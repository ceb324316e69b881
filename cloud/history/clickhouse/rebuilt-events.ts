/**
 * Builds a new table of events beside the one in use, and replaces that one in one step.
 *
 *   no table, or a part of an earlier try ── begin ──► empty ── insert … ──► Kafka's events ── keepOlder, each gateway ──►
 *     Kafka's events and all older ones ── exchange ──► in use; the former table is dropped
 *
 * Always: the table in use is only read until `exchange`, which is atomic, so after a kill at any moment one of the two
 * tables is whole and in use. The next `begin` or the centre's next start drops a leftover table (clickhouse-history.ts).
 * If the new table lacks an event of the old one, the rebuild fails before the exchange.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { readingOf } from '../corrected.ts';
import { AlarmStates } from './alarm-states.ts';
import type { Executor, Parameters } from './executor.ts';
import { toLine } from './rows.ts';
import { sql } from './sql.ts';

/** An event, and when the centre first stored it, ms since 1970. */
export interface RebuiltEvent {
  readonly event: ForpostEvent;
  readonly storedMs: number;
}

export interface GatewayRebuilt {
  /** `before`: distinct events of the gateway in the table in use; `older`: events copied because the new table lacked them */
  readonly before: number;
  readonly older: number;
}

interface Chunk {
  readonly epoch: string;
  readonly lane: string;
  readonly first: string;
  readonly last: string;
}

export class RebuiltEvents {
  readonly #executor: Executor;
  readonly #logger: Logger;

  constructor(executor: Executor, logger: Logger) {
    this.#executor = executor;
    this.#logger = logger;
  }

  /** @throws ForpostError FORPOST_HISTORY_FAILED, as all methods of this class do */
  async begin(): Promise<void> {
    await this.#executor.command('DROP TABLE IF EXISTS events_rebuilt SYNC');
    await this.#executor.command('CREATE TABLE events_rebuilt AS events');
  }

  async insert(events: readonly RebuiltEvent[]): Promise<void> {
    const clocks = events.flatMap(({ event }) => {
      const reading = readingOf(event);
      if (reading === undefined) return [];
      const { gateway, boot, uptime, offsetMs } = reading;
      return [JSON.stringify({ gateway, boot: boot.toWellFormed(), uptime, offset_ms: offsetMs })];
    });
    // both tables share the clock readings
    if (clocks.length > 0) await this.#executor.insert('clocks', clocks.join('\n'));
    if (events.length === 0) return;
    await this.#executor.insert(
      'events_rebuilt',
      events.map(({ event, storedMs }) => toLine(event, storedMs)).join('\n'),
    );
  }

  async gateways(): Promise<readonly string[]> {
    const rows = await this.#executor.query<{ readonly gateway: string }>(sql.rebuildGateways, {});
    return rows.map(({ gateway }) => gateway);
  }

  /** Copies the events of one gateway that the new table lacks. */
  async keepOlder(gateway: string): Promise<GatewayRebuilt> {
    const chunks = await this.#executor.query<Chunk>(sql.rebuildChunks, { gateway });
    let [before, older] = [0, 0];
    for (const { epoch, lane, first, last } of chunks) {
      const chunk = { gateway, epoch, lane, from: first, through: last };
      const counts = await this.#counts(chunk);
      before += counts.before;
      older += counts.lacking;
      if (counts.lacking === 0) continue;
      await this.#executor.query(sql.rebuildKeep, chunk);
      const { lacking } = await this.#counts(chunk);
      if (lacking > 0)
        throw new ForpostError(
          'FORPOST_HISTORY_FAILED',
          `the rebuilt history lacks ${lacking} events of ${gateway}: nothing was changed`,
        );
    }
    return { before, older };
  }

  async #counts(chunk: Parameters): Promise<{ readonly before: number; readonly lacking: number }> {
    const [row] = await this.#executor.query<{ readonly before: string; readonly lacking: string }>(
      sql.rebuildCounts,
      chunk,
    );
    if (row === undefined) throw new ForpostError('FORPOST_HISTORY_FAILED', 'the history did not count its events');
    return { before: Number(row.before), lacking: Number(row.lacking) };
  }

  /**
   * Puts the new table in the place of the old one, builds the alarm states from it and drops the old one. After a kill in
   * between, the former alarm states stay; only their storing times differ.
   */
  async exchange(): Promise<void> {
    await this.#executor.command('EXCHANGE TABLES events AND events_rebuilt');
    await new AlarmStates(this.#executor, this.#logger).build();
    await this.#executor.command('DROP TABLE IF EXISTS events_rebuilt SYNC');
  }
}
