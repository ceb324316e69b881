/** Numbers, times and metric names as people read them. Pure. */
import { table } from './parts/table.ts';

const number = (digits: number) => new Intl.NumberFormat('en', { maximumFractionDigits: digits });
const whole = number(0);

export function count(value: number): string {
  return whole.format(value);
}

export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Three significant digits and no false precision: 0.513, 5.13, 51.3, 513, 5,130. */
export function significant(value: number): string {
  const size = Math.abs(value);
  return number(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3).format(value);
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? whole.format(size) : significant(size)} ${units[unit]}`;
}

/** How long, in the one or two units that matter. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days >= 10 ? `${days} d` : `${days} d ${hours % 24} h`;
}

export function ago(ms: number): string {
  return ms < 1500 ? 'just now' : `${duration(ms)} ago`;
}

const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayName = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayNameWithYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** A text that is not a time is shown as it came, cut to a readable length. */
const longestNoTime = 40;

/** 14:03:07 today, 3 Nov 14:03:07 else, in the viewer's zone. */
export function dateTime(iso: string, now: number): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso.slice(0, longestNoTime);
  const today = new Date(now);
  if (time.toDateString() === today.toDateString()) return clockTime.format(time);
  const day = time.getFullYear() === today.getFullYear() ? dayName : dayNameWithYear;
  return `${day.format(time)} ${clockTime.format(time)}`;
}

export interface Unit {
  readonly text: string;
  /** the value is divided by this */
  readonly per: number;
}

interface MetricUnit {
  readonly base: string;
  /** from this size on, in thousands of it */
  readonly thousand?: string;
  readonly million?: string;
}

/** By the unit in the metric's name, <quantity>_<unit>[_export][_l1][_t1]. */
const units = table<MetricUnit>({
  w: { base: 'W', thousand: 'kW', million: 'MW' },
  wh: { base: 'Wh', thousand: 'kWh', million: 'MWh' },
  var: { base: 'var', thousand: 'kvar' },
  va: { base: 'VA', thousand: 'kVA' },
  v: { base: 'V' },
  a: { base: 'A' },
  hz: { base: 'Hz' },
  c: { base: '°C' },
  pct: { base: '%' },
  m3: { base: 'm³' },
  lx: { base: 'lx' },
  pa: { base: 'Pa', thousand: 'kPa' },
  ppm: { base: 'ppm' },
  s: { base: 's' },
});

const quantities = table<string>({
  power: 'Power',
  energy: 'Energy',
  voltage: 'Voltage',
  current: 'Current',
  power_factor: 'Power factor',
  frequency: 'Frequency',
  temperature: 'Temperature',
  humidity: 'Humidity',
  water: 'Water',
  gas: 'Gas',
});

const suffix = /(_export|_import|_l[123]|_t[0-9]+)+$/;

function split(metric: string): {
  readonly quantity: string;
  readonly unit: MetricUnit | undefined;
  readonly rest: string;
} {
  const rest = suffix.exec(metric)?.[0] ?? '';
  const bare = metric.slice(0, metric.length - rest.length);
  const at = bare.lastIndexOf('_');
  const unit = at < 0 ? undefined : units[bare.slice(at + 1)];
  return { quantity: unit === undefined ? bare : bare.slice(0, at), unit, rest };
}

/** power_w_export_l1 -> "Power, export, L1" */
export function metricName(metric: string): string {
  const { quantity, rest } = split(metric);
  const name = quantities[quantity] ?? quantity.charAt(0).toUpperCase() + quantity.slice(1).replaceAll('_', ' ');
  const more = rest
    .split('_')
    .filter((part) => part !== '')
    .map((part) => (/^[lt]\d/.test(part) ? part.toUpperCase() : part));
  return [name, ...more].join(', ');
}

/** The unit in which values of up to `size` are read best. */
export function metricUnit(metric: string, size: number): Unit {
  const { unit } = split(metric);
  if (unit === undefined) return { text: '', per: 1 };
  const most = Math.abs(size);
  if (most >= 1e6 && unit.million !== undefined) return { text: unit.million, per: 1e6 };
  if (most >= 1000 && unit.thousand !== undefined) return { text: unit.thousand, per: 1000 };
  return { text: unit.base, per: 1 };
}

/** A number and its unit stay on one line. */
const unbroken = '\u00a0';

/** 5131.2 of power_w -> "5.13 kW" */
export function metricValue(metric: string, value: number | string | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return value;
  const { text, per } = metricUnit(metric, value);
  return text === '' ? significant(value) : `${significant(value / per)}${unbroken}${text}`;
}
