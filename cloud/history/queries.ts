/**
 * Checks a query before a history answers it: limits, the cursor of a page, the steps of a chart. All adapters share this
 * file, so each of them refuses or cuts the same query in the same way.
 *
 * Always: a caller's values are checked here and refused with FORPOST_QUERY_INVALID before a statement runs.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import { isId, isLane, type Lane } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { EventQuery, HistoryEvent, SeriesQuery } from './store.ts';

export const maxEvents = 10_000;
export const maxSeriesPoints = 50_000;
export const maxAlarms = 10_000;
export const maxSkippedAlarms = 10_000;
export const maxGaps = 100_000;

const weights: Readonly<Record<string, number>> = { critical: 3, warning: 2, info: 1 };

/**
 * The least urgency at which an alarm that is over stays open until a person acknowledges it, as
 * `awaitsAcknowledgement` of the wire contract says.
 */
export const waitsFrom = 12;

/**
 * The urgency of an alert, which decides which open alarms a full list keeps: unacknowledged alarms come first, then the
 * gravest. A severity that this version does not know (from a newer gateway) counts as a warning.
 */
export function urgencyOf(data: unknown): number {
  const { acknowledged, test, severity } =
    typeof data === 'object' && data !== null ? (data as Partial<AlertData>) : {};
  return (acknowledged === true ? 0 : 10) + (test === true ? 0 : (weights[severity ?? ''] ?? 2));
}

/** A time service sets a clock back by less than this. */
const slewMs = 60_000;

/**
 * The storing time of an insert, ms since 1970. If the clock went back by at most `slewMs`, the time of the insert before
 * stands. If the clock went back farther, the clock was wrong before and its new time counts.
 */
export function storingTime(beforeMs: number, nowMs: number): number {
  const now = Math.trunc(nowMs);
  return beforeMs - now > slewMs ? now : Math.max(beforeMs, now);
}

/** The range of ClickHouse's DateTime64, to which charts are cut. */
const chartFirstMs = Date.UTC(1900, 0, 1);
const chartLastMs = Date.UTC(2299, 11, 31);

/** An event's place in the order of a page: by time, then by key, newest first. */
export interface Position {
  /** ms since 1970; the corrected one where there is one */
  readonly time: number;
  readonly gateway: string;
  readonly epoch: string;
  readonly lane: Lane;
  /** decimal */
  readonly sequence: string;
}

function invalid(message: string): ForpostError {
  return new ForpostError('FORPOST_QUERY_INVALID', message);
}

/**
 * The cursor of a page: opaque to the caller, and stable while new events arrive, because it names an event. A clock event
 * that arrives between two pages moves the events that it corrects: those may appear on neither page, or on both.
 */
export function encodeCursor(position: Position): string {
  const { time, gateway, epoch, lane, sequence } = position;
  return Buffer.from(JSON.stringify([time, gateway, epoch, lane, sequence])).toString('base64url');
}

/** The cursor of a page that ends with this event. */
export function cursorAfter(event: HistoryEvent): string {
  const { gateway, epoch, lane, sequence, time, corrected_time: corrected } = event;
  return encodeCursor({ time: Date.parse(corrected ?? time), gateway, epoch, lane, sequence });
}

/** @throws ForpostError FORPOST_QUERY_INVALID */
export function decodeCursor(cursor: string): Position {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw invalid(words('centre/reason.no-cursor'));
  }
  const [time, gateway, epoch, lane, sequence] = Array.isArray(value) ? value : [];
  if (
    !Number.isSafeInteger(time) ||
    !isId(gateway) ||
    !isId(epoch) ||
    !isLane(lane) ||
    typeof sequence !== 'string' ||
    !/^[0-9]{1,16}$/.test(sequence)
  )
    throw invalid(words('centre/reason.no-cursor'));
  return { time, gateway, epoch, lane, sequence };
}

/** A limit of at least 1 and at most `most`. @throws ForpostError FORPOST_QUERY_INVALID */
export function checkLimit(limit: number, most: number): number {
  if (!Number.isInteger(limit) || limit < 1) throw invalid(words('centre/reason.limit', { limit: String(limit) }));
  return Math.min(limit, most);
}

/** The greatest distance from 1970 that a Date can hold, ms; no event is farther away. */
const farthestMs = 8_640_000_000_000_000;

/** The first and the last ms that an events query asks for. @throws ForpostError FORPOST_QUERY_INVALID */
export function timeRange(query: Pick<EventQuery, 'from' | 'to'>): { readonly from: number; readonly through: number } {
  const from = query.from ?? -farthestMs;
  const to = query.to ?? farthestMs + 1;
  if (Number.isNaN(from) || Number.isNaN(to)) throw invalid(words('centre/reason.from-to'));
  return { from: Math.ceil(Math.max(from, -farthestMs)), through: Math.ceil(Math.min(to, farthestMs + 1)) - 1 };
}

/** The steps of a chart: `steps` units each. */
export interface Steps {
  readonly unit: 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';
  readonly steps: number;
}

const daySeconds = 86_400;

/**
 * Steps of a day or longer follow the calendar of the zone: 30 or 31 days are a month, 365 or 366 a year, multiples of
 * 7 weeks from Monday, and other numbers of days count from 1970-01-01. Whole hours follow the zone's clock from
 * midnight; anything shorter counts from 1970-01-01 in UTC. A step below a day must divide a day.
 * @throws ForpostError FORPOST_QUERY_INVALID
 */
export function stepsOf(stepSeconds: number): Steps {
  if (!Number.isInteger(stepSeconds) || stepSeconds < 1 || stepSeconds > 366 * daySeconds)
    throw invalid(words('centre/reason.step', { step: String(stepSeconds) }));
  if (stepSeconds % daySeconds === 0) {
    const days = stepSeconds / daySeconds;
    if (days === 30 || days === 31) return { unit: 'month', steps: 1 };
    if (days === 365 || days === 366) return { unit: 'month', steps: 12 };
    return days % 7 === 0 ? { unit: 'week', steps: days / 7 } : { unit: 'day', steps: days };
  }
  if (daySeconds % stepSeconds !== 0) throw invalid(words('centre/reason.step-divides', { step: String(stepSeconds) }));
  if (stepSeconds % 3600 === 0) return { unit: 'hour', steps: stepSeconds / 3600 };
  if (stepSeconds % 60 === 0) return { unit: 'minute', steps: stepSeconds / 60 };
  return { unit: 'second', steps: stepSeconds };
}

/** A chart's question, checked and cut to ClickHouse's range of times. @throws ForpostError FORPOST_QUERY_INVALID */
export function checkSeries(query: SeriesQuery): {
  readonly from: number;
  readonly to: number;
  readonly steps: Steps;
  /** in its official spelling, the only one that ClickHouse knows: «utc» becomes UTC */
  readonly timezone: string;
} {
  if (Number.isNaN(query.from) || Number.isNaN(query.to)) throw invalid(words('centre/reason.from-to'));
  const steps = stepsOf(query.stepSeconds);
  const from = Math.ceil(Math.min(Math.max(query.from, chartFirstMs), chartLastMs));
  const to = Math.ceil(Math.min(Math.max(query.to, chartFirstMs), chartLastMs));
  if ((to - from) / (query.stepSeconds * 1000) > maxSeriesPoints)
    throw invalid(words('centre/reason.too-many-series-points', { most: String(maxSeriesPoints) }));
  return { from, to, steps, timezone: zoneOf(query.timezone) };
}

function zoneOf(name: string): string {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    if (/^[A-Za-z]/.test(timeZone)) return timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw invalid(words('centre/reason.no-time-zone', { name }));
}
