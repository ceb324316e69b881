/**
 * Decodes Shelly of all generations. Topics may have several levels.
 *   Second generation and later (shelly-api-docs.shelly.cloud, gen2), with "generic status update over MQTT" and "RPC
 *   status notifications" on: `<topic>/status/<component>`; `<topic>/events/rpc` with NotifyStatus (changed fields only),
 *   NotifyFullStatus and NotifyEvent; `<caller>/rpc` with answers; `<topic>/online`.
 *   First generation: `shellies/<topic>/…` (shelly/first-generation.ts).
 *
 * Always: each component is a channel of its own (shelly/components.ts); a field that cannot be read is dropped alone.
 */

import { eventTypes, type Value } from '@forpost/shared/event/event.ts';
import { message as note } from '@forpost/shared/texts/texts.ts';
import type { DeviceConfig } from '../../site/site.ts';
import { ofField } from '../checks.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder, DeviceMessage, MoreTopics } from '../decoder.ts';
import { MessageNotes } from '../message-notes.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, refused, wordOf } from '../payload.ts';
import { quoted } from '../quoted.ts';
import { readTime } from '../times.ts';
import { channelOf, componentKey, isSilent, valuesOf } from './shelly/components.ts';
import { firstGeneration, isFirstGeneration } from './shelly/first-generation.ts';
import { questionsToShelly, recogniseShelly } from './shelly/recognise.ts';

const name = (device: DeviceConfig) => device.topic ?? device.id;
const firstRoot = 'shellies/';

/** Base topic of the first generation: `shellies/<id>`; the configured topic may leave `shellies/` out. */
const firstBase = (device: DeviceConfig) =>
  name(device).startsWith(firstRoot) ? name(device) : `${firstRoot}${name(device)}`;

/**
 * Topics beyond readings (gen2/ComponentsAndServices/Mqtt, gen2/General/RPCChannels; gen1:
 * shelly-api-docs.shelly.cloud/gen1, #mqtt-support). The device answers an RPC on `<src>/rpc`, a topic that the caller
 * chooses. The first generation has all topics under `shellies/<id>`, those of commands included.
 */
function moreTopics(device: DeviceConfig): MoreTopics {
  const [own, first] = [name(device), firstBase(device)];
  const answers = ['+/rpc', '+/+/rpc'];
  return {
    unread: [`${own}/debug/#`, `${own}/announce`, `${own}/info`, `${own}/status`],
    shared: ['shellies/announce', ...answers],
    readShared: answers,
    commands: [
      ...[`${own}/rpc`, `${own}/command`, `${own}/command/#`, `${first}/command`, 'shellies/command'],
      ...[`${first}/+/+/command`, `${first}/+/+/command/#`, `${first}/+/+/set`],
    ],
  };
}

export const shelly: Decoder = {
  name: 'shelly',
  about: 'Shelly of all generations',
  // shared by all devices of the first generation
  reserves: (topic) => topic === 'shellies',
  publishFilters: (device) => [
    ...['status/#', 'events/rpc', 'online'].map((rest) => `${name(device)}/${rest}`),
    `${firstBase(device)}/#`,
  ],
  subscribeFilters: (device) => [
    ...['rpc', 'command', 'command/#'].map((rest) => `${name(device)}/${rest}`),
    ...['shellies/command', `${firstBase(device)}/#`],
  ],
  moreTopics,
  recognise: recogniseShelly,
  questions: questionsToShelly,

  decode(message): Decoded {
    const { topic, device } = message;
    const rest = restOf(topic, name(device));
    // an answer comes on a topic of the caller, outside the device's own topics
    if (rest === undefined || rest === 'rpc')
      return topic.endsWith('/rpc')
        ? notification(message)
        : refused(note('gateway/note.other-topic', { topic: quoted(topic) }));
    if (rest === 'online') return online(message);
    if (rest === 'events/rpc') return notification(message);
    if (isFirstGeneration(rest) && !rest.startsWith('status/')) return firstGeneration(message, rest);
    const [key, type = ''] = rest.startsWith('status/') ? (componentKey.exec(rest.slice('status/'.length)) ?? []) : [];
    return key === undefined || isSilent(type) ? { ok: true, items: [] } : status(message, key);
  },
};

/** The topic without the device's base topic, of its own generation or of the first; undefined for other topics. */
function restOf(topic: string, own: string): string | undefined {
  for (const begin of [`${own}/`, `${firstRoot}${own}/`]) if (topic.startsWith(begin)) return topic.slice(begin.length);
  return undefined;
}

function status({ device, payload, received }: DeviceMessage, key: string): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused(note('gateway/note.status-of-no-object', { name: key }));
  return readings({ [key]: parsed.value }, received, false, new MessageNotes(parsed.problems, device.keys));
}

/** A notification, or the answer to a call. */
function notification({ device, payload, received }: DeviceMessage): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refused(note('gateway/note.notification-no-object'));
  const { method, params, result, error } = parsed.value;
  const notes = new MessageNotes(parsed.problems, device.keys);
  if (typeof method !== 'string' && (isJsonObject(result) || isJsonObject(error)))
    return answer(result, error, received, notes);
  if (typeof method !== 'string' || !isJsonObject(params)) return refused(note('gateway/note.no-method'));
  if (method === 'NotifyEvent') return notes.understood(events(params, received, notes), false);
  if (method !== 'NotifyStatus' && method !== 'NotifyFullStatus') return { ok: true, items: [] };
  const own = timeIn(params.ts, 'params.ts', notes);
  return readings(params, own ?? received, own !== undefined, notes);
}

/** The answer to a call. Only components with their names are read: the method of the call is not known here. */
function answer(result: Json | undefined, error: Json | undefined, received: number, notes: MessageNotes): Decoded {
  if (isJsonObject(error)) {
    notes.problem(
      'error',
      typeof error.message === 'string'
        ? note('gateway/note.device-answers', { text: quoted(error.message) })
        : note('gateway/note.device-answers-nothing'),
    );
  }
  return isJsonObject(result) ? readings(result, received, false, notes) : notes.understood([], false);
}

/** The device's own time. Before its clock is set, ts is null or a few seconds. */
function timeIn(value: Json | undefined, path: string, notes: MessageNotes): number | undefined {
  if (value === undefined || value === null) return undefined;
  const read = readTime(value);
  if (read.kind === 'time') return read.ms;
  if (read.kind === 'odd') notes.oddTime(ofField(path, read.problem));
  else notes.problem(path, read.problem);
  return undefined;
}

/** One reading a component; `em:0` and `emdata:0` are one. */
function readings(components: JsonObject, time: number, timeFromDevice: boolean, notes: MessageNotes): Decoded {
  const byChannel = new Map<string, Record<string, Value>>();
  let measures = false;
  for (const [key, value] of Object.entries(components)) {
    const [, type = '', id = ''] = componentKey.exec(key) ?? [];
    if (type === '' || isSilent(type)) continue;
    measures = true;
    if (!isJsonObject(value)) {
      notes.problem(key, note('gateway/note.no-json-object'));
      continue;
    }
    const channel = channelOf(type, id);
    byChannel.set(channel, { ...byChannel.get(channel), ...valuesOf(type, value, key, notes) });
  }
  const items = [...byChannel].flatMap(([channel, values]): DecodedReading[] =>
    Object.keys(values).length === 0
      ? []
      : [{ kind: 'reading', time, timeFromDevice, data: channel === '' ? { values } : { values, channel } }],
  );
  return notes.understood(items, measures);
}

function events(params: JsonObject, received: number, notes: MessageNotes): DecodedEvent[] {
  const list = Array.isArray(params.events) ? (params.events as readonly Json[]) : [];
  return list.flatMap((one, index): DecodedEvent[] => {
    const path = `params.events[${index}]`;
    if (!isJsonObject(one) || typeof one.event !== 'string') {
      notes.problem(path, note('gateway/note.no-event'));
      return [];
    }
    const { event, component: from, data } = one;
    const time = timeIn(one.ts, `${path}.ts`, notes) ?? timeIn(params.ts, 'params.ts', notes) ?? received;
    const stored = {
      event,
      ...(typeof from === 'string' ? { component: from } : {}),
      ...(data === undefined ? {} : { data }),
    };
    return [{ kind: 'event', type: eventTypes.state, time, data: stored }];
  });
}

function online({ payload, received }: DeviceMessage): Decoded {
  const text = wordOf(payload)?.toLowerCase();
  if (text !== 'true' && text !== 'false') return refused(note('gateway/note.online'));
  return {
    ok: true,
    items: [{ kind: 'event', type: eventTypes.state, time: received, data: { online: text === 'true' } }],
  };
}
