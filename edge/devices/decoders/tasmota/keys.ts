/**
 * What Tasmota's keys mean: tables for its drivers, and the words of which scripts for smart meters make their keys
 * (tasmota.github.io/docs/Smart-Meter-Interface): `Power_L1`, `Energy_Tot_Import`, `Curr_p2`, `Total_in`.
 *
 * Always: a key of which one word is not known means nothing, rather than nearly the right thing.
 */

/** Metric, and the factor to its unit. */
export type Meaning = readonly [metric: string, factor: number];

/** How a list's total comes about: added up, or not at all. */
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

/** Of ENERGY: sums of a day or a period, and what is no measured value. */
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
  // smart meters read by the scripted SML driver, with the names that its documentation uses
  Total_in: ['energy_wh', 1000],
  Total_out: ['energy_wh_export', 1000],
  Power_curr: ['power_w', 1],
  Power_cur: ['power_w', 1],
};

/** Of sensors: no measured value of the site, or one that others say better. */
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
  ...{ power: 'power', pwr: 'power', watt: 'power', watts: 'power', leistung: 'power' },
  ...{ voltage: 'voltage', volt: 'voltage', volts: 'voltage', spannung: 'voltage' },
  ...{ current: 'current', curr: 'current', amp: 'current', amps: 'current', ampere: 'current', amperage: 'current' },
  ...{ energy: 'energy', energie: 'energy' },
  ...{ frequency: 'frequency', freq: 'frequency', hz: 'frequency', pf: 'factor', factor: 'factor', cosphi: 'factor' },
};
/** With a phase behind it one letter is enough: `U_L1`. `Strom` alone may be the electricity as well as the current. */
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
/** The one word whose case says which unit it is: mWh are thousandths of a Wh. */
const megawattHours = 'MWh';
const units: Readonly<Record<string, readonly [quantity: string, factor: number]>> = {
  ...{ kwh: ['energy', 1000], wh: ['energy', 1], [megawattHours]: ['energy', 1e6] },
  ...{ w: ['power', 1], kw: ['power', 1000], v: ['voltage', 1], a: ['current', 1], ma: ['current', 0.001] },
  ...{ va: ['apparent', 1], kva: ['apparent', 1000], var: ['reactive', 1], kvar: ['reactive', 1000] },
};
/** Of the whole device, and of now. */
const fillers = new Set(['total', 'tot', 'sum', 'summ', 'ges', 'gesamt', 'act', 'active', 'now', 'inst', 'aktuell']);
const momentary = new Set(['curr', 'cur', 'current', 'actual']);
const imports = new Set(['in', 'import', 'imp', 'imported', 'consumed', 'bezug']);
const exports = new Set(['out', 'export', 'exp', 'exported', 'feed', 'feedin', 'einspeisung', 'lieferung']);
const phase = /^(?:l|p|ph|phase)([1-3])$/;
const tariff = /^t([1-9])$/;

/** What a key of a sensor means, by the table or by its words; undefined where nobody knows. */
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
  // `E_in`, `E_out`: of a meter only energy has a direction and this letter
  const directed = words.length > 1 && words.some((word) => imports.has(word) || exports.has(word));
  for (const word of words) if (!takes(read, directed && word === 'e' ? 'energy' : word, hasPhase)) return undefined;
  // `Total_in`, `Total_T1`: of a meter that is its register
  const quantity =
    read.quantity ??
    read.unit?.[0] ??
    (read.total && (read.exported !== undefined || read.tariff) ? 'energy' : undefined);
  const meaning = quantity === undefined ? undefined : metrics[quantity];
  if (meaning === undefined || (read.unit !== undefined && read.unit[0] !== quantity)) return undefined;
  if (read.tariff !== undefined && quantity !== 'energy') return undefined;
  // only energy and power go in or out: the voltage `out` of an inverter is another one, not one that is exported
  if (read.exported !== undefined && quantity !== 'energy' && quantity !== 'power') return undefined;
  const [metric, factor] = meaning;
  const ends = `${read.exported === true ? '_export' : ''}${read.phase ?? ''}${read.tariff ?? ''}`;
  return [metric + ends, read.unit?.[1] ?? factor];
}

/** Takes one word in; false where it says nothing, or another thing than the words before. */
function takes(read: Read, word: string, hasPhase: boolean): boolean {
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
  // of water and gas too: it says what is counted only beside a unit, or as `Energy_Consumption`
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
