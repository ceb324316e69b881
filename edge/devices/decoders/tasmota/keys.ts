/**
 * The meaning of Tasmota's keys: tables for its drivers, and the vocabulary of scripts for smart meters
 * (tasmota.github.io/docs/Smart-Meter-Interface): `Power_L1`, `Energy_Tot_Import`, `Curr_p2`, `Total_in`.
 *
 * Always: a key with one unknown word has no meaning; no meaning is guessed.
 */

/** Metric, and the factor to its unit. */
export type Meaning = readonly [metric: string, factor: number];

/** Metric and factor by key. `sum`: the parts of a list are added up to a total; without it a list has no total. */
export const energyKeys: Readonly<Record<string, readonly [metric: string, factor: number, total?: 'sum']>> = {
  Total: ['energy_wh', 1000, 'sum'],
  ImportActive: ['energy_wh', 1000, 'sum'],
  ExportActive: ['energy_wh_export', 1000, 'sum'],
  Power: ['power_w', 1, 'sum'],
  ActivePower: ['power_w', 1, 'sum'],
  ApparentPower: ['apparent_power_va', 1, 'sum'],
  ReactivePower: ['reactive_power_var', 1, 'sum'],
  Factor: ['power_factor', 1],
  Voltage: ['voltage_v', 1],
  Current: ['current_a', 1, 'sum'],
  Frequency: ['frequency_hz', 1],
};

/** Keys of ENERGY that are not kept: sums of a day or a period, and settings. */
export const keptOutOfEnergy = new Set([
  ...['TotalStartTime', 'Yesterday', 'Today', 'Period', 'TodaySumImport', 'TodaySumExport', 'Power1Total'],
  ...['TotalTariff', 'ExportTariff', 'YesterdaySumImport', 'YesterdaySumExport', 'Location', 'Overload', 'PhaseAngle'],
  ...['ImportReactive', 'ExportReactive'],
]);

const sensorKeys: Readonly<Record<string, Meaning>> = {
  Humidity: ['humidity_pct', 1],
  Illuminance: ['illuminance_lx', 1],
  Moisture: ['moisture_pct', 1],
  CarbonDioxide: ['co2_ppm', 1],
  eCO2: ['co2_ppm', 1],
  TVOC: ['tvoc_ppb', 1],
  'PM2.5': ['pm25_ug_m3', 1],
  PM10: ['pm10_ug_m3', 1],
  Distance: ['distance_m', 0.01],
  Battery: ['battery_pct', 1],
  // keys of smart meters in the documentation of the scripted SML driver
  Total_in: ['energy_wh', 1000],
  Total_out: ['energy_wh_export', 1000],
  Power_curr: ['power_w', 1],
  Power_cur: ['power_w', 1],
};

/** Keys of sensors that are not kept: not measured, or the same as another key. */
export const keptOutOfSensors = new Set([
  ...[
    'Id',
    'Name',
    'Address',
    'RSSI',
    'LinkQuality',
    'Endpoint',
    'Group',
    'Firmware',
    'Version',
    'mac',
    'alias',
    'via',
  ],
  ...['Meter_number', 'Meter_id', 'server_id', 'Range', 'TempUnit', 'Time', 'Event', 'Read', 'Gain'],
]);

const quantities: Readonly<Record<string, string>> = {
  power: 'power',
  pwr: 'power',
  watt: 'power',
  watts: 'power',
  leistung: 'power',
  voltage: 'voltage',
  volt: 'voltage',
  volts: 'voltage',
  spannung: 'voltage',
  current: 'current',
  curr: 'current',
  amp: 'current',
  amps: 'current',
  ampere: 'current',
  amperage: 'current',
  energy: 'energy',
  energie: 'energy',
  frequency: 'frequency',
  freq: 'frequency',
  hz: 'frequency',
  pf: 'factor',
  factor: 'factor',
  cosphi: 'factor',
};
/** Words that have a meaning only beside a phase: `U_L1`. `Strom` alone may mean electricity as well as current. */
const letters: Readonly<Record<string, string>> = { p: 'power', u: 'voltage', i: 'current', strom: 'current' };
const metrics: Readonly<Record<string, Meaning>> = {
  power: ['power_w', 1],
  voltage: ['voltage_v', 1],
  current: ['current_a', 1],
  energy: ['energy_wh', 1000],
  frequency: ['frequency_hz', 1],
  factor: ['power_factor', 1],
  apparent: ['apparent_power_va', 1],
  reactive: ['reactive_power_var', 1],
};
/** The one unit whose case matters: mWh are thousandths of a Wh. */
const megawattHours = 'MWh';
const units: Readonly<Record<string, readonly [quantity: string, factor: number]>> = {
  kwh: ['energy', 1000],
  wh: ['energy', 1],
  [megawattHours]: ['energy', 1e6],
  w: ['power', 1],
  kw: ['power', 1000],
  v: ['voltage', 1],
  a: ['current', 1],
  ma: ['current', 0.001],
  va: ['apparent', 1],
  kva: ['apparent', 1000],
  var: ['reactive', 1],
  kvar: ['reactive', 1000],
};
/** Words without a meaning of their own: «of the whole device», «now». */
const fillers = new Set(['total', 'tot', 'sum', 'summ', 'ges', 'gesamt', 'act', 'active', 'now', 'inst', 'aktuell']);
const momentary = new Set(['curr', 'cur', 'current', 'actual']);
const imports = new Set(['in', 'import', 'imp', 'imported', 'consumed', 'bezug']);
const exports = new Set(['out', 'export', 'exp', 'exported', 'feed', 'feedin', 'einspeisung', 'lieferung']);
const phase = /^(?:l|p|ph|phase)([1-3])$/;
const tariff = /^t([1-9])$/;

/** The meaning of a sensor's key, by the table or by its words; undefined for an unknown key. */
export function meaningOf(key: string): Meaning | undefined {
  return Object.hasOwn(sensorKeys, key) ? sensorKeys[key] : meaningOfWords(key);
}

interface Read {
  quantity?: string;
  unit?: readonly [quantity: string, factor: number];
  phase?: string;
  tariff?: string;
  exported?: boolean;
  total?: boolean;
}

function meaningOfWords(key: string): Meaning | undefined {
  if (key.length > 40) return undefined;
  const words = key
    .replace(/([a-z]{2})([A-Z])/g, '$1_$2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (word === megawattHours ? word : word.toLowerCase()));
  const hasPhase = words.some((word) => /^l[1-3]$/.test(word));
  const read: Read = {};
  // `E_in`, `E_out`: with a direction, the letter E of a meter's key means energy
  const directed = words.length > 1 && words.some((word) => imports.has(word) || exports.has(word));
  for (const word of words) if (!addWord(read, directed && word === 'e' ? 'energy' : word, hasPhase)) return undefined;
  // `Total_in`, `Total_T1`: a meter's register of energy
  const quantity =
    read.quantity ??
    read.unit?.[0] ??
    (read.total && (read.exported !== undefined || read.tariff) ? 'energy' : undefined);
  const meaning = quantity === undefined ? undefined : metrics[quantity];
  if (meaning === undefined || (read.unit !== undefined && read.unit[0] !== quantity)) return undefined;
  if (read.tariff !== undefined && quantity !== 'energy') return undefined;
  // only energy and power are imported or exported: `out` beside a voltage means the output of an inverter
  if (read.exported !== undefined && quantity !== 'energy' && quantity !== 'power') return undefined;
  const [metric, factor] = meaning;
  const ends = `${read.exported === true ? '_export' : ''}${read.phase ?? ''}${read.tariff ?? ''}`;
  return [metric + ends, read.unit?.[1] ?? factor];
}

/** Adds one word's meaning to `read`; false for a word without a meaning, or with one that contradicts the words before. */
function addWord(read: Read, word: string, hasPhase: boolean): boolean {
  const [, line] = phase.exec(word) ?? [];
  if (line !== undefined) {
    if (read.phase !== undefined) return false;
    read.phase = `_l${line}`;
    return true;
  }
  const [, rate] = tariff.exec(word) ?? [];
  if (rate !== undefined && read.tariff === undefined) {
    read.tariff = `_t${rate}`;
    return true;
  }
  if (imports.has(word) || exports.has(word)) {
    if (read.exported !== undefined) return false;
    read.exported = exports.has(word);
    return true;
  }
  if (word === 'apparent' || word === 'reactive') {
    if (read.quantity !== undefined && read.quantity !== 'power') return false;
    read.quantity = word;
    return true;
  }
  const quantity = Object.hasOwn(quantities, word) ? quantities[word] : hasPhase ? letters[word] : undefined;
  if (quantity !== undefined && read.quantity === undefined) {
    read.quantity = quantity;
    return true;
  }
  if (read.quantity === 'power' && quantity === 'factor') {
    read.quantity = 'factor';
    return true;
  }
  if ((read.quantity === 'apparent' || read.quantity === 'reactive') && quantity === 'power') return true;
  if (read.quantity !== undefined && momentary.has(word)) return true;
  // a consumption may also be of water or gas: it means energy only beside a unit, or as `Energy_Consumption`
  if (word === 'consumption' && (read.quantity ?? 'energy') === 'energy') return true;
  if (fillers.has(word)) {
    read.total ||= word.startsWith('tot');
    return true;
  }
  const unit = Object.hasOwn(units, word) ? units[word] : undefined;
  if (unit === undefined || read.unit !== undefined) return false;
  read.unit = unit;
  return true;
}
