/**
 * Forpost's own topics, for devices and scripts that can be told what to say:
 *   forpost/devices/<device>/readings  {"id"?, "time"?, "channel"?, "quality"?, "values": {"power_w": 512.3}}, or a list of them
 *   forpost/devices/<device>/events    {"id"?, "type", "time"?, "data"}, or a list of them
 *   forpost/devices/<device>/commands  what the device may listen to
 *
 * Always: a device's own `id` makes its resends harmless; it cannot make an event of the gateway's own types up.
 */
import { eventTypes, type Quality } from '@forpost/shared/event/event.ts';
import type { DeviceConfig } from '../../site/site.ts';
import type { Decoded, DecodedEvent, DecodedReading, Decoder } from '../decoder.ts';
import { isJsonObject, type Json, type JsonObject, parseJson, quoted, refused, timeOf } from '../payload.ts';

const qualities: readonly string[] = ['estimated', 'stale', 'implausible', 'bad'] satisfies Quality[];
/** What a device may say in Forpost's own words; alerts, gaps and clocks are the gateway's to tell. */
const allowedTypes: readonly string[] = [eventTypes.state, eventTypes.registerBreak];
const typePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

const base = (device: DeviceConfig) => `forpost/devices/${device.topic ?? device.id}`;

export const native: Decoder = {
  name: 'native',
  publishFilters: (device) => [`${base(device)}/readings`, `${base(device)}/events`],
  subscribeFilters: (device) => [`${base(device)}/commands`],

  decode({ device, topic, payload, received }): Decoded {
    const decode =
      topic === `${base(device)}/readings` ? reading : topic === `${base(device)}/events` ? event : undefined;
    if (decode === undefined) return refused(`${quoted(topic)} is not one of this device's topics`);
    const parsed = parseJson(payload);
    if (!parsed.ok) return parsed;
    const several = Array.isArray(parsed.value);
    const items: (DecodedReading | DecodedEvent)[] = [];
    for (const [index, one] of (several ? (parsed.value as readonly Json[]) : [parsed.value]).entries()) {
      const where = several ? `entry ${index + 1}: ` : '';
      if (!isJsonObject(one)) return refused(`${where}not an object`);
      const item = decode(one, received);
      if (typeof item === 'string') return refused(where + item);
      items.push(item);
    }
    return { ok: true, items };
  },
};

/** A reading, or why it is none. */
function reading(one: JsonObject, received: number): DecodedReading | string {
  const { id, time, channel, quality, values } = one;
  if (values === undefined) return '"values" is missing';
  if (!isJsonObject(values)) return '"values" is not an object';
  const at = timeOrReceived(time, received);
  if (at === undefined) return notATime;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return '"id" is not a text';
  if (channel !== undefined && typeof channel !== 'string') return '"channel" is not a text';
  if (quality !== undefined && !(typeof quality === 'string' && (quality === 'good' || qualities.includes(quality))))
    return `"quality" is not one of good, ${qualities.join(', ')}`;
  return {
    kind: 'reading',
    time: at,
    timeFromDevice: time !== undefined,
    data: {
      values: values as DecodedReading['data']['values'],
      ...(channel === undefined ? {} : { channel }),
      ...(quality === undefined || quality === 'good' ? {} : { quality: quality as Quality }),
      ...(id === undefined ? {} : { id: String(id) }),
    },
  };
}

/** An event, or why it is none. */
function event(one: JsonObject, received: number): DecodedEvent | string {
  const { id, type, time, data } = one;
  if (typeof type !== 'string') return '"type" is missing';
  if (!typePattern.test(type)) return '"type" is not 1 to 100 of a-z, 0-9, ".", "_" and -';
  if (type.startsWith('forpost.') && !allowedTypes.includes(type))
    return `the type ${quoted(type)} is the gateway's own: a device may use ${allowedTypes.join(', ')} or one of its own`;
  const at = timeOrReceived(time, received);
  if (at === undefined) return notATime;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return '"id" is not a text';
  if (data !== undefined && !isJsonObject(data)) return '"data" is not an object';
  return { kind: 'event', type, time: at, data: data ?? {}, ...(id === undefined ? {} : { id: String(id) }) };
}

const notATime =
  '"time" is not an RFC 3339 time with its zone (2026-01-31T12:00:00Z) or ms since 1970, within the years 2000 to 2100';

function timeOrReceived(time: Json | undefined, received: number): number | undefined {
  return time === undefined ? received : timeOf(time);
}
