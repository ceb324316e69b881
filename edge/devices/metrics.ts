/**
 * The metrics of Forpost's own decoders. A name is `<quantity>_<unit>[_export][_l1|_l2|_l3][_t1…]`, with SI-based units.
 * A native device may send other metrics; only these have a name for people, and a rule whose metric is nearly one of
 * them is reported as a spelling mistake.
 */
import { nearest } from '@forpost/shared/config/nearest.ts';

/** Metrics without phase, tariff and direction. Their names for people and their units: shared/texts/measure.ts. */
const ownMetrics: ReadonlySet<string> = new Set([
  'power_w',
  'apparent_power_va',
  'reactive_power_var',
  'energy_wh',
  'voltage_v',
  'current_a',
  'power_factor',
  'frequency_hz',
  'temperature_c',
  'humidity_pct',
  'dew_point_c',
  'pressure_pa',
  'illuminance_lx',
  'moisture_pct',
  'distance_m',
  'co2_ppm',
  'tvoc_ppb',
  'pm25_ug_m3',
  'pm10_ug_m3',
  'battery_pct',
  'position_pct',
  'brightness_pct',
  'water_m3',
  'gas_m3',
  'count',
  'output',
]);

const metricPattern = /^[a-z][a-z0-9_]{0,63}$/;
const suffixes = /(?:_export)?(?:_l[1-3])?(?:_t[1-9][0-9]?)?$/;
/** The most wrong letters with which an unknown metric counts as a mistyped one. */
const misspeltBy = 2;

/** A cache of valid names, asked for each value. Bounded: names of a device that invents ever new ones are matched again. */
const knownMetrics = new Set<string>();
const mostKnown = 2000;

/** Whether `name` has the form of a metric. */
export function isMetric(name: string): boolean {
  if (knownMetrics.has(name)) return true;
  if (!metricPattern.test(name)) return false;
  if (knownMetrics.size < mostKnown) knownMetrics.add(name);
  return true;
}

/** A unit at the end of a metric's name, or a quantity at its beginning, says that its values are numbers. */
const unitSuffix =
  /_(?:w|kw|wh|kwh|va|var|varh|v|mv|a|ma|hz|c|f|k|pct|percent|pa|hpa|bar|lx|m|cm|mm|m3|m2|l|ml|kg|g|t|s|ms|min|h|ppm|ppb|rpm|db|dbm|deg|ohm|ug_m3|mg_m3|l_min|l_h|m3_h|m_s|km_h)$/;
const quantityWord =
  /^(?:power|energy|voltage|current|frequency|temperature|temp|humidity|pressure|level|battery|flow|speed|weight|distance|illuminance|moisture|brightness|position|count|counter)(?:_|$)/;

/** Whether the metric's name says that its values are numbers. */
export function expectsNumber(metric: string): boolean {
  const { base } = split(metric);
  if (ownMetrics.has(base)) return base !== 'output';
  return unitSuffix.test(base) || quantityWord.test(base);
}

/** The known metric that `metric` probably is a misspelling of; undefined for a known one and for one unlike all known. */
export function misspeltMetric(metric: string): string | undefined {
  const { base, ending } = split(metric);
  if (ownMetrics.has(base)) return undefined;
  const found = nearest(base, [...ownMetrics], misspeltBy);
  return found === undefined ? undefined : found + ending;
}

function split(metric: string): { readonly base: string; readonly ending: string } {
  const [ending = ''] = suffixes.exec(metric) ?? [];
  return { base: metric.slice(0, metric.length - ending.length), ending };
}
