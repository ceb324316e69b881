/**
 * Decodes Forpost's own topics, for devices and scripts whose messages the installer can choose:
 *   forpost/devices/<device>/readings  {"id"?, "time"?, "channel"?, "quality"?, "values": {"power_w": 512.3}}, or a list of them
 *   forpost/devices/<device>/events    {"id"?, "type", "time"?, "data"}, or a list of them
 *   forpost/devices/<device>/commands  the device subscribes, consumers that give commands publish
 *   forpost/devices/<device>/status    birth and last will in any form: delivered, not decoded
 *
 * A bridge sends the same under its own id, and names the device of each entry in "device": an entry without one is the
 * bridge's own. What it knows of the devices behind it, it says in a list of all of them:
 *   forpost/devices/<bridge>/devices   [{"device": "s1", "address"?, "model"?, "reachable"?}, …], best retained
 *
 * Always: a reading with a known `id` and the same content (`content`) is a resend. No number loses a digit before this
 * comparison, nor on its way to the disk. A device cannot send events of the gateway's own types.
 */

import { eventTypes, type Quality } from '@forpost/shared/event/event.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { exactNumber, isExactNumber } from '@forpost/shared/exact-json.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { type DeviceConfig, longestSource } from '../../site/site.ts';
import { distinctName } from '../channel-names.ts';
import { ofField, valueProblem } from '../checks.ts';
import type { BridgedDevice, Decoded, DecodedEvent, DecodedReading, Decoder } from '../decoder.ts';
import { decimalComma, MessageNotes } from '../message-notes.ts';
import { expectsNumber, isMetric } from '../metrics.ts';
import { numberInText } from '../numbers.ts';
import {
  type ExactJson,
  type ExactObject,
  isExactObject,
  isJsonObject,
  type Json,
  parseExactJson,
  parseJson,
  refused,
} from '../payload.ts';
import { quoted } from '../quoted.ts';
import { readTime } from '../times.ts';
import { recogniseNative } from './native-recognise.ts';
import { scaled } from './scaled.ts';

const qualities: readonly string[] = ['estimated', 'stale', 'implausible', 'bad'] satisfies Quality[];
/** Types of Forpost that a device may use; alerts, gaps and clock events come from the gateway alone. */
const allowedTypes: readonly string[] = [eventTypes.state, eventTypes.registerBreak];
const typePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const noObject = message('gateway/note.no-object');
const base = (device: DeviceConfig) => `forpost/devices/${device.topic ?? device.id}`;

export const native: Decoder = {
  name: 'native',
  about: 'Forpost’s own JSON',
  bridge: 'also',
  publishFilters: (device) => [`${base(device)}/readings`, `${base(device)}/events`],
  subscribeFilters: (device) => [`${base(device)}/commands`],
  moreTopics: (device) => ({ unread: [`${base(device)}/status`], commands: [`${base(device)}/commands`] }),
  recognise: recogniseNative,
  bridgeFilters: (bridge) => [`${base(bridge)}/devices`],

  decode({ device, topic, payload, received, bridge }): Decoded {
    if (bridge !== undefined && topic === `${base(device)}/devices`) return inventory(payload);
    const decode =
      topic === `${base(device)}/readings` ? reading : topic === `${base(device)}/events` ? event : undefined;
    if (decode === undefined) return refused(message('gateway/note.other-topic', { topic: quoted(topic) }));
    const parsed = parseExactJson(payload);
    if (!parsed.ok) return parsed;
    const { value, exact, problems } = parsed;
    const notes = new MessageNotes(problems, device.keys);
    const isBridge = bridge !== undefined;
    if (!Array.isArray(value)) {
      const item = isExactObject(value) ? decode(value, { received, exact, notes, isBridge, path: '' }) : noObject;
      return 'key' in item ? refused(item) : notes.understood([item], true);
    }
    const items: (DecodedReading | DecodedEvent)[] = [];
    let first: Message | undefined;
    for (const [index, one] of value.entries()) {
      const path = `[${index}]`;
      const item = isExactObject(one) ? decode(one, { received, exact, notes, isBridge, path: `${path}.` }) : noObject;
      if (!('key' in item)) items.push(item);
      else {
        notes.lost(path, item);
        first ??= message('gateway/note.entry', { index: index + 1, problem: item });
      }
    }
    // an invalid entry is dropped alone
    return items.length === 0 && first !== undefined ? refused(first) : notes.understood(items, false);
  },
};

/** The context of one entry of a message: its place, and the notes. */
interface Entry {
  readonly received: number;
  /** the entry may have numbers that a double cannot hold */
  readonly exact: boolean;
  readonly isBridge: boolean;
  readonly notes: MessageNotes;
  /** prefix of its fields' paths */
  readonly path: string;
}

/** A reading, or the reason of its refusal. */
function reading(one: ExactObject, entry: Entry): DecodedReading | Message {
  const { values } = one;
  const [id, time, channel, quality] = [one.id, one.time, one.channel, one.quality].map(given);
  if (values === undefined) return message('gateway/note.values-missing');
  if (!isExactObject(values)) return message('gateway/note.key-no-object', { key: 'values' });
  const at = timeOrReceived(time, entry);
  if ('key' in at) return at;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return message('gateway/note.no-text', { key: 'id' });
  if (channel !== undefined && typeof channel !== 'string') return message('gateway/note.no-text', { key: 'channel' });
  if (quality !== undefined && !(typeof quality === 'string' && (quality === 'good' || qualities.includes(quality))))
    return message('gateway/note.quality', { names: ['good', ...qualities].join(', ') });
  const some = !entry.notes.hasMeanings && allReadable(values) ? undefined : readableOf(values, entry);
  if (some?.refusal !== undefined) return some.refusal;
  const readable = some?.readable ?? values;
  const said = quality === 'good' ? undefined : quality;
  const rest = {
    ...(channel === undefined ? {} : { channel: channelOf(channel, entry) }),
    ...(said === undefined ? {} : { quality: said as Quality }),
    ...(named === undefined ? {} : { id: named }),
  };
  const rounded = Object.values(readable).some(isExactNumber);
  return {
    kind: 'reading',
    time: at.time,
    timeFromDevice: at.fromDevice,
    data: { values: (rounded ? inDoubles(readable) : readable) as DecodedReading['data']['values'], ...rest },
    ...ofDevice(one.device, entry),
    ...(rounded ? { json: JSON.stringify({ values: readable, ...rest }) } : {}),
    ...(named === undefined ? {} : { content: contentOf('reading', time, [channel ?? null, said ?? null], values) }),
  };
}

/** The device behind the bridge that an entry is of. A log-in that is no bridge speaks for itself alone. */
function ofDevice(device: ExactJson | undefined, { isBridge, notes, path }: Entry): Pick<DecodedReading, 'device'> {
  if (device === undefined || device === null) return itself;
  // an empty name is refused with its entry (checks.ts): the value belongs to no known device
  if (isBridge) return { device: idOf(device) ?? '' };
  notes.problem(`${path}device`, message('gateway/note.no-bridge'));
  return itself;
}

const itself: Pick<DecodedReading, 'device'> = {};

/** The list of all devices behind a bridge. An entry without a name is left out, and noted. */
function inventory(payload: Uint8Array): Decoded {
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  if (!Array.isArray(parsed.value)) return refused(message('gateway/note.no-list'));
  const notes = new MessageNotes(parsed.problems);
  const devices = (parsed.value as readonly Json[]).flatMap((one, index): BridgedDevice[] => {
    const name = isJsonObject(one) ? idOf(one.device as ExactJson) : undefined;
    if (!isJsonObject(one) || name === undefined || name === '' || name.length > longestSource) {
      notes.problem(`[${index}].device`, message('gateway/note.device-name', { count: longestSource }));
      return [];
    }
    const { address, model, reachable } = one;
    return [
      {
        name,
        ...(typeof address === 'string' && address !== '' ? { address } : {}),
        ...(typeof model === 'string' ? { model } : {}),
        ...(typeof reachable === 'boolean' ? { reachable } : {}),
      },
    ];
  });
  return { ...notes.understood([], false), bridge: { devices, complete: 'devices' } };
}

/** The fast path for nearly all readings: numbers and booleans under names of metrics. */
function allReadable(values: ExactObject): boolean {
  for (const metric in values) {
    const value = values[metric];
    if (!((typeof value === 'number' || typeof value === 'boolean') && isMetric(metric))) return false;
  }
  return true;
}

/** The readable values; `refusal`: the reason where none is readable. The others are noted. */
function readableOf(
  values: ExactObject,
  { notes, path }: Entry,
): { readonly readable: ExactObject; readonly refusal?: Message } {
  const readable: Record<string, ExactJson> = {};
  let first: Message | undefined;
  for (const [name, given] of Object.entries(values)) {
    const at = `${path}values.${name}`;
    // site.yaml may give a meaning to a name that is not a metric
    const [metric, factor] = notes.meaningOf(`values.${name}`) ?? [name, 1];
    const value = typeof given === 'string' ? textValue(metric, given, at, notes) : given;
    const problem = value === undefined ? notNumber(given) : valueProblem(metric, inDouble(value));
    if (problem === undefined && value !== undefined)
      readable[metric] = typeof value === 'number' && factor !== 1 ? scaled(value, factor) : value;
    else {
      const why = problem ?? notNumber(given);
      first ??= ofField(quoted(metric), why);
      notes.problem(at, why);
    }
  }
  return first !== undefined && Object.keys(readable).length === 0 ? { readable, refusal: first } : { readable };
}

/** The value of a text; undefined where the metric expects a number and the text has none, or has two meanings. */
function textValue(metric: string, text: string, at: string, notes: MessageNotes): ExactJson | undefined {
  const read = numberInText(text);
  const wantsNumber = expectsNumber(metric);
  if (read.kind === 'ambiguous') return wantsNumber ? undefined : text;
  if (read.kind === 'none') {
    if (noValue.test(text.trim())) return undefined;
    if (wantsNumber) notes.problem(at, message('gateway/note.kept-text', { text: quoted(text) }));
    return text;
  }
  // under a name that is no known quantity, `007` and `1.10` may be a name or a version
  if (!wantsNumber && String(read.value) !== read.source) return text;
  if (read.comma) notes.problem(at, decimalComma(text, read.source));
  return jsonNumber.test(read.source) ? (exactNumber(read.source) as ExactJson) : read.value;
}

const noValue = /^(?:[+-]?(?:nan|inf(?:inity)?)|null|)$/i;
/** A number in JSON's grammar: no leading zeros, no plus. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function notNumber(given: ExactJson | undefined): Message {
  const text = typeof given === 'string' ? given : '';
  return numberInText(text).kind === 'ambiguous'
    ? message('gateway/note.comma-unclear', { text: quoted(text) })
    : message('gateway/note.not-a-value', { text: quoted(text) });
}

/** The channel's id. A name that is not an id is cleaned and gets a hash, so that no other name gets the same id. */
function channelOf(channel: string, { notes, path }: Entry): string {
  if (isId(channel)) return channel;
  const name = distinctName(channel);
  notes.problem(`${path}channel`, message('gateway/note.channel-renamed', { text: quoted(channel), name }));
  return name;
}

/** Reads null as absent: some devices write every field of a record, with null for those that are not set. */
function given(value: ExactJson | undefined): ExactJson | undefined {
  return value ?? undefined;
}

/** An event, or the reason of its refusal. */
function event(one: ExactObject, entry: Entry): DecodedEvent | Message {
  const { type } = one;
  const [id, time, data] = [one.id, one.time, one.data].map(given);
  if (typeof type !== 'string') return message('gateway/note.type-missing');
  if (!typePattern.test(type)) return message('gateway/note.type');
  if (type.startsWith('forpost.') && !allowedTypes.includes(type))
    return message('gateway/note.type-own', { type: quoted(type), names: allowedTypes.join(', ') });
  const at = timeOrReceived(time, entry);
  if ('key' in at) return at;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return message('gateway/note.no-text', { key: 'id' });
  if (data !== undefined && !isExactObject(data)) return message('gateway/note.key-no-object', { key: 'data' });
  return {
    kind: 'event',
    type,
    time: at.time,
    data: data ?? {},
    ...ofDevice(one.device, entry),
    ...(named === undefined ? {} : { id: named, content: contentOf('event', time, [type], data ?? {}) }),
  };
}

/** An id as text. A number counts by its digits: 42 and "42" are one id, 9007199254740993 and 9007199254740992 are two. */
function idOf(id: ExactJson | undefined): string | undefined {
  if (isExactNumber(id)) return id.rawJSON;
  return typeof id === 'string' ? id : typeof id === 'number' ? String(id) : undefined;
}

/** The values as doubles, for the rules and the newest values. */
function inDoubles(values: ExactObject): Record<string, ExactJson> {
  return Object.fromEntries(Object.entries(values).map(([metric, value]) => [metric, inDouble(value)]));
}

function inDouble(value: ExactJson): ExactJson {
  return isExactNumber(value) ? Number(value.rawJSON) : value;
}

/** See `Resendable`. The device's time enters as written: two times that differ by less than 1 ms differ here. */
function contentOf(kind: string, time: ExactJson | undefined, more: readonly ExactJson[], of: ExactObject): string {
  return `${JSON.stringify([kind, time ?? null, ...more])}${inOrder(of)}`;
}

/** JSON with the keys of each object sorted. */
function inOrder(value: ExactJson): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join()}]`;
  if (!isExactObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of Object.keys(value).sort()) text += `${JSON.stringify(key)}:${inOrder(value[key] ?? null)},`;
  return text;
}

/** The entry's time, or the reason of its refusal. An implausible time is noted, and the time of receipt is used. */
function timeOrReceived(
  time: ExactJson | undefined,
  { received, notes, path }: Entry,
): { readonly time: number; readonly fromDevice: boolean } | Message {
  if (time === undefined) return { time: received, fromDevice: false };
  const read = readTime(time);
  if (read.kind === 'time') return { time: read.ms, fromDevice: true };
  if (read.kind === 'none') return ofField('"time"', read.problem);
  notes.oddTime(ofField(`${path}time`, read.problem));
  return { time: received, fromDevice: false };
}
