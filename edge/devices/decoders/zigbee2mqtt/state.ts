/**
 * Reads the values of one Zigbee device: `{"temperature": 21.5, "battery": 97, "voltage": 3000, "linkquality": 120}`.
 *
 * Always: a null is a value that the device has not sent yet, and is no problem. `last_seen` is the device's own time, so
 * that values that the bridge repeats from memory at its start do not look new. A button (`action`) is an event.
 */

import type { Value } from '@forpost/shared/event/event.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { channelId } from '../../channel-names.ts';
import { ofField } from '../../checks.ts';
import type { DecodedEvent, DecodedReading } from '../../decoder.ts';
import type { MessageNotes } from '../../message-notes.ts';
import type { Json, JsonObject } from '../../payload.ts';
import { quoted } from '../../quoted.ts';
import { readTime } from '../../times.ts';
import { scaled } from '../scaled.ts';
import { valuesBySiteKeys } from '../site-keys.ts';
import { meaningOf } from './properties.ts';

export interface StateMessage {
  /** the device's friendly name */
  readonly name: string;
  readonly values: JsonObject;
  readonly notes: MessageNotes;
  /** units by property, where the bridge has named them */
  readonly units: Readonly<Record<string, string>> | undefined;
  readonly received: number;
}

type Item = DecodedReading | DecodedEvent;

const states: Readonly<Record<string, boolean>> = { ON: true, OFF: false };
const longestAction = 100;

export function stateItems({ name, values, notes, units = {}, received }: StateMessage): {
  readonly items: readonly Item[];
  /** whether the message has measured values */
  readonly carriesValues: boolean;
} {
  const own = ownTime(values.last_seen, notes);
  const time = own ?? received;
  const byChannel = new Map<string, Record<string, Value>>();
  const events: DecodedEvent[] = [];
  let carriesValues = false;
  const isBatteryPowered = values.battery !== undefined;
  for (const [property, value] of Object.entries(values)) {
    if (value === null) continue;
    const unit = Object.hasOwn(units, property) ? units[property] : undefined;
    const meaning = notes.meaningOf(property) === undefined ? meaningOf(property, unit, isBatteryPowered) : ofSite;
    if (meaning.kind === 'none') continue;
    if (meaning.kind === 'action') {
      const data = actionOf(value, meaning.channel);
      if (data !== undefined) events.push({ kind: 'event', type: eventTypes.state, time, data, device: name });
      continue;
    }
    carriesValues ||= typeof value !== 'string' || meaning.kind !== 'unknown';
    const channel = 'channel' in meaning && meaning.channel !== undefined ? channelId(meaning.channel) : '';
    const into = byChannel.get(channel) ?? {};
    byChannel.set(channel, into);
    // the first of two properties with one meaning counts: `illuminance_lux` beside `illuminance`
    for (const [metric, read] of Object.entries(readAs(meaning, property, value, notes))) into[metric] ??= read;
  }
  const readings = [...byChannel].flatMap(([channel, read]): DecodedReading[] => {
    if (Object.keys(read).length === 0) return [];
    const data = { values: read, ...(channel === '' ? {} : { channel }) };
    return [{ kind: 'reading', time, timeFromDevice: own !== undefined, data, device: name }];
  });
  return { items: [...readings, ...events], carriesValues };
}

const ofSite = { kind: 'unknown' } as const;

function readAs(
  meaning: Exclude<ReturnType<typeof meaningOf>, { kind: 'none' | 'action' }>,
  property: string,
  value: Json,
  notes: MessageNotes,
): Record<string, Value> {
  if (meaning.kind === 'unknown') return valuesBySiteKeys(property, value, notes);
  if (meaning.kind === 'number') {
    const number = notes.number(property, value);
    return number === undefined ? {} : { [meaning.metric]: scaled(number, meaning.factor) };
  }
  const on = typeof value === 'string' && Object.hasOwn(states, value) ? states[value] : value;
  if (typeof on === 'boolean') return { [meaning.metric]: on };
  // a cover's state is OPEN or CLOSE, a lock's LOCK: its position and lock_state say the same
  if (typeof value !== 'string')
    notes.problem(property, message('gateway/note.no-switch', { text: quotedValue(value) }));
  return {};
}

function quotedValue(value: Json): string {
  return quoted(JSON.stringify(value));
}

/** Zigbee2MQTT before 2.0 sends an empty action after each one. */
function actionOf(value: Json, channel: string | undefined): DecodedEvent['data'] | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return { action: value.slice(0, longestAction).toWellFormed(), ...(channel === undefined ? {} : { channel }) };
}

/** `last_seen`: ms since 1970, or a time with its zone; undefined where it is off or a local time without a zone. */
function ownTime(value: Json | undefined, notes: MessageNotes): number | undefined {
  if (value === undefined || value === null) return undefined;
  const read = readTime(value);
  if (read.kind === 'time') return read.ms;
  if (read.kind === 'odd') notes.oddTime(ofField('last_seen', read.problem));
  else if (read.zoneless !== true) notes.problem('last_seen', read.problem);
  return undefined;
}
