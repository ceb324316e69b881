/**
 * Reads the body of `SENSOR` and of `StatusSNS`: one object a sensor, beside `ENERGY`, switches and counters.
 *
 * Always: each sensor is a channel of its own. By default `Time` is local time without a zone, so the time of receipt is
 * used; only a `Time` with a zone (SetOption52) or `Epoch` is used instead.
 */

import type { Value } from '@forpost/shared/event/event.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { ChannelNames } from '../../channel-names.ts';
import { ofField } from '../../checks.ts';
import type { BridgedDevice, Decoded, DecodedReading } from '../../decoder.ts';
import type { MessageNotes } from '../../message-notes.ts';
import { noValue } from '../../message-notes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../payload.ts';
import { readTime } from '../../times.ts';
import { scaled } from '../scaled.ts';
import { valuesBySiteKeys } from '../site-keys.ts';
import { energyOf } from './energy.ts';
import { energyKeys, keptOutOfEnergy, keptOutOfSensors, meaningOf } from './keys.ts';
import { zigbeeItems } from './zigbee.ts';

/** One unit of pressure in Pa. */
const pressureUnits: Readonly<Record<string, number>> = { hPa: 100, mmHg: 133.322, inHg: 3386.39 };
/** The lightning sensor: its energy has no unit, and its distance is in km. */
const otherWords = /^AS3935(?:$|-)/;
const noSensor = new Set(['Time', 'Epoch', 'TempUnit', 'PressureUnit', 'SpeedUnit', 'Vcc', 'Uptime', 'Heap']);
const switchKey = /^(?:Switch|Button)([1-9]\d?)$/;
const states: Readonly<Record<string, boolean>> = { ON: true, OFF: false };

export interface SensorMessage {
  readonly whole: JsonObject;
  readonly received: number;
  readonly channels: ChannelNames;
  readonly notes: MessageNotes;
  /** see `ZigbeeMessage` */
  readonly isBridge: boolean;
}

export function sensorReadings({ whole, received, channels, notes, isBridge }: SensorMessage): Decoded {
  const own = ownTime(whole, notes);
  const items: DecodedReading[] = [];
  const devices: BridgedDevice[] = [];
  const plain: Record<string, Value> = {};
  let carriesValues = false;
  const at = { time: own ?? received, timeFromDevice: own !== undefined };
  const add = (values: Record<string, Value>, channel?: string) => {
    if (Object.keys(values).length === 0) return;
    items.push({ kind: 'reading', ...at, data: { values, ...(channel === undefined ? {} : { channel }) } });
  };
  for (const [key, value] of Object.entries(whole)) {
    if (noSensor.has(key)) continue;
    carriesValues ||= !isJsonObject(value) || Object.keys(value).length > 0;
    const [, number] = switchKey.exec(key) ?? [];
    if (key === 'ENERGY' && isJsonObject(value)) {
      const energy = energyOf(value, notes);
      add(energy.whole);
      for (const [index, part] of energy.channels.entries()) add(part, channels.nameOf(`ENERGY-${index + 1}`));
    } else if (key === 'ZbReceived' && isJsonObject(value)) {
      const zigbee = zigbeeItems({ received: value, path: key, notes, channels, isBridge, ...at });
      items.push(...zigbee.items);
      devices.push(...zigbee.devices);
    } else if (key === 'COUNTER' && isJsonObject(value)) {
      for (const [name, values] of counters(value, notes)) add(values, channels.nameOf(name));
    } else if (isJsonObject(value) && Object.keys(value).length === 0)
      notes.problem(key, message('gateway/note.empty-object'));
    else if (isJsonObject(value)) add(sensorOf(key, value, whole, notes), channels.nameOf(key));
    else if (number !== undefined && typeof value === 'string' && Object.hasOwn(states, value))
      add({ input: states[value] ?? false }, channels.nameOf(key));
    else if (value === null) notes.problem(key, noValue);
    else Object.assign(plain, plainValue(key, value, whole, notes));
  }
  add(plain);
  const decoded = notes.understood(items, carriesValues);
  return isBridge ? { ...decoded, bridge: { devices } } : decoded;
}

/** A value beside the sensors: energy values of firmware before 5.11, which has no `ENERGY`, or values of a script. */
function plainValue(key: string, value: Json, whole: JsonObject, notes: MessageNotes): Record<string, Value> {
  const energy = Object.hasOwn(energyKeys, key) ? energyKeys[key] : undefined;
  const [metric, convert] =
    energy === undefined ? (conversion(key, whole) ?? []) : [energy[0], (given: number) => scaled(given, energy[1])];
  if (notes.meaningOf(key) !== undefined || metric === undefined || convert === undefined)
    return keptOutOfEnergy.has(key) ? {} : valuesBySiteKeys(key, value, notes);
  const number = notes.number(key, value);
  return number === undefined ? {} : { [metric]: convert(number) };
}

/** The device's own time; undefined where it has no zone. */
function ownTime(whole: JsonObject, notes: MessageNotes): number | undefined {
  for (const key of ['Epoch', 'Time']) {
    const value = whole[key];
    if (value === undefined || value === null) continue;
    const read = readTime(value);
    if (read.kind === 'time') return read.ms;
    if (read.kind === 'odd') notes.oddTime(ofField(key, read.problem));
    else if (read.zoneless !== true) notes.problem(key, read.problem);
  }
  return undefined;
}

function counters(value: JsonObject, notes: MessageNotes): readonly (readonly [name: string, Record<string, Value>])[] {
  return Object.entries(value).flatMap(([key, given]) => {
    const [, number] = /^C([1-9]\d?)$/.exec(key) ?? [];
    if (number === undefined) {
      notes.unknown(`COUNTER.${key}`);
      return [];
    }
    const count = notes.number(`COUNTER.${key}`, given);
    return count === undefined ? [] : [[`COUNTER-${number}`, { count }] as const];
  });
}

/** The values of one sensor. */
function sensorOf(sensor: string, one: JsonObject, whole: JsonObject, notes: MessageNotes): Record<string, Value> {
  const values: Record<string, Value> = {};
  const said: Record<string, string> = {};
  const ownWords = otherWords.test(sensor);
  for (const [key, value] of Object.entries(one)) {
    const path = `${sensor}.${key}`;
    const own = notes.meaningOf(path);
    const [metric, convert] =
      own === undefined
        ? ((ownWords ? undefined : conversion(key, whole)) ?? [])
        : [own[0], (number: number) => scaled(number, own[1])];
    if (metric === undefined || convert === undefined) {
      if (!keptOutOfSensors.has(key)) Object.assign(values, valuesBySiteKeys(path, value, notes));
      continue;
    }
    const number = notes.number(path, value);
    if (number === undefined) continue;
    if (Object.hasOwn(values, metric))
      notes.problem(path, message('gateway/note.means-same', { metric, key: said[metric] ?? '' }));
    else {
      values[metric] = convert(number);
      said[metric] = key;
    }
  }
  return values;
}

type Conversion = readonly [metric: string, convert: (value: number) => number];

function conversion(key: string, { TempUnit, PressureUnit }: JsonObject): Conversion | undefined {
  if (key === 'Temperature') return ['temperature_c', (value) => celsius(value, TempUnit)];
  if (key === 'DewPoint') return ['dew_point_c', (value) => celsius(value, TempUnit)];
  if (key === 'Pressure') return ['pressure_pa', (value) => scaled(value, pressureUnit(PressureUnit))];
  const meaning = meaningOf(key);
  return meaning === undefined ? undefined : [meaning[0], (value) => scaled(value, meaning[1])];
}

function celsius(value: number, unit: Json | undefined): number {
  return unit === 'F' ? scaled(((value - 32) * 5) / 9, 1) : value;
}

function pressureUnit(unit: Json | undefined): number {
  return pressureUnits[typeof unit === 'string' ? unit : 'hPa'] ?? 100;
}
