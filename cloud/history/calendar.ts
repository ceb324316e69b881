/**
 * Computes where a chart's step begins, by the calendar and the clock of a time zone. Only the history in memory uses this
 * code; ClickHouse computes its steps itself. The contract suite compares both, also across changes to daylight saving time.
 */
import type { Steps } from './queries.ts';

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone's offset from UTC at `timeMs`, in ms. */
function offsetMs(timeMs: number, timezone: string): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
  }
  const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(timeMs / 1000) * 1000;
}

/**
 * The moment at which a zone's clocks show `localMs` (ms since 1970 as if the zone were UTC). When the clocks show that
 * time twice, the first moment counts.
 */
function fromLocal(localMs: number, timezone: string): number {
  const before = offsetMs(localMs - dayMs, timezone);
  const after = offsetMs(localMs + dayMs, timezone);
  const first = localMs - Math.max(before, after);
  return first + offsetMs(first, timezone) === localMs ? first : localMs - Math.min(before, after);
}

/** Start of the step that holds `timeMs`, ms since 1970. */
export function startOfStep(timeMs: number, { unit, steps }: Steps, timezone: string): number {
  const floor = (value: number, by: number) => Math.floor(value / by) * by;
  if (unit === 'second') return floor(timeMs, steps * 1000);
  if (unit === 'minute') return floor(timeMs, steps * 60_000);
  const offset = offsetMs(timeMs, timezone);
  const local = timeMs + offset;
  if (unit === 'hour' && steps === 1) return floor(local, 3_600_000) - offset;
  if (unit === 'hour')
    return fromLocal(floor(local, dayMs) + floor(local - floor(local, dayMs), steps * 3_600_000), timezone);
  if (unit === 'day') return fromLocal(floor(local, steps * dayMs), timezone);
  // 1970-01-05 was a Monday
  if (unit === 'week') return fromLocal(floor(local - 4 * dayMs, steps * 7 * dayMs) + 4 * dayMs, timezone);
  const date = new Date(local);
  const months = floor(date.getUTCFullYear() * 12 + date.getUTCMonth(), steps);
  return fromLocal(Date.UTC(Math.floor(months / 12), months % 12, 1), timezone);
}
