/**
 * Tasmota, as its firmware speaks by default (full topic `%prefix%/%topic%/`, or as `full_topic` says; tasmota.github.io/docs/MQTT and
 * /docs/Energy): `tele/<topic>/SENSOR` each telemetry period, with `ENERGY` and one object a sensor; `tele/…/STATE`,
 * `LWT`, `INFO1` … and `stat/…`.
 *
 * Always: energy registers in kWh become Wh; figures of several phases come as lists, whose sum is the total; `Time` is
 * local time without a zone, so the time of receipt counts, unless a zone or `Epoch` is there.
 */
import { eventTypes, type Value } from '@forpost/shared/event/event.ts';
import type { DeviceConfig } from '../../site/site.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder, DeviceMessage, MoreTopics } from '../decoder.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, quoted, refused, textOf, timeOf } from '../payload.ts';

/** Metric, factor to its unit, and how a list's total comes about: added up, or not at all. */
type Mapping = readonly [metric: string, factor: number, total?: 'sum'];

const energyKeys: Readonly<Record<string, Mapping>> = {
  Total: ['energy_wh', 1000, 'sum'],
  ImportActive: ['energy_wh', 1000, 'sum'],
  ExportActive: ['energy_wh_export', 1000, 'sum'],
  Power: ['power_w', 1, 'sum'],
  ApparentPower: ['apparent_power_va', 1, 'sum'],
  ReactivePower: ['reactive_power_var', 1, 'sum'],
  Factor: ['power_factor', 1],
  Voltage: ['voltage_v', 1],
  Current: ['current_a', 1, 'sum'],
  Frequency: ['frequency_hz', 1],
};

const sensorKeys: Readonly<Record<string, Mapping>> = {
  Humidity: ['humidity_pct', 1],
  Illuminance: ['illuminance_lx', 1],
  Moisture: ['moisture_pct', 1],
  CarbonDioxide: ['co2_ppm', 1],
  eCO2: ['co2_ppm', 1],
  TVOC: ['tvoc_ppb', 1],
  'PM2.5': ['pm25_ug_m3', 1],
  PM10: ['pm10_ug_m3', 1],
  Distance: ['distance_m', 0.01],
  // smart meters read by the scripted SML driver, with the names that its documentation uses
  Total_in: ['energy_wh', 1000],
  Total_out: ['energy_wh_export', 1000],
  Power_curr: ['power_w', 1],
  Power_cur: ['power_w', 1],
};

/** One unit of pressure in Pa. */
const pressureUnits: Readonly<Record<string, number>> = { hPa: 100, mmHg: 133.322, inHg: 3386.39 };

const name = (device: DeviceConfig) => device.topic ?? device.id;

/** What stands in the firmware's field «Full Topic», filled in, with a slash behind it. */
function fullTopic(
  { full_topic: template = '%prefix%/%topic%/' }: DeviceConfig,
  prefix: string,
  topic: string,
): string {
  const filled = template.replace('%prefix%', prefix).replace('%topic%', topic);
  return filled.endsWith('/') ? filled : `${filled}/`;
}

/**
 * Beyond readings (tasmota.github.io/docs/MQTT and /docs/Home-Assistant): what stands deeper than one level, as sensors
 * behind a bridge do with SetOption89; discovery by Tasmota's own topics and, with SetOption19, by Home Assistant's;
 * commands to its groups, and to its fallback topic, which the firmware makes of its MAC address.
 */
function moreTopics(device: DeviceConfig): MoreTopics {
  const commands = (topic: string) => `${fullTopic(device, 'cmnd', topic)}#`;
  const [before = '', behind = ''] = fullTopic(device, 'cmnd', '\0').split('\0');
  return {
    unread: [`${fullTopic(device, 'tele', name(device))}+/+/#`, `${fullTopic(device, 'stat', name(device))}+/+/#`],
    shared: ['tasmota/discovery/#', 'homeassistant/+/+/config', 'homeassistant/+/+/+/config'],
    commands: [name(device), ...groupsOf(device)].map(commands),
    subscribeLike: (text) => {
      const [, fallback = ''] = /^(DVES_[0-9A-F]{6}(?:_fb)?)\//.exec(text.slice(before.length)) ?? [];
      return fallback !== '' && text.startsWith(`${before}${fallback}${behind}`);
    },
  };
}

/** `GroupTopic1` to 4; the first name is today's default, the second that of firmware before 7. */
const groupsOf = ({ groups = ['tasmotas', 'sonoffs'] }: DeviceConfig) => groups;

export const tasmota: Decoder = {
  name: 'tasmota',
  publishFilters: (device) => ['tele', 'stat'].map((prefix) => `${fullTopic(device, prefix, name(device))}+`),
  subscribeFilters: (device) =>
    [name(device), ...groupsOf(device)].map((topic) => `${fullTopic(device, 'cmnd', topic)}#`),
  moreTopics,

  decode(message): Decoded {
    const { topic, device } = message;
    const prefix = ['tele', 'stat'].find((one) => topic.startsWith(fullTopic(device, one, name(device))));
    const what = prefix === undefined ? '' : topic.slice(fullTopic(device, prefix, name(device)).length);
    if (prefix === undefined || what.includes('/'))
      return refused(`${quoted(topic)} is not one of this device's topics`);
    if (prefix === 'tele' && what === 'SENSOR') return sensor(message);
    if (prefix === 'tele' && what === 'LWT') return online(message);
    const relay = prefix === 'stat' ? /^POWER([1-9][0-9]?)?$/.exec(what) : null;
    if (relay !== null) return power(message, relay[1]);
    // STATE, INFO1, RESULT, STATUS8, …: what the device is like, understood and not kept
    return { ok: true, items: [] };
  },
};

function sensor({ payload, received }: DeviceMessage): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused('SENSOR is not a JSON object');
  const whole = parsed.value;
  const own = timeOf(whole.Epoch) ?? timeOf(whole.Time);
  const items: DecodedReading[] = [];
  const add = (values: Record<string, Value>, channel?: string) => {
    if (Object.keys(values).length === 0) return;
    items.push({
      kind: 'reading',
      time: own ?? received,
      timeFromDevice: own !== undefined,
      data: channel === undefined ? { values } : { values, channel },
    });
  };
  for (const [key, value] of Object.entries(whole)) {
    if (!isJsonObject(value)) continue;
    if (key === 'ENERGY') {
      const values = energyOf(value);
      if (typeof values === 'string') return refused(values);
      add(values);
    } else add(sensorOf(value, whole), channelOf(key));
  }
  return { ok: true, items };
}

/** The values of `ENERGY`, or what is wrong with it. */
function energyOf(energy: JsonObject): Record<string, Value> | string {
  const values: Record<string, Value> = {};
  for (const [key, [metric, factor, total]] of Object.entries(energyKeys)) {
    const value = energy[key];
    // Total is the register of record; ImportActive says the same for each phase where both are there
    if (value === undefined || value === null || (key === 'ImportActive' && metric in values)) continue;
    if (typeof value === 'number') {
      values[metric] = scaled(value, factor);
      continue;
    }
    if (!isNumbers(value)) return `ENERGY.${key} is neither a number nor a list of numbers`;
    if (value.length > 3) return `ENERGY.${key} has more than three phases`;
    for (const [index, one] of value.entries()) values[`${metric}_l${index + 1}`] = scaled(one, factor);
    if (total === 'sum')
      values[metric] = scaled(
        value.reduce((sum, one) => sum + one, 0),
        factor,
      );
  }
  for (const [key, metric] of [
    ['TotalTariff', 'energy_wh'],
    ['ExportTariff', 'energy_wh_export'],
  ] as const) {
    const value = energy[key];
    if (isNumbers(value))
      for (const [index, one] of value.slice(0, 4).entries()) values[`${metric}_t${index + 1}`] = scaled(one, 1000);
  }
  return values;
}

function sensorOf(one: JsonObject, whole: JsonObject): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const [key, value] of Object.entries(one)) {
    // a sensor that does not answer says null
    if (typeof value !== 'number') continue;
    const known = sensorKeys[key];
    if (known !== undefined) values[known[0]] = scaled(value, known[1]);
    else if (key === 'Temperature') values.temperature_c = celsius(value, whole.TempUnit);
    else if (key === 'DewPoint') values.dew_point_c = celsius(value, whole.TempUnit);
    else if (key === 'Pressure') values.pressure_pa = scaled(value, pressureUnit(whole.PressureUnit));
  }
  return values;
}

function online({ payload, received }: DeviceMessage): Decoded {
  const text = textOf(payload)?.trim().toLowerCase();
  if (text !== 'online' && text !== 'offline') return refused('LWT says neither Online nor Offline');
  return { ok: true, items: [stateEvent(received, { online: text === 'online' })] };
}

function power({ payload, received }: DeviceMessage, relay: string | undefined): Decoded {
  const text = textOf(payload)?.trim().toUpperCase();
  if (text !== 'ON' && text !== 'OFF') return refused('POWER says neither ON nor OFF');
  const data = { output: text === 'ON', ...(relay === undefined ? {} : { channel: `power-${relay}` }) };
  return { ok: true, items: [stateEvent(received, data)] };
}

function stateEvent(time: number, data: DecodedEvent['data']): DecodedEvent {
  return { kind: 'event', type: eventTypes.state, time, data };
}

/** `DS18B20-1` -> `ds18b20-1`: what tells several sensors of one device apart. */
function channelOf(key: string): string {
  const channel = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64);
  return channel === '' ? 'sensor' : channel;
}

function isNumbers(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

function celsius(value: number, unit: Json | undefined): number {
  return unit === 'F' ? scaled(((value - 32) * 5) / 9, 1) : value;
}

function pressureUnit(unit: Json | undefined): number {
  return pressureUnits[typeof unit === 'string' ? unit : 'hPa'] ?? 100;
}

/** Without the crumbs of binary fractions: 514.153 kWh are 514153 Wh, not 514153.00000000006. */
function scaled(value: number, factor: number): number {
  return Math.round(value * factor * 1e6) / 1e6;
}
