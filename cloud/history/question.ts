/**
 * A question that one capability asks the history. The capability brings an answer for each adapter: a statement for
 * ClickHouse and a plain function for the memory model. So a capability's SQL stands in its own folder, and a new question
 * changes no adapter.
 *
 * Always: a value reaches ClickHouse as a bound parameter; both adapters answer the same, which the contract suite
 * (test/contract/history) checks for the questions of the centre.
 */
import type { Parameters } from './clickhouse/executor.ts';
import type { HistoryEvent } from './history-event.ts';

export interface HistoryQuestion<Asked, Answer, Row = never> {
  readonly clickhouse: {
    /** One SELECT. 64-bit integers come back as text. */
    readonly statement: string;
    /**
     * True: a projection of the table answers the statement. If the projection is damaged, the same statement reads the
     * rows instead; for that the statement must end with its SETTINGS clause.
     */
    readonly projected?: boolean;
    /** `nowMs`: whole ms since 1970 */
    parameters(asked: Asked, nowMs: number): Parameters;
    answer(rows: readonly Row[]): Answer;
  };
  /** Computes the answer from all events of a small history, which come in any order. */
  memory(events: Iterable<StoredEvent>, asked: Asked, nowMs: number): Answer;
}

/** An event in the memory model, with the columns that ClickHouse stores for it. */
export interface StoredEvent {
  readonly event: HistoryEvent;
  /** ms since 1970 */
  readonly storedMs: number;
  /** '' where the data names no channel */
  readonly channel: string;
  readonly values: Readonly<Record<string, number>>;
}
