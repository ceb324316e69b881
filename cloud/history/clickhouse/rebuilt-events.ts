/**
 * A fresh table of events built beside the one in use, and put in its place in one step.
 *
 *   nothing, or a half of an earlier try ── begin ──► empty ── insert … ──► what Kafka holds ── keepOlder, each gateway ──►
 *     what Kafka holds and all else ── exchange ──► in use; the former one is dropped
 *
 * Always: the table in use is only read until `exchange`, which is atomic, so a kill at any moment leaves the one or the
 * other whole; a leftover is dropped by the next `begin`, or by the centre's next start (clickhouse-history.ts). What the
 * new table would lack of the old one ends the rebuild before the exchange.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { readingOf } from '../corrected.ts';
import { AlarmStates } from './alarm-states.ts';
import type { Executor, Parameters } from './executor.ts';
import { toLine } from './rows.ts';
import { sql } from './sql.ts';

/** An event and when the centre had it first, ms since 1970. */
export interface RebuiltEvent {
  readonly event: ForpostEvent;
  readonly storedMs: number;
}

export interface GatewayRebuilt {
  /** different events of it in the table in use, and those of them that were copied because the new one lacked them */
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

  /** @throws ForpostError FORPOST_HISTORY_FAILED, as all of these do */
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
    // what a clock event says is the same in either table
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

  /** Copies what the new table lacks of one gateway. */
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
   * The new table takes the place of the old one, which is dropped; the states of alarms are built from it. (After a kill
   * between the two they are those of before, which say the same but for when an event was stored.)
   */
  async exchange(): Promise<void> {
    await this.#executor.command('EXCHANGE TABLES events AND events_rebuilt');
    await new AlarmStates(this.#executor, this.#logger).build();
    await this.#executor.command('DROP TABLE IF EXISTS events_rebuilt SYNC');
  }
}
