/**
 * Numbers, units, times and durations in a language's notation. Pure except for the machine's time zone: the present time is
 * passed in. Words and symbols of units come from the catalogue, the rest from `Intl`.
 *
 * Always: each formatter is made once and kept, because making one costs hundreds of times what using it costs.
 */
import type { Value } from '../event/event.ts';
import type { SayCommon } from './common-key.ts';
import { type Language, localeOf } from './language.ts';
import { measureOf, metricNameOf, quantityOf } from './measure.ts';
import type { ShownValue } from './message.ts';

export interface Formats {
  /** 1234.5 -> "1,234.5"; at most `digits` behind the point, default 0 */
  number(value: number, digits?: number): string;
  /** 5130, 513, 51.3, 5.13, 0.513: three significant digits, no false precision */
  significant(value: number): string;
  /** 0.853 -> "85 %" */
  share(value: number): string;
  /** decimal units, as for disks and data plans: 1234567 -> "1.2 MB" */
  bytes(value: number): string;
  /** "3 s", "5 min", "2 h", "4 days": one unit */
  duration(ms: number): string;
  /** "12:04" for a time on the day of `nowMs`, else "3 Jun 12:04" */
  clockTime(iso: string, nowMs: number): string;
  /** "12:04:07", "3 Jun 12:04:07", "3 Jun 2025 12:04:07" */
  clockTimeToSecond(iso: string, nowMs: number): string;
  /** "Today", "Yesterday", "Thu 19 Nov", "Thu 19 Nov 2025" */
  dayName(iso: string, nowMs: number): string;
  /** "a, b and c" */
  list(texts: readonly string[]): string;
  /** a metric's name: power_w_l1 -> "Power L1" */
  metricName(metric: string): string;
  /** a metric's value with its unit: power_w, 1234.5 -> "1.23 kW" */
  measure(metric: string, value: Value): string;
  /** within a sentence: power_w_l1 -> "power L1" */
  quantity(metric: string): string;
  /** within a sentence, three figures: power_w, 7912 -> "7.91 kW" */
  reading(metric: string, value: Value): string;
  /** within a sentence, rounded: "90 s", "5 min", "2 h", "3 days" */
  span(seconds: number): string;
  /** a value of a message; `nowMs`: see clockTime */
  value(value: ShownValue, nowMs: number): string;
}

/** Most digits after the point in a number of three figures. */
const mostDigits = 12;
/** A text that is no time is shown unchanged, cut to a readable length. */
const longestNoTime = 40;

export function formatsOf(language: Language, say: SayCommon, timeZone?: string): Formats {
  const locale = localeOf(language);
  const zone = timeZone === undefined ? {} : { timeZone };
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, ...zone });
  const clock = dates({ hour: '2-digit', minute: '2-digit' });
  const clockToSecond = dates({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const day = dates({ day: 'numeric', month: 'short' });
  const dayOfYear = dates({ day: 'numeric', month: 'short', year: 'numeric' });
  const weekday = dates({ weekday: 'short', day: 'numeric', month: 'short' });
  const weekdayOfYear = dates({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const percent = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const conjunction = new Intl.ListFormat(locale, { type: 'conjunction' });
  const numbers = new Map<number, Intl.NumberFormat>();
  // day and year of a date in the reader's zone, for comparison: 2026-11-30
  const dayKey = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...zone });

  function number(value: number, digits = 0): string {
    let format = numbers.get(digits);
    if (format === undefined) {
      format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
      numbers.set(digits, format);
    }
    return format.format(value).replace('-', '−');
  }

  function significant(value: number): string {
    const size = Math.abs(value);
    return number(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  }

  function bytes(value: number): string {
    const units = [
      'common/unit.byte',
      'common/unit.kilobyte',
      'common/unit.megabyte',
      'common/unit.gigabyte',
      'common/unit.terabyte',
    ] as const;
    let size = value;
    let unit = 0;
    while (size >= 999.5 && unit < units.length - 1) {
      size /= 1000;
      unit++;
    }
    return say(units[unit] ?? 'common/unit.terabyte', { value: number(size, unit === 0 ? 0 : 1) });
  }

  function duration(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return say('common/unit.second', { value: number(seconds) });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return say('common/unit.minute', { value: number(minutes) });
    const hours = Math.floor(minutes / 60);
    return hours < 48
      ? say('common/unit.hour', { value: number(hours) })
      : say('common/unit.days', { count: Math.floor(hours / 24) });
  }

  function at(iso: string, nowMs: number, time: Intl.DateTimeFormat): string {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return iso.slice(0, longestNoTime);
    const [then, now] = [dayKey.format(date), dayKey.format(known(nowMs))];
    if (then === now) return time.format(date);
    const dateFormat = then.slice(0, 4) === now.slice(0, 4) || time === clock ? day : dayOfYear;
    return `${plainDate(dateFormat.format(date))} ${time.format(date)}`;
  }

  function dayName(iso: string, nowMs: number): string {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return iso.slice(0, longestNoTime);
    const then = dayKey.format(date);
    const today = dayKey.format(known(nowMs));
    if (then === today) return say('common/today', {});
    // noon stays within the neighbouring day, even when the clocks change that night
    if (dayKey.format(Date.parse(`${then}T12:00:00Z`) + 86_400_000) === dayKey.format(Date.parse(`${today}T12:00:00Z`)))
      return say('common/yesterday', {});
    const sameYear = then.slice(0, 4) === today.slice(0, 4);
    return plainDate((sameYear ? weekday : weekdayOfYear).format(date));
  }

  function measure(metric: string, value: Value): string {
    if (typeof value === 'boolean') return say(value ? 'common/yes' : 'common/no', {});
    if (typeof value === 'string') return value;
    const { unit, value: shown, digits } = measureOf(metric, value);
    const text = number(shown, digits);
    return unit === undefined ? text : say(unit, { value: text });
  }

  function reading(metric: string, value: Value): string {
    if (typeof value !== 'number') return String(value);
    const { unit, value: shown } = measureOf(metric, value);
    const text = number(Math.abs(shown) >= 1000 ? Math.round(shown) : Number(shown.toPrecision(3)), mostDigits);
    return unit === undefined ? text : say(unit, { value: text });
  }

  function span(seconds: number): string {
    if (seconds < 120) return say('common/unit.second', { value: number(Number(seconds.toPrecision(3)), mostDigits) });
    if (seconds < 7200) return say('common/unit.minute', { value: number(seconds / 60) });
    return seconds < 172_800
      ? say('common/unit.hour', { value: number(seconds / 3600) })
      : say('common/unit.days', { count: Math.round(seconds / 86_400) });
  }

  const share = (part: number) => say('common/unit.percent', { value: percent.format(part * 100) });
  const metricName = (metric: string) => metricNameOf(metric, say);

  return {
    number,
    significant,
    share,
    bytes,
    duration,
    clockTime: (iso, nowMs) => at(iso, nowMs, clock),
    clockTimeToSecond: (iso, nowMs) => at(iso, nowMs, clockToSecond),
    dayName,
    list: (all) => conjunction.format(all),
    metricName,
    measure,
    quantity: (metric) => quantityOf(metric, say),
    reading,
    span,
    value(value, nowMs) {
      if ('seconds' in value) return span(value.seconds);
      if ('time' in value) return at(value.time, nowMs, clock);
      if ('bytes' in value) return bytes(value.bytes);
      if ('share' in value) return share(value.share);
      return 'value' in value ? reading(value.metric, value.value) : quantityOf(value.metric, say);
    },
  };
}

/** An invalid present time becomes 1970, so that no day is today. */
function known(nowMs: number): number {
  return Number.isFinite(nowMs) ? nowMs : 0;
}

/** "Thu, 19 Nov" and "19 нояб. 2025 г." without the parts that do not fit a table's column. */
function plainDate(text: string): string {
  return text.replace(',', '').replace(/\s?г\.$/, '');
}
