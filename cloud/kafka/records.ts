/**
 * Reads the event in a record of a lane's topic, for ingest, the notifier, rebuild and replay.
 *
 * Always: a record whose key is not the gateway of its event is refused, because no gateway speaks for another. Key, id,
 * `source`, `site` and `subject` of an event agree.
 */
import { type Decoded, decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { KafkaMessage } from 'kafkajs';
import { unreadableHeader } from './codecs.ts';

const longestKey = 80;

/** The event, or the reason in words why the record holds none. */
export function eventOf({ key, value, headers }: Pick<KafkaMessage, 'key' | 'value' | 'headers'>): Decoded {
  const unreadable = headers?.[unreadableHeader];
  if (unreadable !== undefined) return { ok: false, reason: String(unreadable) };
  if (value === null) return { ok: false, reason: words('centre/reason.empty-record') };
  const decoded = decodeEvent(value);
  const owner = key?.toString();
  if (!decoded.ok) return decoded;
  const contradiction = attributeProblem(decoded.event);
  if (contradiction !== undefined) return { ok: false, reason: contradiction };
  if (owner === undefined || owner === decoded.event.gateway) return decoded;
  const { gateway } = decoded.event;
  return { ok: false, reason: words('centre/reason.other-key', { key: owner.slice(0, longestKey), gateway }) };
}

/** Longest attribute that lists and indexes hold. No gateway sends longer ones. */
const longestAttribute = 200;
/**
 * Most values in an event, nested ones included; no gateway sends so many. A value of a few bytes of JSON takes forty
 * in memory.
 */
const mostParts = 100_000;

/** Why an event's attributes or its number of values are refused, in words; undefined where they are accepted. */
export function attributeProblem(event: ForpostEvent): string | undefined {
  for (const name of ['type', 'boot', 'time', 'received'] as const)
    if (event[name].length > longestAttribute)
      return words('centre/reason.long-attribute', {
        name,
        count: String(longestAttribute),
        text: quoted(event[name]),
      });
  if (partsOf(event, mostParts) > mostParts) return words('centre/reason.many-parts', { count: String(mostParts) });
  return sourceProblem(event);
}

/** The number of values in `value`, lists and objects included; counted no further than `most`. */
function partsOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    count += partsOf(inner, most - count);
    if (count > most) break;
  }
  return count;
}

/** Why an event's `source` contradicts its other attributes, in words; undefined where it agrees. */
function sourceProblem({ source, site, gateway, subject }: ForpostEvent): string | undefined {
  const own = `/sites/${site}/gateways/${gateway}${subject === undefined ? '' : `/devices/${subject}`}`;
  if (source === own) return undefined;
  return words('centre/reason.other-source', { source: quoted(source), own });
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, longestKey)) : `(${typeof value})`;
}
