/** Numbers, sizes, times and readings in the page's language, and the order of values. Pure: the current time is a parameter. */
import type { Value } from '@forpost/shared/event/event.ts';
import { formats } from './texts.ts';

export const { bytes, duration, clockTime, dayName } = formats;

/** 1234 -> 1,234 */
export function count(value: number): string {
  return formats.number(value);
}

export interface Measure {
  /** "Power L1", "em:0 Energy export" */
  readonly label: string;
  /** "1.23 kW", "open", "yes" */
  readonly text: string;
}

/** A value for people: `power_w_l1`, 1234.5 -> Power L1, 1.23 kW. */
export function measure(name: string, value: Value): Measure {
  return { label: formats.metricName(name), text: formats.measure(name, value) };
}

/** The order of a device's values: important ones first, the battery last, the others between them by name. */
const first = ['power_w', 'temperature_c', 'humidity_pct', 'energy_wh'];
const last = /^(battery|rssi|signal|link|uptime)/;

export function sortedValues(
  values: Readonly<Record<string, number | string | boolean>>,
): [string, number | string | boolean][] {
  const rank = (name: string) => {
    const metric = name.slice(name.lastIndexOf('/') + 1);
    const at = first.indexOf(metric);
    if (at >= 0) return at;
    return last.test(metric) ? first.length + 1 : first.length;
  };
  return Object.entries(values).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
