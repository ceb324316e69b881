/**
 * Checks every decoded item, of whatever decoder, before rules and outbox get it.
 *
 * Always: an invalid field is dropped alone, an invalid reading is dropped alone; a message of which nothing remains is
 * refused with the first reason. An implausible time of a device is replaced by the time of receipt.
 */

import type { Value } from '@forpost/shared/event/event.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { longestSource } from '../site/site.ts';
import type { Decoded, DecodedEvent, DecodedReading, FieldProblem, Understood } from './decoder.ts';
import { noValue } from './message-notes.ts';
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
  if (decoded.items.length > mostItems) return refused(message('gateway/note.many-readings', { count: mostItems }));
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
      lost ??= decoded.items.length === 1 ? problem : message('gateway/note.reading', { index: index + 1, problem });
      problems.push({ path: decoded.items.length === 1 ? '' : `[${index}]`, problem });
    }
  }
  const [first] = problems;
  if (items.length === 0 && lost !== undefined)
    return refused(first === undefined ? lost : first.path === '' ? first.problem : ofField(first.path, first.problem));
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

function timeProblem(time: number, received: number, latest: LatestTime): Message | undefined {
  if (time === received) return undefined;
  if (!isPlausibleTime(time)) return message('gateway/note.time-years', { text: String(time) });
  return time <= latest(received)
    ? undefined
    : message('gateway/note.time-future', { time: new Date(time).toISOString() });
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
function problemOf(item: Item): Message | undefined {
  if (item.device !== undefined && !isText(item.device, longestSource))
    return message('gateway/note.device-name', { count: longestSource });
  if (item.kind === 'event') return eventProblem(item);
  const { channel, id, values } = item.data;
  if (channel !== undefined && !isId(channel)) return message('gateway/note.channel', { name: quoted(channel) });
  if (id !== undefined && !isText(id, longestId)) return message('gateway/note.id', { count: longestId });
  const metrics = Object.keys(values);
  if (metrics.length === 0) return message('gateway/note.no-values');
  if (metrics.length > mostMetrics) return message('gateway/note.many-metrics', { count: mostMetrics });
  for (const metric of metrics) {
    const problem = valueProblem(metric, values[metric]);
    if (problem !== undefined) return ofField(quoted(metric), problem);
  }
  return undefined;
}

/** The problem of a field. `name`: its name or path. */
export function ofField(name: string, problem: Message): Message {
  return message('gateway/note.of', { name, problem });
}

/** Why a value is invalid, as words to follow the value's name; undefined where it is valid. */
export function valueProblem(metric: string, value: unknown): Message | undefined {
  if (!isMetric(metric)) return message('gateway/note.no-metric');
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : message('gateway/note.not-finite');
  if (typeof value === 'string')
    return value.length > longestText ? message('gateway/note.long', { count: longestText }) : undefined;
  if (typeof value === 'boolean') return undefined;
  return value === null ? noValue : message('gateway/note.no-scalar');
}

function eventProblem({ type, id }: DecodedEvent): Message | undefined {
  if (!isText(type, longestId)) return message('gateway/note.event-type', { count: longestId });
  if (id !== undefined && !isText(id, longestId)) return message('gateway/note.id', { count: longestId });
  return undefined;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}
