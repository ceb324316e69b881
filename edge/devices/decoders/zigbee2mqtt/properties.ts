/**
 * The meaning of Zigbee2MQTT's properties (zigbee2mqtt.io/guide/usage/exposes.html, and the exposes of its converters).
 *
 * Always: a property whose unit differs between models counts in the unit that the bridge named for the device, and in the
 * usual one where it named none; a unit that is not known here makes it an unknown key. No meaning is guessed.
 */

type Unit = readonly [metric: string, factor: number];

/** Metric and factor of a property; or of each of its units, the usual one first. */
type Numeric = Unit | { readonly units: Readonly<Record<string, Unit>> };

const one = (metric: string, factor = 1): Numeric => [metric, factor];
const by = (units: Readonly<Record<string, Unit>>): Numeric => ({ units });
const energy = (metric: string) => by({ kWh: [metric, 1000], Wh: [metric, 1] });
const temperature = by({ '°C': ['temperature_c', 1], '°F': ['temperature_f', 1] });
const water = by({ 'm³': ['water_m3', 1], l: ['water_m3', 0.001], L: ['water_m3', 0.001] });

const numerics: Readonly<Record<string, Numeric>> = {
  temperature,
  local_temperature: temperature,
  device_temperature: one('device_temperature_c'),
  humidity: one('humidity_pct'),
  soil_moisture: one('moisture_pct'),
  pressure: by({ hPa: ['pressure_pa', 100], kPa: ['pressure_pa', 1000], Pa: ['pressure_pa', 1] }),
  illuminance: one('illuminance_lx'),
  illuminance_lux: one('illuminance_lx'),
  battery: one('battery_pct'),
  voltage: by({ V: ['voltage_v', 1], mV: ['battery_v', 0.001] }),
  current: by({ A: ['current_a', 1], mA: ['current_a', 0.001] }),
  power: by({ W: ['power_w', 1], kW: ['power_w', 1000] }),
  power_apparent: one('apparent_power_va'),
  power_reactive: one('reactive_power_var'),
  power_factor: by({ '': ['power_factor', 1], '%': ['power_factor', 0.01] }),
  energy: energy('energy_wh'),
  produced_energy: energy('energy_wh_export'),
  ac_frequency: one('frequency_hz'),
  co2: one('co2_ppm'),
  voc: by({ ppb: ['tvoc_ppb', 1], ppm: ['tvoc_ppb', 1000], 'µg/m³': ['tvoc_ug_m3', 1] }),
  pm25: one('pm25_ug_m3'),
  pm10: one('pm10_ug_m3'),
  position: one('position_pct'),
  brightness: one('brightness_pct', 100 / 254),
  water_consumed: water,
};

/** Properties that are true or false, or ON and OFF. */
const switches: Readonly<Record<string, string>> = {
  state: 'output',
  contact: 'contact',
  occupancy: 'occupancy',
  presence: 'occupancy',
  water_leak: 'leak',
  smoke: 'smoke',
  gas: 'gas',
  carbon_monoxide: 'carbon_monoxide',
  vibration: 'vibration',
  tamper: 'tamper',
  battery_low: 'battery_low',
};

/** Numbers that are not measured: the radio, settings, and what the bridge adds. */
const keptOut = new Set([
  'linkquality',
  'last_seen',
  'elapsed',
  'device',
  'color',
  'color_temp',
  'color_options',
  'update',
  'transition',
  'power_outage_count',
  'trigger_count',
]);
const setting =
  /(?:^|_)(?:calibration|precision|threshold|interval|delay|timeout|sensitivity|setpoint|min|max|minimum|maximum|limit|duration|level|offset|scale|divisor|multiplier|countdown|schedule|mode|speed|step|startup|transition_time|transition)(?:_|$)/;
/** Names of endpoints behind a property: `state_l2`, `action_left`. */
const endpoint = /^(.+)_(l[1-9][0-9]?|left|right|center|top|bottom|ep[1-9]|[1-9])$/;
const phases: Readonly<Record<string, string>> = { a: '_l1', b: '_l2', c: '_l3' };
const phase = /^(.+)_phase_([abc])$/;

export type Meaning =
  | { readonly kind: 'number'; readonly metric: string; readonly factor: number; readonly channel?: string }
  | { readonly kind: 'switch'; readonly metric: string; readonly channel?: string }
  /** a pressed button, a turned knob */
  | { readonly kind: 'action'; readonly channel?: string }
  /** no measured value */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/** What a property means. `unit`: as the bridge named it for the device; `isBatteryPowered`: its voltage is in mV. */
export function meaningOf(property: string, unit: string | undefined, isBatteryPowered: boolean): Meaning {
  const plain = plainMeaning(property, unit, isBatteryPowered);
  if (plain !== undefined) return plain;
  const [, ofPhase = '', line = ''] = phase.exec(property) ?? [];
  const onPhase = ofPhase === '' ? undefined : plainMeaning(ofPhase, unit, false);
  if (onPhase?.kind === 'number') return { ...onPhase, metric: `${onPhase.metric}${phases[line]}` };
  const [, ofEndpoint = '', channel = ''] = endpoint.exec(property) ?? [];
  const onEndpoint = ofEndpoint === '' ? undefined : plainMeaning(ofEndpoint, unit, isBatteryPowered);
  if (onEndpoint !== undefined)
    return onEndpoint.kind === 'none' || onEndpoint.kind === 'unknown' ? onEndpoint : { ...onEndpoint, channel };
  return keptOut.has(property) || setting.test(property) ? { kind: 'none' } : { kind: 'unknown' };
}

function plainMeaning(property: string, unit: string | undefined, isBatteryPowered: boolean): Meaning | undefined {
  if (property === 'action') return { kind: 'action' };
  if (Object.hasOwn(switches, property)) return { kind: 'switch', metric: switches[property] ?? property };
  const found = Object.hasOwn(numerics, property) ? numerics[property] : undefined;
  if (found === undefined) return undefined;
  if (!('units' in found)) return { kind: 'number', metric: found[0], factor: found[1] };
  const named = unit ?? (property === 'voltage' && isBatteryPowered ? 'mV' : undefined);
  const counted = named === undefined ? Object.values(found.units)[0] : found.units[named];
  return counted === undefined ? { kind: 'unknown' } : { kind: 'number', metric: counted[0], factor: counted[1] };
}

/** Whether models differ in the unit of this property, so that the unit which the bridge names is worth keeping. */
export function unitMatters(property: string): boolean {
  const plain = property.replace(phase, '$1').replace(endpoint, '$1');
  const found = Object.hasOwn(numerics, plain) ? numerics[plain] : undefined;
  return found !== undefined && 'units' in found;
}
