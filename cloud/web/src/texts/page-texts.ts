/**
 * The page's texts in one language, and how the page writes numbers, sizes, times and values in that language. Pure.
 *
 * Always: the words and the units are in the catalogue in shared/texts. This file holds only forms that the page alone
 * uses: durations of two units, values of three significant digits, one unit for a whole axis.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { measureOf } from '@forpost/shared/texts/measure.ts';
import { type Part, type Texts, texts, type Wording } from '@forpost/shared/texts/texts.ts';

/** The texts of messages that gateways and the centre send. */
export type SentParts = { readonly [P in Exclude<Part, 'common' | 'centre-page'>]?: Wording<P> };
export type PageParts = { readonly [P in 'common' | 'centre-page']: Wording<P> } & SentParts;

export interface PageTexts extends Pick<Texts<'common' | 'centre-page'>, 'language' | 't' | 'say'> {
  /** 12345 -> "12,345" */
  count(value: number): string;
  /** three significant digits and no false precision: 0.513, 5.13, 51.3, 513, 5,130 */
  significant(value: number): string;
  /** 3456789 -> "3.5 MB" */
  bytes(value: number): string;
  /** 0.35 -> "35 %" */
  share(value: number): string;
  /** "a, b and c" */
  list(words: readonly string[]): string;
  /** how long, in the one or two units that matter: "59 s", "1 h 5 min", "3 d 2 h" */
  duration(ms: number): string;
  /** "3 s ago" */
  ago(ms: number): string;
  /** "14:03:07" where `iso` is on the day of `now` (ms since 1970), else "3 Nov 14:03:07"; in the viewer's zone */
  dateTime(iso: string, now: number): string;
  /** power_w_export_l1 -> "Power export L1" */
  metricName(metric: string): string;
  /** the unit in which values of up to `size` are read best */
  metricUnit(metric: string, size: number): Unit;
  /** 5131.2 of power_w -> "5.13 kW", with a no-break space */
  metricValue(metric: string, value: Value): string;
}

export interface Unit {
  /** values are divided by this */
  readonly per: number;
  /** "5.13" -> "5.13 kW"; the number alone where the metric has no unit */
  readonly withUnit: (number: string) => string;
}

const justNowMs = 1500;
const unbroken = '\u00a0';

export function pageTexts(language: Language, parts: PageParts): PageTexts {
  const { t, say, formats } = texts<'common' | 'centre-page'>(language, parts);
  const { number, significant, bytes, share, list, metricName } = formats;

  function duration(ms: number): string {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds < 60) return t('common/unit.second', { value: number(seconds) });
    const minutes = Math.floor(seconds / 60);
    const inMinutes = (count: number) => t('common/unit.minute', { value: number(count) });
    if (minutes < 60) return inMinutes(minutes);
    const hours = Math.floor(minutes / 60);
    const inHours = (count: number) => t('common/unit.hour', { value: number(count) });
    if (hours < 24) return minutes % 60 === 0 ? inHours(hours) : `${inHours(hours)} ${inMinutes(minutes % 60)}`;
    const days = t('centre-page/short.days', { count: Math.floor(hours / 24) });
    return hours % 24 === 0 || hours >= 240 ? days : `${days} ${inHours(hours % 24)}`;
  }

  function metricUnit(metric: string, size: number): Unit {
    const most = Math.abs(size);
    const { value, unit } = measureOf(metric, most);
    return {
      per: value === 0 ? 1 : most / value,
      withUnit: (text) => (unit === undefined ? text : t(unit as 'common/unit.watt', { value: text })),
    };
  }

  function metricValue(metric: string, value: Value): string {
    if (typeof value === 'boolean') return value ? t('centre-page/value.on') : t('centre-page/value.off');
    if (typeof value === 'string') return value;
    const { per, withUnit } = metricUnit(metric, value);
    return withUnit(significant(value / per)).replaceAll(' ', unbroken);
  }

  return {
    language,
    t,
    say,
    count: number,
    significant,
    bytes,
    share,
    list,
    duration,
    metricName,
    metricUnit,
    metricValue,
    ago: (ms) =>
      ms < justNowMs ? t('centre-page/time.just-now') : t('centre-page/time.ago', { duration: duration(ms) }),
    dateTime: (iso, now) => formats.clockTimeToSecond(iso, now),
  };
}

/** A code in words, by the table of keys; an unknown code is returned unchanged. */
export function wordOf({ say }: PageTexts, keys: Readonly<Record<string, string>>, code: string): string {
  const key = keys[code];
  return key === undefined ? code : say({ key }, code);
}

/** The text with a capital first letter, for a whole sentence or a label. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
