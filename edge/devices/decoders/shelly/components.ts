/**
 * Reads the status of one component of a Shelly of the second generation or later (shelly-api-docs.shelly.cloud,
 * gen2/ComponentsAndServices).
 *
 * Always: energies are in Wh already; an unknown type of component is read by the keys that all types share.
 * `em:0` and `emdata:0` are values of the device without a channel; each other component is a channel of its own
 * (`switch:0` -> switch-0; `em1data:0` shares em1-0 with its meter).
 */

import type { Value } from '@forpost/shared/event/event.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { MessageNotes } from '../../message-notes.ts';
import { numberInText } from '../../numbers.ts';
import { isJsonObject, type Json, type JsonObject } from '../../payload.ts';
import { quoted } from '../../quoted.ts';
import { scaled } from '../scaled.ts';

/** Keys of one phase or of a single-phase component. */
const plain: Readonly<Record<string, string>> = {
  act_power: 'power_w',
  apower: 'power_w',
  aprt_power: 'apparent_power_va',
  voltage: 'voltage_v',
  current: 'current_a',
  pf: 'power_factor',
  freq: 'frequency_hz',
  total_act_energy: 'energy_wh',
  total_act_ret_energy: 'energy_wh_export',
};

/** Keys of all phases together. */
const totals: Readonly<Record<string, string>> = {
  total_act_power: 'power_w',
  total_aprt_power: 'apparent_power_va',
  total_current: 'current_a',
  total_act: 'energy_wh',
  total_act_ret: 'energy_wh_export',
};

/** Keys with a meaning in one type of component only. */
const special: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  switch: { output: 'output' },
  cb: { output: 'output' },
  light: { output: 'output', brightness: 'brightness_pct' },
  rgb: { output: 'output', brightness: 'brightness_pct' },
  rgbw: { output: 'output', brightness: 'brightness_pct' },
  cct: { output: 'output', brightness: 'brightness_pct' },
  cover: { current_pos: 'position_pct' },
  input: { state: 'input', percent: 'input_pct' },
  temperature: { tC: 'temperature_c' },
  humidity: { rh: 'humidity_pct' },
  illuminance: { lux: 'illuminance_lx' },
  smoke: { alarm: 'smoke' },
  flood: { alarm: 'flood' },
  motion: { state: 'motion' },
  thermostat: { current_C: 'temperature_c', target_C: 'target_temperature_c', output: 'output' },
  blutrv: { current_C: 'temperature_c', target_C: 'target_temperature_c', pos: 'position_pct', battery: 'battery_pct' },
  bthomedevice: { battery: 'battery_pct' },
  bthomesensor: { value: 'value' },
  number: { value: 'value' },
  boolean: { value: 'value' },
};

/** Values one level deeper. */
const inner: readonly (readonly [key: string, within: string, metric: string])[] = [
  ['aenergy', 'total', 'energy_wh'],
  ['ret_aenergy', 'total', 'energy_wh_export'],
  ['temperature', 'tC', 'temperature_c'],
  ['battery', 'percent', 'battery_pct'],
  ['counts', 'total', 'count'],
];

const phases: Readonly<Record<string, string>> = { a: 'l1', b: 'l2', c: 'l3' };
export const componentKey = /^([a-z][a-z0-9_]{0,31}):([0-9]{1,4})$/;
/** Components without measured values (settings, scripts, connections): understood, and not kept. */
const silent = new Set([
  ...[
    'sys',
    'wifi',
    'cloud',
    'mqtt',
    'ble',
    'ws',
    'eth',
    'ui',
    'knx',
    'modbus',
    'matter',
    'script',
    'schedule',
    'http',
  ],
  ...[
    'webhook',
    'bthome',
    'bthomecontrol',
    'plugs_ui',
    'pluguk_ui',
    'plugus_ui',
    'pluge_ui',
    'zigbee',
    'serial',
    'kvs',
  ],
  ...['text', 'enum', 'button', 'group', 'object', 'service', 'media', 'cury', 'ts', 'v_eve'],
]);

export function isSilent(type: string): boolean {
  return silent.has(type);
}

/** Name of the component's channel; empty for the device itself. */
export function channelOf(type: string, id: string): string {
  const meter = type.replace(/data$/, '').replaceAll('_', '-');
  return meter === 'em' && id === '0' ? '' : `${meter}-${id}`;
}

/** The values of one component. `path`: its path in the message. */
export function valuesOf(type: string, status: JsonObject, path: string, notes: MessageNotes): Record<string, Value> {
  const values: Record<string, Value> = {};
  const set = (metric: string, value: Json | undefined, key: string) => {
    if (typeof value === 'boolean') values[metric] = value;
    else {
      const number = notes.number(`${path}.${key}`, value);
      if (number !== undefined) values[metric] = number;
    }
  };
  const unknown: string[] = [];
  const threePhase = type.startsWith('em') && !type.startsWith('em1');
  for (const [key, value] of Object.entries(status)) {
    const own = notes.meaningOf(`${path}.${key}`);
    if (own !== undefined) {
      const number = notes.number(`${path}.${key}`, value);
      if (number !== undefined) values[own[0]] = scaled(number, own[1]);
      continue;
    }
    const metric = metricOf(type, key, threePhase);
    // an input of type button has no state
    if (type === 'input' && key === 'state' && value === null) continue;
    if (metric !== undefined) set(metric, value, key);
    else if (/^(?:[abc]_)?errors$/.test(key)) errors(value, `${path}.${key}`, notes);
    else if (!settings.has(key) && isNumeric(value)) unknown.push(`${path}.${key}`);
  }
  for (const [key, within, metric] of inner) {
    const value = status[key];
    if (isJsonObject(value) && within in value) set(metric, value[within], `${key}.${within}`);
  }
  // beside known values, unknown keys of a component are settings and times
  if (Object.keys(values).length === 0) for (const key of unknown) notes.unknown(key);
  return values;
}

/** Numbers that are not measured: settings and times. */
const settings = new Set([
  ...['id', 'target_pos', 'move_started_at', 'timer_started_at', 'timer_duration', 'ct', 'white', 'rssi', 'packet_id'],
  ...['last_updated_ts', 'updated_ts', 'ts', 'xpercent', 'xfreq', 'xvoltage'],
]);

function isNumeric(value: Json): boolean {
  return typeof value === 'number' || (typeof value === 'string' && numberInText(value).kind !== 'none');
}

function metricOf(type: string, key: string, threePhase: boolean): string | undefined {
  if (threePhase && Object.hasOwn(totals, key)) return totals[key];
  const phase = key[1] === '_' ? phases[key[0] ?? ''] : undefined;
  if (phase !== undefined) {
    const rest = key.slice(2);
    return Object.hasOwn(plain, rest) ? `${plain[rest]}_${phase}` : undefined;
  }
  if (Object.hasOwn(plain, key)) return plain[key];
  const own = Object.hasOwn(special, type) ? special[type] : undefined;
  return own !== undefined && Object.hasOwn(own, key) ? own[key] : undefined;
}

/** Notes the errors that the device itself reports about the component. */
function errors(value: Json, path: string, notes: MessageNotes): void {
  if (!Array.isArray(value) || value.length === 0) return;
  const said = value.filter((one) => typeof one === 'string').slice(0, 4);
  notes.problem(path, message('gateway/note.device-says', { text: said.map(quoted).join(', ') }));
}
