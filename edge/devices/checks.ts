/**
 * The checks that every decoded item passes before anything believes it, whatever decoder made it.
 *
 * Always: one odd field costs only itself, one odd reading only itself; where nothing is left the message is refused
 * with the first reason. A time that is not to be believed decides nothing: the time of receipt counts.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import type { Decoded, DecodedEvent, DecodedReading, FieldProblem, Understood } from './decoder.ts';
import { isMetric } from './metrics.ts';
import { refused } from './payload.ts';
import { quoted } from './quoted.ts';
import { isPlausibleTime } from './times.ts';

/** Readings and events of one payload, and values of one reading. */
const mostItems = 500;
const mostMetrics = 200;
export const longestText = 1000;
const longestId = 128;

/** The latest time that a device can have as something is received; asked only where a device gives a time. */
export type LatestTime = (received: number) => number;
const anyTime: LatestTime = () => Number.POSITIVE_INFINITY;

type Item = DecodedReading | DecodedEvent;

/**
 * What a decoder made of a payload, as far as it may be believed and stored. `received`: ms since 1970 by the gateway's
 * own clock, which may be wrong: a device is not to blame for it, so it is believed as it is. `latest`: where the
 * gateway's clock is known to be right, the latest time that a device can have.
 */
export function checkDecoded(decoded: Decoded, received: number, latest = anyTime): Decoded {
  if (!decoded.ok) return decoded;
  if (decoded.items.length > mostItems) return refused(`more than ${mostItems} readings at once`);
  for (const item of decoded.items)
    if (timeProblem(item.time, received, latest) !== undefined || problemOf(item) !== undefined)
      return corrected(decoded, received, latest);
  return decoded;
}

/** The same without what must not be believed, told. */
function corrected(decoded: Understood, received: number, latest: LatestTime): Decoded {
  const problems: FieldProblem[] = [...(decoded.problems ?? [])];
  let { oddTime, lost } = decoded;
  const items: Item[] = [];
  for (const [index, item] of decoded.items.entries()) {
    const odd = timeProblem(item.time, received, latest);
    if (odd !== undefined) oddTime ??= odd;
    const timed = odd === undefined ? item : receivedAt(item, received);
    const readable = timed.kind === 'reading' ? withoutOddValues(timed, problems) : timed;
    const problem = problemOf(readable);
    if (problem === undefined) items.push(readable);
    else {
      lost ??= decoded.items.length === 1 ? problem : `reading ${index + 1}: ${problem}`;
      problems.push({ path: decoded.items.length === 1 ? '' : `[${index}]`, problem });
    }
  }
  const [first] = problems;
  if (items.length === 0 && lost !== undefined)
    return refused(first === undefined ? lost : `${first.path} ${first.problem}`.trim());
  return {
    ...decoded,
    items,
    ...(problems.length === 0 ? {} : { problems }),
    ...(lost === undefined ? {} : { lost }),
    ...(oddTime === undefined ? {} : { oddTime }),
  };
}

function receivedAt<Thing extends Item>(item: Thing, received: number): Thing {
  return item.kind === 'reading' ? { ...item, time: received, timeFromDevice: false } : { ...item, time: received };
}

function timeProblem(time: number, received: number, latest: LatestTime): string | undefined {
  if (time === received) return undefined;
  if (!isPlausibleTime(time)) return `the time ${time} is not within the years 2016 to 2100`;
  return time <= latest(received) ? undefined : `the time ${new Date(time).toISOString()} is in the future`;
}

function withoutOddValues(reading: DecodedReading, problems: FieldProblem[]): DecodedReading {
  const values: Record<string, Value> = {};
  let odd = false;
  for (const [metric, value] of Object.entries(reading.data.values)) {
    const problem = valueProblem(metric, value);
    if (problem === undefined) values[metric] = value;
    else {
      odd = true;
      problems.push({ path: metric.slice(0, 64), problem });
    }
  }
  if (!odd) return reading;
  const { json: _, ...rest } = reading;
  return { ...rest, data: { ...reading.data, values } };
}

/** What keeps the whole item from being stored. */
function problemOf(item: Item): string | undefined {
  if (item.kind === 'event') return eventProblem(item);
  const { channel, id, values } = item.data;
  if (channel !== undefined && !isId(channel)) return `channel ${quoted(channel)} is not 1 to 64 of a-z, 0-9 and -`;
  if (id !== undefined && !isText(id, longestId)) return `id is not a text of 1 to ${longestId} letters`;
  const metrics = Object.keys(values);
  if (metrics.length === 0) return 'the reading has no values';
  if (metrics.length > mostMetrics) return `more than ${mostMetrics} values in one reading`;
  for (const metric of metrics) {
    const problem = valueProblem(metric, values[metric]);
    if (problem !== undefined) return `${quoted(metric)} ${problem}`;
  }
  return undefined;
}

/** What is wrong with a value, as it follows its name. */
export function valueProblem(metric: string, value: unknown): string | undefined {
  if (!isMetric(metric)) return 'is not a metric: use a-z, 0-9 and _, as power_w';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not a finite number';
  if (typeof value === 'string')
    return value.length > longestText ? `is longer than ${longestText} letters` : undefined;
  if (typeof value === 'boolean') return undefined;
  return value === null ? 'is null: no value' : 'is not a number, a text, true or false';
}

function eventProblem({ type, id }: DecodedEvent): string | undefined {
  if (!isText(type, longestId)) return `the event's type is not a text of 1 to ${longestId} letters`;
  if (id !== undefined && !isText(id, longestId)) return `id is not a text of 1 to ${longestId} letters`;
  return undefined;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}
