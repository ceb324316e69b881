/**
 * Reads `ZbReceived`: messages of the devices behind Tasmota's Zigbee bridge (tasmota.github.io/docs/Zigbee), keyed by
 * short address or, with SetOption83, by name; each has its address in `Device` too.
 *
 * Always: a device behind the bridge is a channel named by its address, so that renaming the device keeps the channel.
 * Its second endpoint is a channel of its own, because both endpoints use the same keys.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import type { MessageNotes } from '../../message-notes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../payload.ts';
import { scaled } from '../scaled.ts';
import { valuesBySiteKeys } from './site-keys.ts';

type Reading = { readonly device: string; readonly channel: string; readonly values: Record<string, Value> };

const numbers: Readonly<Record<string, readonly [metric: string, factor: number]>> = {
  Temperature: ['temperature_c', 1],
  LocalTemperature: ['temperature_c', 1],
  Humidity: ['humidity_pct', 1],
  Pressure: ['pressure_pa', 100],
  Illuminance: ['illuminance_lx', 1],
  BatteryPercentage: ['battery_pct', 1],
  BatteryVoltage: ['battery_v', 1],
  RMSVoltage: ['voltage_v', 1],
  MainsVoltage: ['voltage_v', 1],
  RMSCurrent: ['current_a', 1],
  ActivePower: ['power_w', 1],
  ApparentPower: ['apparent_power_va', 1],
  ReactivePower: ['reactive_power_var', 1],
  PowerFactor: ['power_factor', 1],
  ACVoltageFrequency: ['frequency_hz', 1],
  CO2: ['co2_ppm', 1],
};
/** `Power` of Zigbee is the state of a switch, not a power. */
const switches: Readonly<Record<string, string>> = {
  Power: 'output',
  Occupancy: 'occupancy',
  Contact: 'contact',
  Water: 'leak',
  Smoke: 'smoke',
  CO: 'carbon_monoxide',
  Vibration: 'vibration',
};
const keptOut = new Set([
  ...['Device', 'Name', 'Endpoint', 'LinkQuality', 'Group', 'IEEEAddr', 'ModelId', 'Manufacturer', 'Version', 'Dimmer'],
  ...[
    'Hue',
    'Sat',
    'CT',
    'X',
    'Y',
    'ColorMode',
    'RGB',
    'Reachable',
    'LastSeen',
    'LastSeenEpoch',
    'BatteryLastSeenEpoch',
  ],
  ...['Click', 'ZoneStatus', 'ZoneStatusChange', 'ZoneType', 'ZoneState', 'PowerSource', 'Read', 'Write', 'ReadNames'],
]);

/** The readings of all devices in `ZbReceived`. `path`: its path in the message. */
export function zigbeeReadings(received: JsonObject, path: string, notes: MessageNotes): readonly Reading[] {
  // SetOption119 leaves the address out of the message
  if (!isJsonObject(received.Device) && typeof received.Device === 'string')
    return [readingOf(received.Device, received, path, notes)];
  return Object.entries(received).flatMap(([key, one]) => {
    if (isJsonObject(one)) return [readingOf(key, one, `${path}.${key}`, notes)];
    notes.unknown(`${path}.${key}`);
    return [];
  });
}

function readingOf(key: string, one: JsonObject, path: string, notes: MessageNotes): Reading {
  const device = typeof one.Device === 'string' && one.Device !== '' ? one.Device : key;
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(one)) {
    const at = `${path}.${name}`;
    const meaning = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    const state = Object.hasOwn(switches, name) ? switches[name] : undefined;
    if (meaning !== undefined) {
      const number = notes.number(at, value);
      if (number !== undefined) values[meaning[0]] ??= scaled(number, meaning[1]);
    } else if (state !== undefined) {
      const on = stateOf(at, value, notes);
      if (on !== undefined) values[state] = on;
    } else if (!keptOut.has(name)) Object.assign(values, valuesBySiteKeys(at, value, notes));
  }
  const endpoint = one.Endpoint;
  const part = typeof endpoint === 'number' && endpoint !== 1 ? `-${endpoint}` : '';
  return { device, channel: device + part, values };
}

function stateOf(path: string, value: Json, notes: MessageNotes): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = notes.number(path, value);
  return number === undefined ? undefined : number !== 0;
}
