/**
 * What a device's payload may be, whatever decoder reads it: the limits that keep one device's nonsense from becoming
 * everybody's memory, and the checks that every decoded item passes before anything believes it.
 *
 * Always: a payload is refused with a reason that its installer understands; nothing here throws on one.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { type ExactNumber, isExactNumber, parseExactly } from '@forpost/shared/exact-json.ts';
import type { Decoded, DecodedEvent, DecodedReading } from './decoder.ts';
import { isMetric } from './metrics.ts';

export const mostPayloadBytes = 262_144;
/** Objects and lists within each other; the deepest real one (Shelly's full status) has six. */
const mostDepth = 12;
/** Values in one payload, of all levels. */
const mostValues = 5000;
/** Readings and events of one payload, and values of one reading. */
const mostItems = 500;
const mostMetrics = 200;
const longestText = 1000;
const longestId = 128;
/** A device's clock that says another century is not believed. */
const firstTime = Date.UTC(2000, 0, 1);
const lastTime = Date.UTC(2100, 0, 1);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type Parsed = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string };
/** JSON in which a number that a double cannot hold is still the text that the device wrote. */
export type ExactJson =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };
export type ExactObject = { readonly [key: string]: ExactJson };
/** `exact`: whether there may be an `ExactNumber` in it */
export type ParsedExactly =
  | { readonly ok: true; readonly value: ExactJson; readonly exact: boolean }
  | { readonly ok: false; readonly reason: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A payload as text, or undefined where it is not UTF-8. */
export function textOf(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A payload as JSON within the limits, or why it is not. */
export function parseJson(payload: Uint8Array): Parsed {
  return parsed(payload, (text) => ({ value: JSON.parse(text) as Json }));
}

/** The same, and no number has lost a digit. */
export function parseExactJson(payload: Uint8Array): ParsedExactly {
  return parsed(payload, (text) => parseExactly(text) as { value: ExactJson; exact: boolean });
}

function parsed<T extends { readonly value: ExactJson }>(payload: Uint8Array, parse: (text: string) => T) {
  if (payload.length === 0) return refused('the payload is empty');
  if (payload.length > mostPayloadBytes) return refused(`larger than ${mostPayloadBytes / 1024} KB`);
  const text = textOf(payload);
  if (text === undefined) return refused('not UTF-8');
  let result: T;
  try {
    result = parse(text);
  } catch (error) {
    return refused(`not JSON: ${messageOf(error).slice(0, 200)}`);
  }
  const beyond = limit(result.value);
  return beyond === undefined ? { ok: true as const, ...result } : refused(beyond);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

/** Whether a device's own time can be believed at all; ms since 1970. */
export function isPlausibleTime(ms: number): boolean {
  return ms >= firstTime && ms < lastTime;
}

/** ms in one of the units in which devices count from 1970 on: ms, s, µs, ns; their plausible ranges do not touch. */
const timeUnits = [1, 1000, 1e-3, 1e-6] as const;

/**
 * ms since 1970 of what a device gives as a time: RFC 3339 with a zone, or seconds, ms, µs or ns since 1970.
 * Undefined where it is none or in no plausible year.
 */
export function timeOf(value: ExactJson | undefined): number | undefined {
  if (isExactNumber(value)) return timeOf(Number(value.rawJSON));
  if (typeof value === 'number') {
    const unit = timeUnits.find((ms) => isPlausibleTime(value * ms));
    return unit === undefined ? undefined : unit === 1 ? value : Math.round(value * unit);
  }
  if (typeof value !== 'string' || !zoned.test(value)) return undefined;
  const ms = Date.parse(value);
  return isPlausibleTime(ms) ? ms : undefined;
}

const zoned = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)$/;

/**
 * What a decoder made of a payload, if everything in it may be believed and stored. `received`: ms since 1970 by the
 * gateway's own clock, which may be wrong: a device is not to blame for it, so it is believed as it is.
 */
export function checkDecoded(decoded: Decoded, received: number): Decoded {
  if (!decoded.ok) return decoded;
  if (decoded.items.length > mostItems) return refused(`more than ${mostItems} readings at once`);
  for (const item of decoded.items) {
    const problem = item.kind === 'reading' ? readingProblem(item, received) : eventProblem(item, received);
    if (problem !== undefined) return refused(problem);
  }
  return decoded;
}

function readingProblem({ time, data }: DecodedReading, received: number): string | undefined {
  if (time !== received && !isPlausibleTime(time)) return 'the time is not within the years 2000 to 2100';
  if (data.channel !== undefined && !isId(data.channel))
    return `channel ${quoted(data.channel)} is not 1 to 64 of a-z, 0-9 and -`;
  if (data.id !== undefined && !isText(data.id, longestId)) return `id is not a text of 1 to ${longestId} letters`;
  const entries = Object.entries(data.values);
  if (entries.length === 0) return 'the reading has no values';
  if (entries.length > mostMetrics) return `more than ${mostMetrics} values in one reading`;
  for (const [metric, value] of entries) {
    if (!isMetric(metric)) return `${quoted(metric)} is not a metric: use a-z, 0-9 and _, as power_w`;
    if (typeof value === 'number' && !Number.isFinite(value)) return `${metric} is not a finite number`;
    if (typeof value === 'string' && value.length > longestText)
      return `${metric} is longer than ${longestText} letters`;
    if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean')
      return `${metric} is not a number, a text, true or false`;
  }
  return undefined;
}

function eventProblem({ time, type, id }: DecodedEvent, received: number): string | undefined {
  if (time !== received && !isPlausibleTime(time)) return 'the time is not within the years 2000 to 2100';
  if (!isText(type, longestId)) return `the event's type is not a text of 1 to ${longestId} letters`;
  if (id !== undefined && !isText(id, longestId)) return `id is not a text of 1 to ${longestId} letters`;
  return undefined;
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= longest;
}

/** A piece of what the device said, short enough for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}…` : text);
}

/** Which limit the value is beyond, without recursion (a payload may be deeper than a stack). */
function limit(root: ExactJson): string | undefined {
  const open: { readonly value: ExactJson; readonly depth: number }[] = [{ value: root, depth: 0 }];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (++values > mostValues) return `more than ${mostValues} values`;
    if (typeof value === 'number' && !Number.isFinite(value)) return 'a number is not finite';
    if (typeof value !== 'object' || value === null || isExactNumber(value)) continue;
    if (depth >= mostDepth) return `more than ${mostDepth} levels deep`;
    const inner: readonly ExactJson[] = Array.isArray(value) ? value : Object.values(value);
    if (inner.length + open.length > mostValues) return `more than ${mostValues} values`;
    for (const child of inner) open.push({ value: child, depth: depth + 1 });
  }
  return undefined;
}
