/**
 * Checks every decoded item, of whatever decoder, before rules and outbox get it.
 *
 * Always: an invalid field is dropped alone, an invalid reading is dropped alone; a message of which nothing remains is
 * refused with the first reason. An implausible time of a device is replaced by the time of receipt.
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

/** The latest plausible time of a device at a time of receipt; called only where a device gives a time. */
export type LatestTime = (received: number) => number;
const anyTime: LatestTime = () => Number.POSITIVE_INFINITY;

type Item = DecodedReading | DecodedEvent;

/**
 * A decoder's result without its invalid parts. `received`: ms since 1970 by the gateway's own clock. This clock may be
 * wrong, which is not the device's fault: the time of receipt is never refused. `latest`: the latest plausible time of a
 * device, while the gateway's clock is known to be right.
 */
export function checkDecoded(decoded: Decoded, received: number, latest = anyTime): Decoded {
  if (!decoded.ok) return decoded;
  if (decoded.items.length > mostItems) return refused(`more than ${mostItems} readings at once`);
  for (const item of decoded.items)
    if (timeProblem(item.time, received, latest) !== undefined || problemOf(item) !== undefined)
      return corrected(decoded, received, latest);
  return decoded;
}

/** The result without its invalid parts, each reported as a problem. */
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

/** Why the whole item cannot be stored; undefined where it can. */
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

/** Why a value is invalid, as words to follow the value's name; undefined where it is valid. */
export function valueProblem(metric: string, value: unknown): string | undefined {
  if (!isMetric(metric)) return 'is not a metric: use a-z, 0-9 and _, such as power_w';
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
