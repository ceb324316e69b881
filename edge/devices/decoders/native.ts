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
import { isExactNumber } from '@forpost/shared/exact-json.ts';
import type { DeviceConfig } from '../../site/site.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder } from '../decoder.ts';
import {
  type ExactJson,
  type ExactObject,
  isExactObject,
  parseExactJson,
  quoted,
  refused,
  timeOf,
} from '../payload.ts';

const qualities: readonly string[] = ['estimated', 'stale', 'implausible', 'bad'] satisfies Quality[];
/** What a device may say in Forpost's own words; alerts, gaps and clocks are the gateway's to tell. */
const allowedTypes: readonly string[] = [eventTypes.state, eventTypes.registerBreak];
const typePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const base = (device: DeviceConfig) => `forpost/devices/${device.topic ?? device.id}`;

export const native: Decoder = {
  name: 'native',
  publishFilters: (device) => [`${base(device)}/readings`, `${base(device)}/events`],
  subscribeFilters: (device) => [`${base(device)}/commands`],
  moreTopics: (device) => ({ unread: [`${base(device)}/status`], commands: [`${base(device)}/commands`] }),

  decode({ device, topic, payload, received }): Decoded {
    const decode =
      topic === `${base(device)}/readings` ? reading : topic === `${base(device)}/events` ? event : undefined;
    if (decode === undefined) return refused(`${quoted(topic)} is not one of this device's topics`);
    const parsed = parseExactJson(payload);
    if (!parsed.ok) return parsed;
    const several = Array.isArray(parsed.value);
    const items: (DecodedReading | DecodedEvent)[] = [];
    for (const [index, one] of (several ? (parsed.value as readonly ExactJson[]) : [parsed.value]).entries()) {
      const where = several ? `entry ${index + 1}: ` : '';
      if (!isExactObject(one)) return refused(`${where}not an object`);
      const item = decode(one, received, parsed.exact);
      if (typeof item === 'string') return refused(where + item);
      items.push(item);
    }
    return { ok: true, items };
  },
};

/** A reading, or why it is none. `exact`: there may be numbers in it that a double cannot hold. */
function reading(one: ExactObject, received: number, exact: boolean): DecodedReading | string {
  const { id, time, channel, quality, values } = one;
  if (values === undefined) return '"values" is missing';
  if (!isExactObject(values)) return '"values" is not an object';
  const at = timeOrReceived(time, received);
  if (at === undefined) return notATime;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return '"id" is not a text';
  if (channel !== undefined && typeof channel !== 'string') return '"channel" is not a text';
  if (quality !== undefined && !(typeof quality === 'string' && (quality === 'good' || qualities.includes(quality))))
    return `"quality" is not one of good, ${qualities.join(', ')}`;
  const said = quality === 'good' ? undefined : quality;
  const rest = {
    ...(channel === undefined ? {} : { channel }),
    ...(said === undefined ? {} : { quality: said as Quality }),
    ...(named === undefined ? {} : { id: named }),
  };
  const rounded = exact && Object.values(values).some(isExactNumber);
  return {
    kind: 'reading',
    time: at,
    timeFromDevice: time !== undefined,
    data: { values: (rounded ? inDoubles(values) : values) as DecodedReading['data']['values'], ...rest },
    ...(rounded ? { json: JSON.stringify({ values, ...rest }) } : {}),
    ...(named === undefined ? {} : { content: contentOf('reading', time, [channel ?? null, said ?? null], values) }),
  };
}

/** An event, or why it is none. */
function event(one: ExactObject, received: number): DecodedEvent | string {
  const { id, type, time, data } = one;
  if (typeof type !== 'string') return '"type" is missing';
  if (!typePattern.test(type)) return '"type" is not 1 to 100 of a-z, 0-9, ".", "_" and -';
  if (type.startsWith('forpost.') && !allowedTypes.includes(type))
    return `the type ${quoted(type)} is the gateway's own: a device may use ${allowedTypes.join(', ')} or one of its own`;
  const at = timeOrReceived(time, received);
  if (at === undefined) return notATime;
  const named = idOf(id);
  if (id !== undefined && named === undefined) return '"id" is not a text';
  if (data !== undefined && !isExactObject(data)) return '"data" is not an object';
  return {
    ...{ kind: 'event', type, time: at, data: data ?? {} },
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
  return Object.fromEntries(
    Object.entries(values).map(([metric, value]) => [metric, isExactNumber(value) ? Number(value.rawJSON) : value]),
  );
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

const notATime =
  '"time" is not an RFC 3339 time with its zone (2026-01-31T12:00:00Z) or ms since 1970, within the years 2000 to 2100';

function timeOrReceived(time: ExactJson | undefined, received: number): number | undefined {
  return time === undefined ? received : timeOf(time);
}
