/** The names of months and days on the chart's axis, in the page's language. Pure. */
import { type Language, localeOf } from '@forpost/shared/texts/language.ts';
import UPlot from 'uplot';

/** Returns a formatter for uPlot's date templates ({D} {MMM}) with the names of `language`. */
export function plotDates(language: Language): (template: string) => (date: Date) => string {
  const names = {
    MMMM: months(language, 'long'),
    MMM: months(language, 'short'),
    WWWW: days(language, 'long'),
    WWW: days(language, 'short'),
  };
  return (template) => UPlot.fmtDate(template, names);
}

function months(language: Language, month: 'long' | 'short'): string[] {
  // formatted with a day, because Russian uses another case for a month beside a day
  const format = new Intl.DateTimeFormat(localeOf(language), { day: 'numeric', month, timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, index) => partOf(format, Date.UTC(2026, index, 1), 'month'));
}

function days(language: Language, weekday: 'long' | 'short'): string[] {
  const format = new Intl.DateTimeFormat(localeOf(language), { weekday, timeZone: 'UTC' });
  // 1 February 2026 is a Sunday
  return Array.from({ length: 7 }, (_, index) => partOf(format, Date.UTC(2026, 1, 1 + index), 'weekday'));
}

function partOf(format: Intl.DateTimeFormat, time: number, type: 'month' | 'weekday'): string {
  return format.formatToParts(time).find((part) => part.type === type)?.value ?? '';
}
