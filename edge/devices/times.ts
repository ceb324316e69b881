/**
 * Reads a device's own time: RFC 3339 with a zone, exactly as its section 5.6 allows, or a count since 1970.
 *
 * Always: a day, an hour or a leap second that does not exist (30 February, 24:00, 12:00:60) is refused, by Temporal's
 * strict reading. A time outside 2016 to 2100 is odd: it is reported, and the time of receipt is used.
 */

import { isExactNumber } from '@forpost/shared/exact-json.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { Temporal } from 'temporal-polyfill';
import { numberInText } from './numbers.ts';
import { quoted } from './quoted.ts';

/** Clocks that were never set begin at 1970, 1980, 2000 or a firmware's date; no device buffers a reading for so long. */
const firstTime = Date.UTC(2016, 0, 1);
const lastTime = Date.UTC(2100, 0, 1);

export type ReadTime =
  /** ms since 1970 */
  | { readonly kind: 'time'; readonly ms: number }
  /** a valid time outside the plausible years */
  | { readonly kind: 'odd'; readonly problem: Message }
  /** `zoneless`: a valid time but for its missing zone */
  | { readonly kind: 'none'; readonly problem: Message; readonly zoneless?: true };

/** Whether a device's own time (ms since 1970) lies within the plausible years. */
export function isPlausibleTime(ms: number): boolean {
  return ms >= firstTime && ms < lastTime;
}

/** The fast path, as most devices write UTC. Days 29 to 31 are excluded, so that Date.parse cannot roll over. */
const plainUtc = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?Z$/;
/** RFC 3339, section 5.6, with the space that its note allows instead of T. */
const dateTime = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const withoutZone = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/;
const zoneWithoutColon = /[+-]\d{4}$/;
/** Temporal reads ns; no device's clock is finer. */
const digitsOfFraction = 9;

/** ms in one of the units in which devices count from 1970 on: ms, s, µs, ns; their plausible ranges do not touch. */
const timeUnits = [1, 1000, 1e-3, 1e-6] as const;

export function readTime(value: unknown): ReadTime {
  if (typeof value === 'number') return ofCount(value);
  if (typeof value === 'string') return ofText(value);
  if (isExactNumber(value)) return ofCount(Number(value.rawJSON));
  return { kind: 'none', problem: message('gateway/note.time-kind') };
}

/** Like `readTime`, but only a plausible time is returned, in ms since 1970. */
export function timeOf(value: unknown): number | undefined {
  const read = readTime(value);
  return read.kind === 'time' ? read.ms : undefined;
}

function ofCount(value: number): ReadTime {
  for (const unit of timeUnits)
    if (isPlausibleTime(value * unit)) return { kind: 'time', ms: unit === 1 ? value : Math.round(value * unit) };
  return { kind: 'odd', problem: message('gateway/note.odd-count', { text: String(value) }) };
}

function ofText(text: string): ReadTime {
  if (plainUtc.test(text)) return judged(Date.parse(text), text);
  const parts = dateTime.exec(text);
  if (parts !== null) return ofParts(text, parts);
  const count = numberInText(text);
  if (count.kind === 'number' && !count.comma) return ofCount(count.value);
  if (withoutZone.test(text))
    return { ...no(message('gateway/note.time-zone', { text: quoted(text) })), zoneless: true };
  if (zoneWithoutColon.test(text)) return no(message('gateway/note.time-colon', { text: quoted(text) }));
  return no(message('gateway/note.time-form', { text: quoted(text) }));
}

function ofParts(text: string, [, date, minutes, seconds, fraction = '', zone]: RegExpExecArray): ReadTime {
  const leap = seconds === '60';
  const written = `${date}T${minutes}${leap ? '59' : seconds}${fraction.slice(0, digitsOfFraction + 1)}${zone}`;
  let ms: number;
  try {
    ms = Temporal.Instant.from(written.toUpperCase()).epochMilliseconds;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return no(message('gateway/note.time-day', { text: quoted(text) }));
  }
  if (leap && !endsMonth(ms)) return no(message('gateway/note.time-leap', { text: quoted(text) }));
  return judged(ms, text);
}

/** Whether a month ends with this second in UTC: leap seconds are inserted only there (RFC 3339, section 5.7). */
function endsMonth(ms: number): boolean {
  const next = new Date(Math.floor(ms / 1000) * 1000 + 1000);
  return next.getUTCDate() === 1 && next.getTime() % 86_400_000 === 0;
}

function judged(ms: number, text: string): ReadTime {
  return isPlausibleTime(ms)
    ? { kind: 'time', ms }
    : { kind: 'odd', problem: message('gateway/note.odd-text', { text: quoted(text) }) };
}

function no(problem: Message): Extract<ReadTime, { kind: 'none' }> {
  return { kind: 'none', problem };
}
