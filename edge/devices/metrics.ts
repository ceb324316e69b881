/**
 * The metrics that Forpost's own decoders use, and how people read them: `<quantity>_<unit>[_export][_l1|_l2|_l3][_t1…]`,
 * the unit in the name, SI-based. A native device may send others; these have a name in messages, and a rule on
 * something that is nearly one of them is a spelling mistake.
 */
import { nearest } from '@forpost/shared/config/nearest.ts';
import type { Value } from '@forpost/shared/event/event.ts';

/** Name in a sentence, unit, and whether large figures are written in thousands (kW, kWh). */
const quantities: Readonly<Record<string, readonly [name: string, unit: string, thousands?: true]>> = {
  power_w: ['power', 'W', true],
  apparent_power_va: ['apparent power', 'VA', true],
  reactive_power_var: ['reactive power', 'var', true],
  energy_wh: ['energy', 'Wh', true],
  voltage_v: ['voltage', 'V'],
  current_a: ['current', 'A'],
  power_factor: ['power factor', ''],
  frequency_hz: ['frequency', 'Hz'],
  temperature_c: ['temperature', '°C'],
  humidity_pct: ['humidity', '%'],
  dew_point_c: ['dew point', '°C'],
  pressure_pa: ['pressure', 'Pa'],
  illuminance_lx: ['illuminance', 'lx'],
  moisture_pct: ['moisture', '%'],
  distance_m: ['distance', 'm'],
  co2_ppm: ['CO2', 'ppm'],
  tvoc_ppb: ['volatile compounds', 'ppb'],
  pm25_ug_m3: ['fine dust PM2.5', 'µg/m³'],
  pm10_ug_m3: ['dust PM10', 'µg/m³'],
  battery_pct: ['battery', '%'],
  position_pct: ['position', '%'],
  brightness_pct: ['brightness', '%'],
  water_m3: ['water', 'm³'],
  gas_m3: ['gas', 'm³'],
  count: ['count', ''],
  output: ['output', ''],
};

const metricPattern = /^[a-z][a-z0-9_]{0,63}$/;
const suffixes = /(_export)?(_l[1-3])?(_t[1-9][0-9]?)?$/;
/** Wrong letters within which an unknown metric is taken for a mistyped one. */
const misspeltBy = 2;

/** Names that are metrics: they are asked for with each value. Bounded: whoever makes names up is asked by pattern. */
const knownMetrics = new Set<string>();
const mostKnown = 2000;

/** Whether `name` may be a metric at all. */
export function isMetric(name: string): boolean {
  if (knownMetrics.has(name)) return true;
  if (!metricPattern.test(name)) return false;
  if (knownMetrics.size < mostKnown) knownMetrics.add(name);
  return true;
}

/** Units at the end of a metric's name, and quantities at its beginning: what has one is a number. */
const unitSuffix =
  /_(?:w|kw|wh|kwh|va|var|varh|v|mv|a|ma|hz|c|f|k|pct|percent|pa|hpa|bar|lx|m|cm|mm|m3|m2|l|ml|kg|g|t|s|ms|min|h|ppm|ppb|rpm|db|dbm|deg|ohm|ug_m3|mg_m3|l_min|l_h|m3_h|m_s|km_h)$/;
const quantityWord =
  /^(?:power|energy|voltage|current|frequency|temperature|temp|humidity|pressure|level|battery|flow|speed|weight|distance|illuminance|moisture|brightness|position|count|counter)(?:_|$)/;

/** Whether values of this metric are numbers, by its name. */
export function expectsNumber(metric: string): boolean {
  const { base } = split(metric);
  if (Object.hasOwn(quantities, base)) return base !== 'output';
  return unitSuffix.test(base) || quantityWord.test(base);
}

/** The metric that was probably meant, where `metric` is none of the known ones but very near to one. */
export function misspeltMetric(metric: string): string | undefined {
  const { base, ending } = split(metric);
  if (Object.hasOwn(quantities, base)) return undefined;
  const found = nearest(base, Object.keys(quantities), misspeltBy);
  return found === undefined ? undefined : found + ending;
}

/** `power L1`, `exported energy`; of an unknown one its own name. */
export function metricInWords(metric: string): string {
  const { base, exported, phase, tariff } = split(metric);
  const quantity = quantityOf(base);
  if (quantity === undefined) return metric;
  return [exported && 'exported', quantity[0], phase?.toUpperCase(), tariff && `tariff ${tariff.slice(1)}`]
    .filter(Boolean)
    .join(' ');
}

/** `7.9 kW`, `21.5 °C`; a text or a switch as it is. */
export function valueInWords(metric: string, value: Value): string {
  if (typeof value !== 'number') return String(value);
  const [, unit, thousands] = quantityOf(split(metric).base) ?? ['', ''];
  if (thousands === true && Math.abs(value) >= 1000) return `${rounded(value / 1000)} k${unit}`;
  return unit === '' ? rounded(value) : `${rounded(value)} ${unit}`;
}

/** A device may call a metric `constructor`. */
function quantityOf(base: string) {
  return Object.hasOwn(quantities, base) ? quantities[base] : undefined;
}

function split(metric: string) {
  const [ending = '', exported, phase, tariff] = suffixes.exec(metric) ?? [];
  const part = (text: string | undefined) => text?.slice(1);
  return {
    base: metric.slice(0, metric.length - ending.length),
    ending,
    exported: part(exported),
    phase: part(phase),
    tariff: part(tariff),
  };
}

/** Three figures are what a sentence can bear; whole numbers from 1000 on. */
function rounded(value: number): string {
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
