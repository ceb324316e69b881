/**
 * Decodes Shelly of the first generation (shelly-api-docs.shelly.cloud, gen1): topics like `shellies/<id>/relay/0/power`,
 * with one value a message, as plain text.
 *
 * Always: `energy` of a relay, roller or lamp is in watt-minutes, `total` of an energy meter in Wh.
 */

import { eventTypes, type Value } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message as note } from '@forpost/shared/texts/texts.ts';
import type { Decoded, DecodedReading, DeviceMessage } from '../../decoder.ts';
import { MessageNotes } from '../../message-notes.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, refused, wordOf } from '../../payload.ts';
import { quoted } from '../../quoted.ts';
import { scaled } from '../scaled.ts';

type Meaning = readonly [metric: string, factor: number];

const wattMinute = 1 / 60;
const ofOutput: Readonly<Record<string, Meaning>> = {
  power: ['power_w', 1],
  energy: ['energy_wh', wattMinute],
  pos: ['position_pct', 1],
  temperature: ['temperature_c', 1],
};
const ofMeter: Readonly<Record<string, Meaning>> = {
  power: ['power_w', 1],
  reactive_power: ['reactive_power_var', 1],
  voltage: ['voltage_v', 1],
  current: ['current_a', 1],
  pf: ['power_factor', 1],
  total: ['energy_wh', 1],
  total_returned: ['energy_wh_export', 1],
};
const ofSensor: Readonly<Record<string, Meaning>> = {
  temperature: ['temperature_c', 1],
  humidity: ['humidity_pct', 1],
  battery: ['battery_pct', 1],
  lux: ['illuminance_lx', 1],
  tilt: ['tilt_deg', 1],
  concentration: ['gas_ppm', 1],
};
const ofDevice: Readonly<Record<string, Meaning>> = { temperature: ['temperature_c', 1], voltage: ['voltage_v', 1] };
/** Metrics with two values, and the texts that mean true and false. */
const words: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  on: true,
  off: false,
  open: true,
  close: false,
  '1': true,
  '0': false,
};
const sensorStates: Readonly<Record<string, string>> = {
  flood: 'flood',
  smoke: 'smoke',
  motion: 'motion',
  vibration: 'vibration',
  state: 'open',
};
const outputs = /^(relay|roller|light|white|color)\/([0-9]{1,2})(?:\/(.+))?$/;
const parts = /^(emeter|input|ext_temperature|ext_humidity|adc|input_event|longpush)\/([0-9]{1,2})(?:\/(.+))?$/;
/** First level of the first generation's topics, after the base topic. */
const levels =
  /^(?:relay|roller|light|white|color|emeter|input|input_event|longpush|ext_temperatures?|ext_temperature_f|ext_humidit(?:y|ies)|adc|sensor|temperature(?:_f|_status)?|overtemperature|voltage|announce|info|settings|status|loaderror)(?:\/|$)/;

export function isFirstGeneration(rest: string): boolean {
  return levels.test(rest);
}

/** Decodes one message. `rest`: the topic after the base topic. */
export function firstGeneration(message: DeviceMessage, rest: string): Decoded {
  const [, output, outputId, ofWhich] = outputs.exec(rest) ?? [];
  if (output !== undefined) {
    const channel = `${output}-${outputId}`;
    if (ofWhich === 'status') return lampStatus(message, channel);
    if (ofWhich === undefined) return output === 'roller' ? understood : switched(message, rest, channel, 'output');
    return measured(message, rest, ofOutput[ofWhich], channel);
  }
  const [, part, id, which] = parts.exec(rest) ?? [];
  if (part === 'emeter') return measured(message, rest, ofMeter[which ?? ''], `emeter-${id}`);
  if (part === 'input') return switched(message, rest, `input-${id}`, 'input');
  if (part === 'ext_temperature') return measured(message, rest, ['temperature_c', 1], `ext-${id}`);
  if (part === 'ext_humidity') return measured(message, rest, ['humidity_pct', 1], `ext-${id}`);
  if (part === 'adc') return measured(message, rest, ['voltage_v', 1], `adc-${id}`);
  if (part === 'input_event' || part === 'longpush') return pressed(message, part, `input-${id}`);
  if (rest === 'status') return status(message);
  const [, sensor] = /^sensor\/([a-z_]+)$/.exec(rest) ?? [];
  if (sensor !== undefined) {
    const state = Object.hasOwn(sensorStates, sensor) ? sensorStates[sensor] : undefined;
    return state === undefined ? measured(message, rest, ofSensor[sensor]) : switched(message, rest, undefined, state);
  }
  return measured(message, rest, ofDevice[rest]);
}

const understood: Decoded = { ok: true, items: [] };

/** One number as a reading, or no item if Forpost has no metric for its meaning. */
function measured(message: DeviceMessage, rest: string, meaning: Meaning | undefined, channel?: string): Decoded {
  if (meaning === undefined) return understood;
  const text = wordOf(message.payload);
  if (text === undefined) return refused(note('gateway/note.what-not-utf8', { what: rest }));
  const notes = new MessageNotes();
  const number = notes.number(rest, text);
  if (number === undefined) return notes.understood([], true);
  const unknown = notKnown(meaning[0], number);
  if (unknown !== undefined) {
    notes.problem(rest, unknown);
    return notes.understood([], true);
  }
  return notes.understood([reading(message, { [meaning[0]]: scaled(number, meaning[1]) }, channel)], true);
}

/** Numbers that mean «no value»: a roller that is not calibrated, a sensor that does not answer. */
function notKnown(metric: string, number: number): Message | undefined {
  if (metric === 'position_pct' && (number < 0 || number > 100))
    return note('gateway/note.roller', { number: String(number) });
  if (metric === 'tilt_deg' && number === -1) return note('gateway/note.tilt');
  if (metric === 'temperature_c' && number === 999) return note('gateway/note.no-sensor');
  return undefined;
}

function switched(message: DeviceMessage, rest: string, channel: string | undefined, metric: string): Decoded {
  const text = wordOf(message.payload)?.toLowerCase() ?? '';
  // the device's power limit has switched the relay off
  if (text === 'overpower')
    return { ok: true, items: [reading(message, { [metric]: false, overpower: true }, channel)] };
  const notes = new MessageNotes();
  const on = Object.hasOwn(words, text) ? words[text] : undefined;
  if (on !== undefined) return { ok: true, items: [reading(message, { [metric]: on }, channel)] };
  notes.problem(rest, note('gateway/note.on-off', { text: quoted(text) }));
  return notes.understood([], true);
}

function reading({ received }: DeviceMessage, values: Record<string, Value>, channel?: string): DecodedReading {
  const data = channel === undefined ? { values } : { values, channel };
  return { kind: 'reading', time: received, timeFromDevice: false, data };
}

function pressed({ payload, received }: DeviceMessage, event: string, channel: string): Decoded {
  const text = wordOf(payload) ?? '';
  const data = { event, channel, value: text.slice(0, 200) };
  return { ok: true, items: [{ kind: 'event', type: eventTypes.state, time: received, data }] };
}

/** A lamp's status as JSON: on or off, brightness, power. */
function lampStatus(message: DeviceMessage, channel: string): Decoded {
  const parsed = parseJson(message.payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused(note('gateway/note.status-no-object'));
  const { ison, brightness, gain } = parsed.value;
  const notes = new MessageNotes(parsed.problems);
  const bright = brightness ?? gain;
  const values = {
    ...(typeof ison === 'boolean' ? { output: ison } : {}),
    ...(bright === undefined ? {} : numberOf(notes, 'brightness', bright, 'brightness_pct')),
  };
  return notes.understood(Object.keys(values).length === 0 ? [] : [reading(message, values, channel)], true);
}

/** The status of a motion sensor or a radiator valve: one JSON object with all values. */
function status(message: DeviceMessage): Decoded {
  const parsed = parseJson(message.payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused(note('gateway/note.status-no-object'));
  const whole = parsed.value;
  const notes = new MessageNotes(parsed.problems);
  const valve = Array.isArray(whole.thermostats) ? (whole.thermostats as readonly Json[])[0] : undefined;
  const values: Record<string, Value> = {};
  for (const key of ['motion', 'vibration'] as const) if (typeof whole[key] === 'boolean') values[key] = whole[key];
  const numbers: readonly (readonly [path: string, value: Json | undefined, metric: string])[] = [
    [
      isJsonObject(whole.lux) ? 'lux.value' : 'lux',
      isJsonObject(whole.lux) ? whole.lux.value : whole.lux,
      'illuminance_lx',
    ],
    [
      isJsonObject(whole.bat) ? 'bat.value' : 'bat',
      isJsonObject(whole.bat) ? whole.bat.value : whole.bat,
      'battery_pct',
    ],
    ['tmp.value', inner(whole, 'tmp', 'value'), 'temperature_c'],
    ['thermostats[0].pos', isJsonObject(valve) ? valve.pos : undefined, 'position_pct'],
    ['thermostats[0].tmp.value', isJsonObject(valve) ? inner(valve, 'tmp', 'value') : undefined, 'temperature_c'],
  ];
  for (const [path, value, metric] of numbers)
    if (value !== undefined) Object.assign(values, numberOf(notes, path, value, metric));
  return notes.understood(Object.keys(values).length === 0 ? [] : [reading(message, values)], true);
}

function inner(value: JsonObject, key: string, within: string): Json | undefined {
  const found = value[key];
  return isJsonObject(found) ? found[within] : undefined;
}

function numberOf(notes: MessageNotes, path: string, value: Json, metric: string): Record<string, Value> {
  const number = notes.number(path, value);
  const unknown = number === undefined ? undefined : notKnown(metric, number);
  if (unknown !== undefined) notes.problem(path, unknown);
  return number === undefined || unknown !== undefined ? {} : { [metric]: number };
}
