/**
 * Forpost's own topics, for devices and scripts that can be told what to say:
 *   forpost/devices/<device>/readings  {"id"?, "time"?, "channel"?, "quality"?, "values": {"power_w": 512.3}}, or a list of them
 *   forpost/devices/<device>/events    {"id"?, "type", "time"?, "data"}, or a list of them
 *   forpost/devices/<device>/commands  what the device may listen to, and consumers that give commands write
 *   forpost/devices/<device>/status    its birth and last will, in its own words: passed on, not read
 *
 * Always: a device's own `id` makes its resends harmless: the same id with the same content (`content`); no number loses
 * a digit before that is decided, nor on its way to the disk; it cannot make an event of the gateway's own types up.
 */
import { eventTypes, type Quality } from '@forpost/shared/event/event.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { exactNumber, isExactNumber } from '@forpost/shared/exact-json.ts';
import type { DeviceConfig } from '../../site/site.ts';
import { distinctName } from '../channel-names.ts';
import { valueProblem } from '../checks.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder } from '../decoder.ts';
import { expectsNumber, isMetric } from '../metrics.ts';
import { Notes } from '../notes.ts';
import { numberInText } from '../numbers.ts';
import { type ExactJson, type ExactObject, isExactObject, parseExactJson, refused } from '../payload.ts';
import { quoted } from '../quoted.ts';
import { readTime } from '../times.ts';
import { scaled } from './scaled.ts';

const qualities: readonly string[] = ['estimated', 'stale', 'implausible', 'bad'] satisfies Quality[];
/** What a device may say in Forpost's own words; alerts, gaps and clocks are the gateway's to tell. */
const allowedTypes: readonly string[] = [eventTypes.state, eventTypes.registerBreak];
const typePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const base = (device: DeviceConfig) => `forpost/devices/${device.topic ?? device.id}`;

export const native: Decoder = {
  name: 'native',
  about: 'Forpost’s own JSON',
  publishFilters: (device) => [`${base(device)}/readings`, `${base(device)}/events`],
  subscribeFilters: (device) => [`${base(device)}/commands`],
  moreTopics: (device) => ({ unread: [`${base(device)}/status`], commands: [`${base(device)}/commands`] }),

  decode({ device, topic, payload, received }): Decoded {
    const decode =
      topic === `${base(device)}/readings` ? reading : topic === `${base(device)}/events` ? event : undefined;
    if (decode === undefined) return refused(`${quoted(topic)} is not one of this device's topics`);
    const parsed = parseExactJson(payload);
    if (!parsed.ok) return parsed;
    const { value, exact, problems } = parsed;
    const notes = new Notes(problems, device.keys);
    if (!Array.isArray(value)) {
      const item = isExactObject(value) ? decode(value, { received, exact, notes, path: '' }) : 'not an object';
      return typeof item === 'string' ? refused(item) : notes.understood([item], true);
    }
    const items: (DecodedReading | DecodedEvent)[] = [];
    let first: string | undefined;
    for (const [index, one] of value.entries()) {
      const path = `[${index}]`;
      const item = isExactObject(one) ? decode(one, { received, exact, notes, path: `${path}.` }) : 'not an object';
      if (typeof item !== 'string') items.push(item);
      else {
        notes.lost(path, item);
        first ??= `entry ${index + 1}: ${item}`;
      }
    }
    // one odd entry costs only itself
    return items.length === 0 && first !== undefined ? refused(first) : notes.understood(items, false);
  },
};

/** One entry of a message: where it stands, and what is noted of it. */
interface Entry {
  readonly received: number;
  /** there may be numbers in it that a double cannot hold */
  readonly exact: boolean;
  readonly notes: Notes;
  /** in front of its fields' names */
  readonly path: string;
}

/** A reading, or why it is none. */
function reading(one: ExactObject, entry: Entry): DecodedReading | string {
  const { values } = one;
  const [id, time, channel, quality] = [one.id, one.time, one.channel, one.quality].map(given);
  if (values === undefined) return '"values" is missing';
  if (!isExactObject(values)) return '"values" is not an object';
  const at = timeOrReceived(time, entry);
  if (typeof at === 'string') return at;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return '"id" is not a text';
  if (channel !== undefined && typeof channel !== 'string') return '"channel" is not a text';
  if (quality !== undefined && !(typeof quality === 'string' && (quality === 'good' || qualities.includes(quality))))
    return `"quality" is not one of good, ${qualities.join(', ')}`;
  const readable = !entry.notes.hasMeanings && allReadable(values) ? values : readableOf(values, entry);
  if (typeof readable === 'string') return readable;
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
    ...(rounded ? { json: JSON.stringify({ values: readable, ...rest }) } : {}),
    ...(named === undefined ? {} : { content: contentOf('reading', time, [channel ?? null, said ?? null], values) }),
  };
}

/** Nearly all readings: numbers and switches under names of metrics. */
function allReadable(values: ExactObject): boolean {
  for (const metric in values) {
    const value = values[metric];
    if (!((typeof value === 'number' || typeof value === 'boolean') && isMetric(metric))) return false;
  }
  return true;
}

/** What of the values is readable, or why nothing is; what is not is noted. */
function readableOf(values: ExactObject, { notes, path }: Entry): ExactObject | string {
  const readable: Record<string, ExactJson> = {};
  let first: string | undefined;
  for (const [name, given] of Object.entries(values)) {
    const at = `${path}values.${name}`;
    // a name that is no metric may have a meaning in the site's file
    const [metric, factor] = notes.meaningOf(`values.${name}`) ?? [name, 1];
    const value = typeof given === 'string' ? textValue(metric, given, at, notes) : given;
    const problem = value === undefined ? notNumber(given) : valueProblem(metric, inDouble(value));
    if (problem === undefined && value !== undefined)
      readable[metric] = typeof value === 'number' && factor !== 1 ? scaled(value, factor) : value;
    else {
      first ??= `${quoted(metric)} ${problem}`;
      notes.problem(at, problem ?? '');
    }
  }
  return first !== undefined && Object.keys(readable).length === 0 ? first : readable;
}

/** What a value that is written as a text says; undefined where its metric wants a number and this may be several. */
function textValue(metric: string, text: string, at: string, notes: Notes): ExactJson | undefined {
  const read = numberInText(text);
  const wantsNumber = expectsNumber(metric);
  if (read.kind === 'ambiguous') return wantsNumber ? undefined : text;
  if (read.kind === 'none') {
    if (noValue.test(text.trim())) return undefined;
    if (wantsNumber) notes.problem(at, `${quoted(text)} is a text, not a number: kept as it is`);
    return text;
  }
  // `007`, `1.10`: of a metric that is no known quantity they may be a name or a version
  if (!wantsNumber && String(read.value) !== read.source) return text;
  if (read.comma) notes.problem(at, `${quoted(text)} has a decimal comma: read as ${read.source}`);
  return jsonNumber.test(read.source) ? (exactNumber(read.source) as ExactJson) : read.value;
}

const noValue = /^(?:[+-]?(?:nan|inf(?:inity)?)|null|)$/i;
/** As JSON writes numbers: no leading zeros, no plus. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function notNumber(given: ExactJson | undefined): string {
  const text = typeof given === 'string' ? given : '';
  return numberInText(text).kind === 'ambiguous'
    ? `${quoted(text)} has a comma that may be a decimal comma or thousands`
    : `${quoted(text)} is no value`;
}

/** Another name than an id is cleaned, and stays apart from all others. */
function channelOf(channel: string, { notes, path }: Entry): string {
  if (isId(channel)) return channel;
  const name = distinctName(channel);
  notes.problem(`${path}channel`, `${quoted(channel)} is not 1 to 64 of a-z, 0-9 and -: it is called ${name}`);
  return name;
}

/** Whoever writes all fields of a record writes null for those that are not set. */
function given(value: ExactJson | undefined): ExactJson | undefined {
  return value ?? undefined;
}

/** An event, or why it is none. */
function event(one: ExactObject, entry: Entry): DecodedEvent | string {
  const { type } = one;
  const [id, time, data] = [one.id, one.time, one.data].map(given);
  if (typeof type !== 'string') return '"type" is missing';
  if (!typePattern.test(type)) return '"type" is not 1 to 100 of a-z, 0-9, ".", "_" and -';
  if (type.startsWith('forpost.') && !allowedTypes.includes(type))
    return `the type ${quoted(type)} is the gateway's own: a device may use ${allowedTypes.join(', ')} or one of its own`;
  const at = timeOrReceived(time, entry);
  if (typeof at === 'string') return at;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return '"id" is not a text';
  if (data !== undefined && !isExactObject(data)) return '"data" is not an object';
  return {
    ...{ kind: 'event', type, time: at.time, data: data ?? {} },
    ...(named === undefined ? {} : { id: named, content: contentOf('event', time, [type], data ?? {}) }),
  };
}

/** A number counts as its digits: 42 and "42" are one id, 9007199254740993 and 9007199254740992 are two. */
function idOf(id: ExactJson | undefined): string | undefined {
  if (isExactNumber(id)) return id.rawJSON;
  return typeof id === 'string' ? id : typeof id === 'number' ? String(id) : undefined;
}

/** As the rules and the newest values know them. */
function inDoubles(values: ExactObject): Record<string, ExactJson> {
  return Object.fromEntries(Object.entries(values).map(([metric, value]) => [metric, inDouble(value)]));
}

function inDouble(value: ExactJson): ExactJson {
  return isExactNumber(value) ? Number(value.rawJSON) : value;
}

/** The device's time counts as it wrote it: two that differ within a ms are two. */
function contentOf(kind: string, time: ExactJson | undefined, more: readonly ExactJson[], of: ExactObject): string {
  return `${JSON.stringify([kind, time ?? null, ...more])}${inOrder(of)}`;
}

/** As JSON, with the keys of each object in order. */
function inOrder(value: ExactJson): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join()}]`;
  if (!isExactObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of Object.keys(value).sort()) text += `${JSON.stringify(key)}:${inOrder(value[key] ?? null)},`;
  return text;
}

/** When it happened, or why nobody can tell. A time in no year of readings is noted, and decides nothing. */
function timeOrReceived(
  time: ExactJson | undefined,
  { received, notes, path }: Entry,
): { readonly time: number; readonly fromDevice: boolean } | string {
  if (time === undefined) return { time: received, fromDevice: false };
  const read = readTime(time);
  if (read.kind === 'time') return { time: read.ms, fromDevice: true };
  if (read.kind === 'none') return `"time" ${read.problem}`;
  notes.oddTime(`${path}time ${read.problem}`);
  return { time: received, fromDevice: false };
}
