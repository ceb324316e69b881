/**
 * The history: every event once. It is a projection of Kafka and can be rebuilt from what Kafka holds.
 *
 * Always: when `insert` resolves, its events are on disk; inserting the same event again changes no answer; `received`
 * counts only readable events, so half an insert never looks complete. A clock event corrects earlier times of its boot
 * in every later answer; stored rows stay unchanged (corrected.ts).
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { HistoryEvent } from './history-event.ts';
import type { HistoryQuestion } from './question.ts';

export interface EventQuery {
  readonly site?: string;
  readonly gateway?: string;
  readonly device?: string;
  readonly type?: string;
  readonly lane?: Lane;
  /** event time (corrected where a correction is known), ms since 1970: from <= time < to */
  readonly from?: number;
  readonly to?: number;
  /** newest first */
  readonly limit: number;
  /** of the page before */
  readonly cursor?: string;
  /** larger data is cut to its beginning, and `data_bytes` has its full size; bytes */
  readonly mostBytes?: number;
}

export type { HistoryEvent } from './history-event.ts';

export interface EventPage {
  /** newest first, by corrected time where a correction is known */
  readonly events: readonly HistoryEvent[];
  /** absent on the last page */
  readonly cursor?: string;
}

export interface SeriesQuery {
  readonly device: string;
  readonly gateway?: string;
  readonly channel?: string;
  readonly metric: string;
  /** ms since 1970: from <= time < to */
  readonly from: number;
  readonly to: number;
  /** seconds; a day or longer steps by the calendar of `timezone` */
  readonly stepSeconds: number;
  readonly aggregate: 'avg' | 'min' | 'max' | 'sum' | 'last' | 'count';
  readonly timezone: string;
}

export interface SeriesPoint {
  /** start of the step, ms since 1970 */
  readonly time: number;
  readonly value: number;
}

/** An inclusive range of sequence numbers. */
export type Range = readonly [from: number, through: number];

export interface LaneKey {
  readonly gateway: string;
  readonly epoch: string;
  readonly lane: Lane;
}

/** The highest numbers of a lane, as its gateway reported them. */
export interface LaneEnd extends LaneKey {
  /** last number that the gateway assigned; at least 1 */
  readonly assigned: number;
  /** last number that the sink acknowledged to the gateway */
  readonly acknowledged: number;
  /** when a centre first received the gateway's own report of this lane, ms since 1970 */
  readonly begun: number;
}

export interface AlarmFilter {
  readonly site?: string;
  readonly gateway?: string;
  /** number of alarms that earlier pages showed; the list continues after them, in the order of urgency */
  readonly skip?: number;
}

/** The newest alert event of each alarm. */
export interface AlarmState {
  readonly alarm: string;
  readonly site: string;
  readonly gateway: string;
  readonly latest: HistoryEvent;
  /** time of the event that raised the alarm, corrected where a correction is known, RFC 3339 */
  readonly raised: string;
  /** the alarm is active, or over and not acknowledged */
  readonly open: boolean;
  /** number of open alarms of the same gateway, listed or not */
  readonly openOfGateway: number;
  /** a person's acknowledgement at the centre; the gateway may not have received it */
  readonly acknowledgement?: { readonly by: string; readonly at: string };
}

export interface AlarmList {
  /** newest first */
  readonly alarms: readonly AlarmState[];
  /** number of all open alarms, including those beyond the limit */
  readonly open: number;
}

/** A person acknowledged an alarm at the centre. */
export interface CentreAcknowledgement {
  readonly gateway: string;
  readonly alarm: string;
  /** a log-in name */
  readonly by: string;
  /** ms since 1970 */
  readonly at: number;
}

/** The range of one lane that a gap record names. */
export interface Gap {
  readonly from: number;
  /** null = unknown end; 0 (with from 1) = the events never had a number */
  readonly through: number | null;
  readonly count: number;
  readonly reason: string;
  /** times of the first and the last event of the range, as the gateway wrote them; '' where the record names none */
  readonly firstTime?: string;
  readonly lastTime?: string;
}

/** The numbers of one lane that the history holds, as sorted ranges that do not touch. */
export interface LaneRanges extends Omit<LaneKey, 'gateway'> {
  readonly received: readonly Range[];
}

/**
 * The most ranges of one lane. An orderly lane has one range; a drain, a replay and shed events add some. A lane with more
 * ranges has holes everywhere, and its set of ranges would be as large as the lane.
 */
export const maxRanges = 100_000;

/** The most numbers in one call of `stored`. */
export const maxLookup = 500;

export interface HistoryStore {
  start(): Promise<void>;
  stop(): Promise<void>;
  insert(events: readonly ForpostEvent[]): Promise<void>;
  events(query: EventQuery): Promise<EventPage>;
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /**
   * The open alarms, and the alarms that ended since `since` (ms since 1970); newest first. Open: active, or over and not
   * acknowledged. A list longer than `limit` first drops alarms that ended. Among the open alarms every gateway gets an
   * equal share of the limit; the rest goes to unacknowledged alarms, then to the gravest, then to the newest.
   */
  alarms(since: number, limit: number, filter?: AlarmFilter): Promise<AlarmList>;
  /** Notes acknowledgements made at the centre, durably. The first acknowledgement of an alarm stays. */
  noteAcknowledgements(acknowledgements: readonly CentreAcknowledgement[]): Promise<void>;
  /** Answers the question of one capability (question.ts). */
  ask<Asked, Answer, Row>(question: HistoryQuestion<Asked, Answer, Row>, asked: Asked): Promise<Answer>;
  /** every known lane, including lanes that only a gap record or a noted end names */
  lanes(): Promise<readonly LaneKey[]>;
  /** the stored numbers of one lane, as sorted ranges that do not touch. @throws ForpostError FORPOST_LANE_SCATTERED */
  received(key: LaneKey): Promise<readonly Range[]>;
  /** the stored events of one lane with these numbers; at most `maxLookup` numbers */
  stored(key: LaneKey, sequences: readonly number[]): Promise<readonly HistoryEvent[]>;
  /** rows and distinct numbers of one lane; rows - distinct = duplicates that ClickHouse has not merged yet */
  rows(key: LaneKey): Promise<{ readonly rows: number; readonly distinct: number }>;
  /** the stored numbers of every lane of a gateway; reads all keys of the gateway. @throws ForpostError FORPOST_LANE_SCATTERED */
  holdings(gateway: string): Promise<readonly LaneRanges[]>;
  /** the gap records of a gateway, oldest first; at most `maxGaps` */
  gapRecords(gateway: string): Promise<readonly ForpostEvent[]>;
  /** number of rows of each lane of a gateway, duplicates included; cheap for any number of rows */
  rowCounts(gateway: string): Promise<readonly (Omit<LaneKey, 'gateway'> & { readonly rows: number })[]>;
  /** Notes the ends of lanes, in any order: the highest numbers and the earliest `begun` stay. */
  noteEnds(ends: readonly LaneEnd[]): Promise<void>;
  /** the noted ends of a gateway's lanes; cheap for any number of events */
  ends(gateway: string): Promise<readonly LaneEnd[]>;
}
