/**
 * The history: every event once, for as long as it is kept. A projection of Kafka, which can be rebuilt from it.
 *
 * Always: when `insert` resolves the events are on disk; inserting the same event again changes nothing that a query
 * can see; a query never sees half an insert as complete (`received` counts only what is readable). A clock event
 * corrects earlier times of its boot in every answer from then on, and what was stored stays as it is (corrected.ts).
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
  /** event time (the corrected one where there is one), ms since 1970: from <= time < to */
  readonly from?: number;
  readonly to?: number;
  /** newest first */
  readonly limit: number;
  /** from a page before */
  readonly cursor?: string;
  /** data of more bytes than this is left out, but for its beginning, and `data_bytes` says how many there are */
  readonly mostBytes?: number;
}

export type { HistoryEvent } from './history-event.ts';

export interface EventPage {
  /** newest first, by corrected time where there is one */
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

/** How far a gateway has said that it numbered a lane. */
export interface LaneEnd extends LaneKey {
  /** last number given; at least 1 */
  readonly assigned: number;
  /** last number that the gateway was told is safe */
  readonly acknowledged: number;
  /** ms since 1970: when a centre first heard of the lane, from the gateway itself */
  readonly begun: number;
}

export interface AlarmFilter {
  readonly site?: string;
  readonly gateway?: string;
  /** alarms of pages before: the list goes on behind them, in the order in which they are cut off */
  readonly skip?: number;
}

/** The newest alert event of each alarm. */
export interface AlarmState {
  readonly alarm: string;
  readonly site: string;
  readonly gateway: string;
  readonly latest: HistoryEvent;
  /** time (the corrected one where there is one) of the event that raised it, RFC 3339 */
  readonly raised: string;
  /** it is active, or over and waits for a person */
  readonly open: boolean;
  /** how many of its gateway are open, listed or not */
  readonly openOfGateway: number;
  /** what a person said at the centre; its gateway may not know */
  readonly acknowledgement?: { readonly by: string; readonly at: string };
}

export interface AlarmList {
  /** newest first */
  readonly alarms: readonly AlarmState[];
  /** how many are open in all, those beyond the limit included */
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

/** What a gap record says about one lane. */
export interface Gap {
  readonly from: number;
  /** null = up to an unknown end; 0 (and from 1) = of events that never had a number */
  readonly through: number | null;
  readonly count: number;
  readonly reason: string;
  /** times of the first and the last event in it, as the gateway wrote them; '' where it does not say */
  readonly firstTime?: string;
  readonly lastTime?: string;
}

/** What is there of one lane of a gateway, as sorted ranges that do not touch. */
export interface LaneRanges extends Omit<LaneKey, 'gateway'> {
  readonly received: readonly Range[];
}

/**
 * The most ranges that are told of a lane. One in order has one; a drain, a replay or what was shed makes some more.
 * Beyond that something numbers events with holes, and a set of them would be as large as the lane.
 */
export const maxRanges = 100_000;

/** Numbers that one `stored` may ask for. */
export const maxLookup = 500;

export interface HistoryStore {
  start(): Promise<void>;
  stop(): Promise<void>;
  insert(events: readonly ForpostEvent[]): Promise<void>;
  events(query: EventQuery): Promise<EventPage>;
  series(query: SeriesQuery): Promise<readonly SeriesPoint[]>;
  /**
   * The open ones, and those that ended since `since` (ms since 1970); newest first. Open: active, or over and not
   * acknowledged by a person. Beyond `limit` those that ended are cut off first; of the open ones every gateway has an
   * equal share, and what is left goes to those that are not acknowledged, then to the gravest, then to the newest.
   */
  alarms(since: number, limit: number, filter?: AlarmFilter): Promise<AlarmList>;
  /** Notes what people acknowledged at the centre, durably. Of several for one alarm the first stays. */
  noteAcknowledgements(acknowledgements: readonly CentreAcknowledgement[]): Promise<void>;
  /** Answers the question of one capability (question.ts). */
  ask<Asked, Answer, Row>(question: HistoryQuestion<Asked, Answer, Row>, asked: Asked): Promise<Answer>;
  /** every lane the history knows, those included of which nothing has arrived but a gap record or a noted end */
  lanes(): Promise<readonly LaneKey[]>;
  /** what it has of one lane, as sorted ranges that do not touch. @throws ForpostError FORPOST_LANE_SCATTERED */
  received(key: LaneKey): Promise<readonly Range[]>;
  /** those of these numbers of one lane that it has, with their content; at most `maxLookup` numbers */
  stored(key: LaneKey, sequences: readonly number[]): Promise<readonly HistoryEvent[]>;
  /** how many rows are there of one lane, duplicates not merged away: rows - distinct numbers = what the backstop holds back */
  rows(key: LaneKey): Promise<{ readonly rows: number; readonly distinct: number }>;
  /** what it has of every lane of a gateway: reads all of the gateway's keys. @throws ForpostError FORPOST_LANE_SCATTERED */
  holdings(gateway: string): Promise<readonly LaneRanges[]>;
  /** the gap records of a gateway, oldest first; at most `maxGaps` */
  gapRecords(gateway: string): Promise<readonly ForpostEvent[]>;
  /** rows of each lane of a gateway, duplicates included; costs little, however many there are */
  rowCounts(gateway: string): Promise<readonly (Omit<LaneKey, 'gateway'> & { readonly rows: number })[]>;
  /** Notes how far lanes are numbered. The highest numbers and the earliest `begun` stay, in whatever order they come. */
  noteEnds(ends: readonly LaneEnd[]): Promise<void>;
  /** what was noted of a gateway's lanes; costs little, however many events there are */
  ends(gateway: string): Promise<readonly LaneEnd[]>;
}
