/** How numbers, times and names are written on the page. Pure: what is now is passed in. */
import { table } from './table.ts';

const number = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** 1234 -> 1,234 */
export function count(value: number): string {
  return number.format(value);
}

/** "1 event", "1,234 events" */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Decimal units, as disks and data plans have them: 1234567 -> 1.2 MB */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? count(size) : oneDigit.format(size)} ${units[unit]}`;
}

/** "3 s", "5 min", "2 h", "4 days" */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return plural(Math.floor(hours / 24), 'day');
}

/** "12:04" today, "3 Jun 12:04" on another day, in the time zone of whoever looks. */
export function clockTime(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}

/** "Today", "Yesterday", "Thu 19 Nov", "Thu 19 Nov 2025" where that is another year. */
export function dayName(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return 'Today';
  if (at.toDateString() === new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).toDateString())
    return 'Yesterday';
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  const parts = at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', ...year });
  return parts.replace(',', '');
}

/** How a metric's unit is written, by the unit that its name ends with (design: `<quantity>_<unit>…`). */
const units = table<string>({
  w: 'W',
  wh: 'Wh',
  va: 'VA',
  var: 'var',
  v: 'V',
  a: 'A',
  hz: 'Hz',
  c: '°C',
  pct: '%',
  m3: 'm³',
  l: 'l',
  lx: 'lx',
  ppm: 'ppm',
  pa: 'Pa',
  hpa: 'hPa',
  dbm: 'dBm',
  s: 's',
});
/** Shown in thousands from 1,000 on. */
const scaled = new Set(['w', 'wh', 'va', 'var']);

export interface Measure {
  /** "Power L1", "em:0 Energy export" */
  readonly label: string;
  /** "1.23 kW", "open", "yes" */
  readonly text: string;
}

/** A value for people: `power_w_l1`, 1234.5 -> Power L1, 1.23 kW. */
export function measure(name: string, value: number | string | boolean): Measure {
  const [channel, metric] = name.includes('/') ? split(name, '/') : ['', name];
  const parts = metric.split('_');
  const qualifiers: string[] = [];
  while (parts.length > 1 && /^(export|l[123]|t\d+)$/.test(parts.at(-1) ?? '')) qualifiers.unshift(parts.pop() ?? '');
  const unit = parts.length > 1 && (parts.at(-1) ?? '') in units ? (parts.pop() ?? '') : '';
  const quantity = parts.join(' ');
  const label = [
    channel,
    quantity.charAt(0).toUpperCase() + quantity.slice(1),
    ...qualifiers.map((one) => (one === 'export' ? one : one.toUpperCase())),
  ]
    .filter((part) => part !== '')
    .join(' ');
  return { label, text: valueText(value, unit) };
}

function valueText(value: number | string | boolean, unit: string): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  const symbol = units[unit] ?? '';
  const thousands = scaled.has(unit) && Math.abs(value) >= 1000;
  const digits = !thousands && Math.abs(value) >= 100 ? oneDigit : twoDigits;
  const text = digits.format(thousands ? value / 1000 : value).replace('-', '−');
  return symbol === '' ? text : `${text} ${thousands ? 'k' : ''}${symbol}`;
}

/** What of a device's values is told first, and what last; the others stand between by name. */
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

function split(text: string, at: string): [string, string] {
  const index = text.lastIndexOf(at);
  return [text.slice(0, index), text.slice(index + at.length)];
}
