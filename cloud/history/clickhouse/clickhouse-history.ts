/**
 * The history in ClickHouse, embedded or on a server: the same statements on both.
 *
 * Always: one insert is one part in one partition, fsynced before `insert` resolves; duplicates are merged by the full
 * event key, and the first one stored stays. `stored` never goes back when the clock goes back by less than a minute.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { readingOf } from '../corrected.ts';
import {
  checkLimit,
  checkSeries,
  decodeCursor,
  encodeCursor,
  maxAlarms,
  maxEvents,
  maxGaps,
  maxSeriesPoints,
  maxSkippedAlarms,
  storingTime,
  timeRange,
} from '../queries.ts';
import type { HistoryQuestion } from '../question.ts';
import {
  type AlarmFilter,
  type AlarmList,
  type AlarmState,
  type CentreAcknowledgement,
  type EventPage,
  type EventQuery,
  type HistoryEvent,
  type HistoryStore,
  type LaneEnd,
  type LaneKey,
  type LaneRanges,
  maxLookup,
  type Range,
  type SeriesPoint,
  type SeriesQuery,
} from '../store.ts';
import { AlarmStates } from './alarm-states.ts';
import { brokenParts } from './damage.ts';
import { EmbeddedExecutor } from './embedded.ts';
import { cursorOf, type PageRow, positionOf, slices, toPageEvent } from './event-pages.ts';
import type { Executor, Parameters } from './executor.ts';
import { HttpExecutor } from './http.ts';
import { rangesOf } from './ranges.ts';
import { type EventRow, toEvent, toLine } from './rows.ts';
import { migrate } from './schema.ts';
import { sql } from './sql.ts';

export interface ClickHouseHistoryOptions {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The executor for a configuration: a server where `url` is given, else embedded in `folder`. */
export function executorFor(options: { readonly url?: string | undefined; readonly folder: string }): Executor {
  return options.url === undefined ? new EmbeddedExecutor(options.folder) : new HttpExecutor(options.url);
}

/** The limits of one part. A longer insert becomes several parts, in order, each of them all or nothing. */
const maxInsertEvents = 50_000;
const maxInsertBytes = 64 * 1024 * 1024;

const anyBytes = 4_294_967_295;

export class ClickHouseHistory implements HistoryStore {
  readonly #executor: Executor;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #alarmStates: AlarmStates;
  #lastStoredMs = 0;
  #broken: Message | undefined;

  constructor(options: ClickHouseHistoryOptions) {
    this.#executor = options.executor;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#alarmStates = new AlarmStates(options.executor, options.logger);
  }

  async start(): Promise<void> {
    await this.#executor.open();
    try {
      const migrated = await migrate(this.#executor, this.#clock.now());
      // a killed rebuild leaves this table, as large as the history
      await this.#executor.command('DROP TABLE IF EXISTS events_rebuilt SYNC');
      await this.#alarmStates.prepare(Math.trunc(this.#clock.now()));
      this.#broken = this.#executor instanceof EmbeddedExecutor ? await brokenParts(this.#executor) : undefined;
      if (this.#broken !== undefined) this.#logger.error({ place: this.#executor.place }, inEnglish(this.#broken));
      this.#logger.info({ place: this.#executor.place, migrated }, 'history open');
    } catch (error) {
      await this.#executor.close();
      throw error;
    }
  }

  /** Damage to the history's files, for the page; empty where there is none. */
  problems(): readonly Message[] {
    return this.#broken === undefined ? [] : [this.#broken];
  }

  async stop(): Promise<void> {
    await this.#executor.close();
  }

  async insert(events: readonly ForpostEvent[]): Promise<void> {
    const storedMs = storingTime(this.#lastStoredMs, this.#clock.now());
    this.#lastStoredMs = storedMs;
    await this.#noteClocks(events);
    await this.#alarmStates.note(events, storedMs);
    let lines: string[] = [];
    let bytes = 0;
    for (const event of events) {
      const line = lineOf(event, storedMs);
      if (lines.length === maxInsertEvents || bytes + line.length > maxInsertBytes) {
        await this.#executor.insert('events', lines.join('\n'));
        lines = [];
        bytes = 0;
      }
      lines.push(line);
      bytes += line.length;
    }
    if (lines.length > 0) await this.#executor.insert('events', lines.join('\n'));
  }

  /** Runs before the events are inserted: after a kill in between, the events come again and the same reading changes nothing. */
  async #noteClocks(events: readonly ForpostEvent[]): Promise<void> {
    const lines = events.flatMap((event) => {
      const reading = readingOf(event);
      if (reading === undefined) return [];
      const { gateway, boot, uptime, offsetMs } = reading;
      return [JSON.stringify({ gateway, boot: boot.toWellFormed(), uptime, offset_ms: offsetMs })];
    });
    if (lines.length > 0) await this.#executor.insert('clocks', lines.join('\n'));
  }

  /**
   * Searches one slice of time after another until the page is full, from the newest backwards, each slice longer than the
   * one before. So the newest hundred events cost the same in a history of ten years as in a history of one day.
   */
  async events(query: EventQuery): Promise<EventPage> {
    const limit = checkLimit(query.limit, maxEvents);
    const range = timeRange(query);
    const parameters = {
      site: query.site ?? '',
      gateway: query.gateway ?? '',
      device: query.device ?? '',
      type: query.type ?? '',
      lane: query.lane ?? '',
      most_bytes: query.mostBytes ?? anyBytes,
    };
    let after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const newest = Math.min(range.through, after?.time ?? range.through);
    const rows: PageRow[] = [];
    for (const slice of slices(range.from, newest, Math.trunc(this.#clock.now()))) {
      for (;;) {
        // one event beyond the limit shows whether there is a next page
        const missing = limit + 1 - rows.length;
        const found = await this.#executor.query<PageRow>(sql.events, {
          ...parameters,
          ...slice,
          ...cursorOf(after),
          limit: missing,
        });
        rows.push(...found);
        const last = rows.at(-1);
        if (found.length === 0 || found.length === missing || last === undefined) break;
        after = positionOf(last);
      }
      if (rows.length > limit) break;
    }
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const events = page.map(toPageEvent);
    return rows.length > limit && last !== undefined ? { events, cursor: encodeCursor(positionOf(last)) } : { events };
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    const { from, to, steps, timezone } = checkSeries(query);
    const rows = await this.#projected<{ readonly start: string; readonly value: number | null }>(sql.series, {
      device: query.device,
      gateway: query.gateway ?? '',
      any_channel: query.channel === undefined ? 1 : 0,
      channel: query.channel ?? '',
      metric: query.metric,
      from,
      to,
      unit: steps.unit,
      steps: steps.steps,
      timezone,
      aggregate: query.aggregate,
      limit: maxSeriesPoints + 1,
    });
    // ClickHouse writes an overflow to infinity as null
    return rows.flatMap(({ start, value }) => (value === null ? [] : [{ time: Number(start), value }]));
  }

  async alarms(since: number, limit: number, filter: AlarmFilter = {}): Promise<AlarmList> {
    const most = checkLimit(limit, maxAlarms);
    const skip = Math.min(filter.skip ?? 0, maxSkippedAlarms);
    const rows = await this.#alarmStates.read(() =>
      this.#executor.query<AlarmRow>(sql.alarms, {
        since: timeRange({ from: since }).from,
        limit: most,
        skip,
        most: most + skip,
        site: filter.site ?? '',
        gateway: filter.gateway ?? '',
      }),
    );
    return { alarms: rows.map(alarmState), open: Number(rows[0]?.open_count ?? 0) };
  }

  async noteAcknowledgements(acknowledgements: readonly CentreAcknowledgement[]): Promise<void> {
    const lines = acknowledgements.map(({ gateway, alarm, by, at }) =>
      JSON.stringify({ gateway, alarm: alarm.toWellFormed(), person: by.toWellFormed(), at_ms: Math.trunc(at) }),
    );
    for (let i = 0; i < lines.length; i += maxInsertEvents)
      await this.#executor.insert('acknowledgements', lines.slice(i, i + maxInsertEvents).join('\n'));
  }

  async ask<Asked, Answer, Row>(question: HistoryQuestion<Asked, Answer, Row>, asked: Asked): Promise<Answer> {
    const { statement, projected, parameters, answer } = question.clickhouse;
    const bound = parameters(asked, Math.trunc(this.#clock.now()));
    const rows =
      projected === true ? this.#projected<Row>(statement, bound) : this.#executor.query<Row>(statement, bound);
    return answer(await rows);
  }

  lanes(): Promise<readonly LaneKey[]> {
    return this.#projected<LaneKey>(sql.lanes, {});
  }

  async received(key: LaneKey): Promise<readonly Range[]> {
    const [lane] = await rangesOf(this.#executor, key.gateway, { epoch: key.epoch, lane: key.lane });
    return lane?.received ?? [];
  }

  async stored(key: LaneKey, sequences: readonly number[]): Promise<readonly HistoryEvent[]> {
    if (sequences.length === 0) return [];
    if (sequences.length > maxLookup) throw new RangeError(`${sequences.length} numbers, ${maxLookup} are the most`);
    const rows = await this.#executor.query<EventRow>(sql.stored, {
      ...keyOf(key),
      from: Math.min(...sequences),
      through: Math.max(...sequences),
      sequences: sequences.join(','),
    });
    return rows.map(toEvent);
  }

  async rows(key: LaneKey): ReturnType<HistoryStore['rows']> {
    const [row] = await this.#executor.query<{ readonly rows: string; readonly distinct: string }>(
      sql.rows,
      keyOf(key),
    );
    return { rows: Number(row?.rows ?? 0), distinct: Number(row?.distinct ?? 0) };
  }

  holdings(gateway: string): Promise<readonly LaneRanges[]> {
    return rangesOf(this.#executor, gateway);
  }

  async gapRecords(gateway: string): Promise<readonly ForpostEvent[]> {
    const rows = await this.#executor.query<EventRow>(sql.gapRecords, { gateway, limit: maxGaps });
    return rows.map(toEvent);
  }

  async rowCounts(gateway: string): ReturnType<HistoryStore['rowCounts']> {
    const rows = await this.#projected<{ readonly epoch: string; readonly lane: Lane; readonly rows: string }>(
      sql.rowCounts,
      { gateway },
    );
    return rows.map(({ epoch, lane, rows: count }) => ({ epoch, lane, rows: Number(count) }));
  }

  async noteEnds(ends: readonly LaneEnd[]): Promise<void> {
    for (let i = 0; i < ends.length; i += maxInsertEvents) {
      const lines = ends
        .slice(i, i + maxInsertEvents)
        .map(({ gateway, epoch, lane, assigned, acknowledged, begun }) =>
          JSON.stringify({ gateway, epoch, lane, assigned, acknowledged, begun: Math.trunc(begun) }),
        );
      await this.#executor.insert('lane_ends', lines.join('\n'));
    }
  }

  async ends(gateway: string): Promise<readonly LaneEnd[]> {
    const rows = await this.#executor.query<LaneKey & Record<'assigned' | 'acknowledged' | 'begun', string>>(
      sql.laneEnds,
      { gateway },
    );
    return rows.map(({ epoch, lane, assigned, acknowledged, begun }) => ({
      gateway,
      epoch,
      lane,
      assigned: Number(assigned),
      acknowledged: Number(acknowledged),
      begun: Number(begun),
    }));
  }

  /**
   * Runs a query that a projection answers. ClickHouse fsyncs a part's rows but not its projections: after a power cut a
   * projection may hold zeros until the next merge builds it again. Then the query reads the rows instead. `text` must end
   * with its SETTINGS clause.
   */
  async #projected<Row>(text: string, parameters: Parameters): Promise<Row[]> {
    try {
      return await this.#executor.query<Row>(text, parameters);
    } catch (error) {
      if (!/While reading or decompressing|Checksum doesn't match/.test(messageOf(error))) throw error;
      this.#logger.warn({ err: error }, 'a projection cannot be read; answering from the rows');
      return await this.#executor.query<Row>(`${text.trimEnd()}, optimize_use_projections = 0`, parameters);
    }
  }
}

/** @throws ForpostError FORPOST_EVENT_INVALID, which is not retryable, so that the other events of the insert need not wait */
function lineOf(event: ForpostEvent, storedMs: number): string {
  try {
    return toLine(event, storedMs);
  } catch (error) {
    const message = words('centre/reason.no-row', { event: event.id, error: messageOf(error) });
    throw new ForpostError('FORPOST_EVENT_INVALID', message, { cause: error });
  }
}

type AlarmRow = EventRow &
  Record<'alarm' | 'raised_ms' | 'open_count' | 'open_of_gateway' | 'person' | 'acknowledged_ms', string> & {
    readonly is_open: boolean | number;
  };

function alarmState(row: AlarmRow): AlarmState {
  const latest: HistoryEvent = toEvent(row);
  const { site, gateway } = latest;
  return {
    alarm: row.alarm,
    site,
    gateway,
    latest,
    raised: rfc3339(Number(row.raised_ms)),
    open: Boolean(row.is_open),
    openOfGateway: Number(row.open_of_gateway),
    ...(row.person === '' ? {} : { acknowledgement: { by: row.person, at: rfc3339(Number(row.acknowledged_ms)) } }),
  };
}

function keyOf(key: LaneKey): Parameters {
  return { gateway: key.gateway, epoch: key.epoch, lane: key.lane };
}
