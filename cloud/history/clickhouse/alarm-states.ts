/**
 * The projection that the list of alarms is chosen from (sql/alarm-states.sql): a few numbers of each alarm, so that the
 * list costs the same however large the alerts are. It holds nothing that is not in `events`.
 *
 *   missing, of another version, damaged files put aside, unreadable ──► a new one is filled beside ──► takes the place
 *   there ──► at a start: what was stored lately is filled in once more (an older Forpost may have stored beside this one)
 *
 * Always: a change is noted here before its event is inserted, so after a kill between the two the event comes again,
 * and the same note changes nothing; a kill while it is filled leaves the former one, or none, in place.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { believedMs } from '../corrected.ts';
import { urgencyOf } from '../queries.ts';
import type { Executor } from './executor.ts';
import { forQueries } from './rows.ts';
import { sql } from './sql.ts';

/** An upgrade of several centres beside each other takes less. */
const lateMs = 2 * 86_400_000;
const newestChange = 0;
const raisingChange = 1;
/** as alarm-states.sql says in its comment */
const version = /^COMMENT '(.*)'$/m.exec(sql.alarmStates)?.[1] ?? '';
const maxRowsOfInsert = 50_000;
/** ClickHouse's words for files that it cannot read, and for a table that is not there. */
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

  /** Builds it anew from the events. @throws ForpostError FORPOST_HISTORY_FAILED */
  build(): Promise<void> {
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  /** Notes what `events` say of alarms. @throws ForpostError FORPOST_HISTORY_FAILED */
  async note(events: readonly ForpostEvent[], storedMs: number): Promise<void> {
    const lines = events.flatMap((event) => linesOf(event, storedMs));
    for (let i = 0; i < lines.length; i += maxRowsOfInsert)
      await this.#executor.insert('alarm_states', lines.slice(i, i + maxRowsOfInsert).join('\n'));
  }

  /** What `query` reads from it; where its files cannot be read it is built anew first. */
  async read<Result>(query: () => Promise<Result>): Promise<Result> {
    try {
      return await query();
    } catch (error) {
      if (!unreadable.test(messageOf(error))) throw error;
      this.#logger.warn({ err: error }, 'the states of alarms cannot be read; they are built anew from the events');
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
    ...{ gateway: event.gateway, alarm, epoch: event.epoch, lane: event.lane, sequence: event.sequence },
    ...{ site: event.site, change, active, urgency: urgencyOf(event.data) },
    time_ms: believedMs(Date.parse(event.time), storedMs),
    received_ms: believedMs(Date.parse(event.received), storedMs),
    ...{ stored_ms: storedMs, clock: event.clock, boot: event.boot.toWellFormed(), uptime: event.uptime },
  };
  return [newestChange, raisingChange].map((kind) => JSON.stringify({ kind, ...row }));
}
