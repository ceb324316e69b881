/**
 * Reads `ZbReceived`: messages of the devices behind Tasmota's Zigbee bridge (tasmota.github.io/docs/Zigbee), keyed by
 * short address or, with SetOption83, by name; each has its address in `Device` too.
 *
 * Always: where the site has the log-in as a device, a device behind it is a channel named by its address, so that renaming
 * the device keeps the channel; where the site has it as a bridge, its readings name the device. The second endpoint of a
 * device is a channel of its own, because both endpoints use the same keys.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import type { ChannelNames } from '../../channel-names.ts';
import type { BridgedDevice, DecodedReading } from '../../decoder.ts';
import type { MessageNotes } from '../../message-notes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../payload.ts';
import { scaled } from '../scaled.ts';
import { valuesBySiteKeys } from '../site-keys.ts';

interface Reading {
  /** the device's address */
  readonly device: string;
  /** what the bridge calls the device, else its address */
  readonly name: string;
  /** of a device with several endpoints */
  readonly endpoint: number | undefined;
  readonly values: Record<string, Value>;
}

export interface ZigbeeMessage {
  /** `ZbReceived`, and its path in the message */
  readonly received: JsonObject;
  readonly path: string;
  readonly notes: MessageNotes;
  readonly channels: ChannelNames;
  /** whether the log-in is a bridge of the site, so that each device behind it stands for itself */
  readonly isBridge: boolean;
  /** ms since 1970 */
  readonly time: number;
  readonly timeFromDevice: boolean;
}

/** The readings of all devices in `ZbReceived`; of a bridge also which devices have sent something. */
export function zigbeeItems(message: ZigbeeMessage): {
  readonly items: readonly DecodedReading[];
  readonly devices: readonly BridgedDevice[];
} {
  const { received, path, notes, isBridge } = message;
  const readings = zigbeeReadings(received, path, notes);
  const withValues = readings.filter(({ values }) => Object.keys(values).length > 0);
  return {
    items: withValues.map((reading) => itemOf(reading, message)),
    devices: isBridge ? readings.map(({ name, device }) => ({ name, address: device, alive: true })) : [],
  };
}

function itemOf({ device, name, endpoint, values }: Reading, message: ZigbeeMessage): DecodedReading {
  const { isBridge, channels, time, timeFromDevice } = message;
  const part = endpoint === undefined ? '' : `-${endpoint}`;
  if (!isBridge) {
    const channel = channels.nameOf(device + part);
    return { kind: 'reading', time, timeFromDevice, data: { values, channel, device } };
  }
  const channel = endpoint === undefined ? {} : { channel: `endpoint-${endpoint}` };
  return { kind: 'reading', time, timeFromDevice, data: { values, ...channel }, device: name };
}

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
function zigbeeReadings(received: JsonObject, path: string, notes: MessageNotes): readonly Reading[] {
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
  const name = typeof one.Name === 'string' && one.Name !== '' ? one.Name : device;
  return { device, name, endpoint: typeof endpoint === 'number' && endpoint !== 1 ? endpoint : undefined, values };
}

function stateOf(path: string, value: Json, notes: MessageNotes): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const number = notes.number(path, value);
  return number === undefined ? undefined : number !== 0;
}
