/** Name and unit of a metric, by its form `<quantity>_<unit>[_export][_l1|_l2|_l3][_t1…]`. Pure. */
import type { CommonKey, SayCommon } from './common-key.ts';

interface Unit {
  readonly base: CommonKey;
  /** unit for 1,000 and more */
  readonly thousand?: CommonKey;
  /** unit for 1,000,000 and more */
  readonly million?: CommonKey;
}

/** A table without inherited keys: `constructor` is no unit. */
function table<Entry>(entries: Readonly<Record<string, Entry>>): Readonly<Record<string, Entry>> {
  return Object.assign(Object.create(null), entries);
}

const units = table<Unit>({
  w: { base: 'common/unit.watt', thousand: 'common/unit.kilowatt', million: 'common/unit.megawatt' },
  wh: { base: 'common/unit.watt-hour', thousand: 'common/unit.kilowatt-hour', million: 'common/unit.megawatt-hour' },
  va: { base: 'common/unit.volt-ampere', thousand: 'common/unit.kilovolt-ampere' },
  var: { base: 'common/unit.var', thousand: 'common/unit.kilovar' },
  v: { base: 'common/unit.volt' },
  a: { base: 'common/unit.ampere' },
  hz: { base: 'common/unit.hertz' },
  c: { base: 'common/unit.celsius' },
  pct: { base: 'common/unit.percent' },
  m3: { base: 'common/unit.cubic-metre' },
  l: { base: 'common/unit.litre' },
  m: { base: 'common/unit.metre' },
  ppb: { base: 'common/unit.ppb' },
  ug_m3: { base: 'common/unit.microgram-per-cubic-metre' },
  lx: { base: 'common/unit.lux' },
  ppm: { base: 'common/unit.ppm' },
  pa: { base: 'common/unit.pascal', thousand: 'common/unit.kilopascal' },
  hpa: { base: 'common/unit.hectopascal' },
  dbm: { base: 'common/unit.dbm' },
  s: { base: 'common/unit.second' },
});

/** Quantities with a word in each language; others are shown by their own name. */
const quantities = table<CommonKey>({
  power: 'common/quantity.power',
  power_factor: 'common/quantity.power-factor',
  energy: 'common/quantity.energy',
  voltage: 'common/quantity.voltage',
  current: 'common/quantity.current',
  frequency: 'common/quantity.frequency',
  temperature: 'common/quantity.temperature',
  humidity: 'common/quantity.humidity',
  water: 'common/quantity.water',
  gas: 'common/quantity.gas',
  battery: 'common/quantity.battery',
  pressure: 'common/quantity.pressure',
  illuminance: 'common/quantity.illuminance',
  apparent_power: 'common/quantity.apparent-power',
  reactive_power: 'common/quantity.reactive-power',
  dew_point: 'common/quantity.dew-point',
  moisture: 'common/quantity.moisture',
  distance: 'common/quantity.distance',
  co2: 'common/quantity.co2',
  tvoc: 'common/quantity.tvoc',
  pm25: 'common/quantity.pm25',
  pm10: 'common/quantity.pm10',
  position: 'common/quantity.position',
  brightness: 'common/quantity.brightness',
  count: 'common/quantity.count',
  output: 'common/quantity.output',
  open: 'common/quantity.open',
  motion: 'common/quantity.motion',
});

interface MetricParts {
  readonly channel: string;
  readonly quantity: string;
  readonly unit: Unit | undefined;
  /** export, import, l1, t1 */
  readonly qualifiers: readonly string[];
}

function split(name: string): MetricParts {
  const at = name.lastIndexOf('/');
  const parts = name.slice(at + 1).split('_');
  const qualifiers: string[] = [];
  while (parts.length > 1 && /^(export|import|l[123]|t\d+)$/.test(parts.at(-1) ?? ''))
    qualifiers.unshift(parts.pop() ?? '');
  // µg/m³ is the only unit of two parts
  const unitParts = parts.length > 2 && parts.at(-2) === 'ug' ? 2 : 1;
  const unit = parts.length > unitParts ? units[parts.slice(-unitParts).join('_')] : undefined;
  if (unit !== undefined) parts.splice(-unitParts);
  return { channel: at < 0 ? '' : name.slice(0, at), quantity: parts.join('_'), unit, qualifiers };
}

/** "em:0/energy_wh_export" -> "em:0 Energy export" */
export function metricNameOf(name: string, say: SayCommon): string {
  const { channel, quantity, qualifiers } = split(name);
  const word = quantities[quantity];
  const plain = quantity.replaceAll('_', ' ');
  const more = qualifiers.map((one) =>
    one === 'export'
      ? say('common/quantity.export', {})
      : one === 'import'
        ? say('common/quantity.import', {})
        : one.toUpperCase(),
  );
  const label = word === undefined ? plain.charAt(0).toUpperCase() + plain.slice(1) : say(word, {});
  return [channel, label, ...more].filter((part) => part !== '').join(' ');
}

/** Within a sentence: energy_wh_export_t1 -> "exported energy tariff 1"; a metric without a word: its own name. */
export function quantityOf(name: string, say: SayCommon): string {
  const { quantity, qualifiers } = split(name);
  const word = quantities[quantity];
  if (word === undefined) return name.slice(name.lastIndexOf('/') + 1);
  const label = say(word, {});
  // CO2 stays CO2
  let text = /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
  for (const one of qualifiers) {
    if (one === 'export') text = say('common/quantity.exported', { quantity: text });
    else if (one.startsWith('t')) text = say('common/quantity.tariff', { quantity: text, number: one.slice(1) });
    else if (one.startsWith('l')) text = `${text} ${one.toUpperCase()}`;
  }
  return text;
}

/** The number to show, its digits after the point, and its unit: 1234.5 of power_w -> 1.2345 kW. */
export function measureOf(
  name: string,
  value: number,
): { readonly value: number; readonly digits: number; readonly unit: CommonKey | undefined } {
  const { unit } = split(name);
  const size = Math.abs(value);
  if (unit?.million !== undefined && size >= 1e6) return { value: value / 1e6, digits: 2, unit: unit.million };
  if (unit?.thousand !== undefined && size >= 1000) return { value: value / 1000, digits: 2, unit: unit.thousand };
  return { value, digits: size >= 100 ? 1 : 2, unit: unit?.base };
}
