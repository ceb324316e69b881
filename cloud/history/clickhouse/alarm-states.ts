/**
 * The alarm states (sql/alarm-states.sql): a table with a few numbers of each alarm, from which the list of alarms is
 * chosen, so that large alerts do not slow the list down. It can be built from `events` at any time.
 *
 *   missing, other version, damaged parts, unreadable ──► a new table is filled beside it ──► replaces it
 *   present ──► each start fills in recent alerts again (an older Forpost may have stored some beside this one)
 *
 * Always: a change is noted here before its event is inserted. After a kill in between, the event comes again and the same
 * note changes nothing. A kill while the new table is filled leaves the former one in place, or none.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { believedMs } from '../corrected.ts';
import { urgencyOf } from '../queries.ts';
import type { Executor } from './executor.ts';
import { forQueries } from './rows.ts';
import { sql } from './sql.ts';

/** How far back a start fills in alerts: an upgrade of several centres side by side takes less time. */
const lateMs = 2 * 86_400_000;
const newestChange = 0;
const raisingChange = 1;
/** the version in the table's comment (alarm-states.sql) */
const version = /^COMMENT '(.*)'$/m.exec(sql.alarmStates)?.[1] ?? '';
const maxRowsOfInsert = 50_000;
/** ClickHouse's messages for unreadable files and for a missing table. */
const unreadable = /While reading or decompressing|Checksum doesn't match|Cannot read all data|Code: 60\./;

export class AlarmStates {
  readonly #executor: Executor;
  readonly #logger: Logger;
  #building: Promise<void> | undefined;

  constructor(executor: Executor, logger: Logger) {
    this.#executor = executor;
    this.#logger = logger;
  }

  /** @throws ForpostError FORPOST_HISTORY_FAILED */
  async prepare(nowMs: number): Promise<void> {
    const [there] = await this.#executor.query<{ readonly comment: string; readonly broken: string }>(
      sql.alarmStatesVersion,
      {},
    );
    if (there === undefined || there.comment !== version) await this.build();
    else await this.#fill('alarm_states', there.broken === '0' ? nowMs - lateMs : 0);
  }

  /** Builds the table again from the events. @throws ForpostError FORPOST_HISTORY_FAILED */
  build(): Promise<void> {
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  /** Notes the alerts among `events`. @throws ForpostError FORPOST_HISTORY_FAILED */
  async note(events: readonly ForpostEvent[], storedMs: number): Promise<void> {
    const lines = events.flatMap((event) => linesOf(event, storedMs));
    for (let i = 0; i < lines.length; i += maxRowsOfInsert)
      await this.#executor.insert('alarm_states', lines.slice(i, i + maxRowsOfInsert).join('\n'));
  }

  /** Runs `query`, which reads this table; if the files are unreadable, builds the table again and repeats the query. */
  async read<Result>(query: () => Promise<Result>): Promise<Result> {
    try {
      return await query();
    } catch (error) {
      if (!unreadable.test(messageOf(error))) throw error;
      this.#logger.warn({ err: error }, 'the alarm states cannot be read; they are built anew from the events');
      await this.build();
      return await query();
    }
  }

  async #build(): Promise<void> {
    const executor = this.#executor;
    await executor.command('DROP TABLE IF EXISTS alarm_states_building SYNC');
    await executor.command(sql.alarmStates);
    await this.#fill('alarm_states_building', 0);
    const there = await executor.query(sql.alarmStatesVersion, {});
    if (there.length === 0) return executor.command('RENAME TABLE alarm_states_building TO alarm_states');
    await executor.command('EXCHANGE TABLES alarm_states AND alarm_states_building');
    await executor.command('DROP TABLE IF EXISTS alarm_states_building SYNC');
  }

  async #fill(table: 'alarm_states' | 'alarm_states_building', since: number): Promise<void> {
    await this.#executor.query(sql.alarmStatesFill.replace('TABLE_NAME', table), { since });
  }
}

function linesOf(event: ForpostEvent, storedMs: number): readonly string[] {
  if (event.type !== eventTypes.alert) return [];
  const { alarm, change, active } = forQueries(event);
  if (alarm === '') return [];
  const row = {
    gateway: event.gateway,
    alarm,
    epoch: event.epoch,
    lane: event.lane,
    sequence: event.sequence,
    site: event.site,
    change,
    active,
    urgency: urgencyOf(event.data),
    time_ms: believedMs(Date.parse(event.time), storedMs),
    received_ms: believedMs(Date.parse(event.received), storedMs),
    stored_ms: storedMs,
    clock: event.clock,
    boot: event.boot.toWellFormed(),
    uptime: event.uptime,
  };
  return [newestChange, raisingChange].map((kind) => JSON.stringify({ kind, ...row }));
}
