/**
 * Converts events to bytes on the wire and back. Encoding concatenates text around the serialised `data`, because the
 * gateway stores `data` as text and must not parse and print it again for each send.
 *
 * Always: decode(encode(x)) is x; decode never throws on foreign bytes, but returns the reason.
 */
import { mayRound, parseExactly } from '../exact-json.ts';
import type { ClockQuality, ForpostEvent } from './event.ts';
import {
  type DeviceId,
  type Epoch,
  eventId,
  type GatewayId,
  isId,
  isLane,
  type Lane,
  type Sequence,
  type SiteId,
} from './ids.ts';

/** One event as the gateway stores it, without the constant parts of its source. Times in ms since 1970. */
export interface StoredEvent {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly sequence: Sequence;
  readonly type: string;
  readonly device: DeviceId | null;
  readonly time: number;
  readonly received: number;
  readonly clock: ClockQuality;
  readonly boot: string;
  readonly uptime: number;
  /** JSON text */
  readonly data: string;
}

export const eventContentType = 'application/cloudevents+json';

/** Marks, with the value `1`, an event that is sent again on request: a header of a Kafka record or of a request. */
export const replayHeader = 'forpost-replay';

/**
 * The instance that sends, as a header of a Kafka record or of a request: see `GatewayStatus.instance`. Absent: a gateway
 * that was never restored from a backup.
 */
export const instanceHeader = 'forpost-instance';

/** The lane of a batch, as a header: the receiver chooses the gateway's limit before it reads the batch. */
export const laneHeader = 'forpost-lane';

/** The CloudEvents JSON of one stored event (CloudEvents 1.0, JSON Event Format, section 3). */
export function encodeEvent(site: SiteId, gateway: GatewayId, event: StoredEvent): string {
  const source = `/sites/${site}/gateways/${gateway}${event.device === null ? '' : `/devices/${event.device}`}`;
  const subject = event.device === null ? '' : `"subject":"${event.device}",`;
  return (
    `{"specversion":"1.0","id":"${eventId(gateway, event.epoch, event.lane, event.sequence)}","source":"${source}",` +
    `"type":${JSON.stringify(event.type)},${subject}"time":"${rfc3339(event.time)}","datacontenttype":"application/json",` +
    `"site":"${site}","gateway":"${gateway}","epoch":"${event.epoch}","lane":"${event.lane}",` +
    `"sequence":"${event.sequence}","received":"${rfc3339(event.received)}","clock":"${event.clock}",` +
    `"boot":${JSON.stringify(event.boot)},"uptime":"${Math.trunc(event.uptime)}","data":${event.data}}`
  );
}

/** The last and the first ms that RFC 3339 can write with a four-digit year. */
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const firstMs = -62_167_219_200_000;

/** RFC 3339 in UTC with ms. A time outside the years 0 to 9999 becomes the nearest one that can be written. */
export function rfc3339(ms: number): string {
  const at = Math.min(Math.max(Math.trunc(ms), firstMs), lastMs);
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  const rest = at - second * 1000;
  return `${lastText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

/** Most times share their second with the time before: its text is kept. */
let lastSecond = Number.NaN;
let lastText = '';

export type Decoded =
  | { readonly ok: true; readonly event: ForpostEvent }
  | { readonly ok: false; readonly reason: string };

const decimal = /^(0|[1-9][0-9]{0,15})$/;
/**
 * The deepest nesting of an event. Printing JSON recurses: deeply nested brackets that parse would end each process that
 * prints them, and every part of the centre does.
 */
export const maxNesting = 100;

/** Whether lists and objects are nested more than `levels` deep. */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => nestsDeeper(inner, levels - 1));
}

/** The original text of data with numbers that a double cannot hold. */
const exactData = Symbol('exact data');

/** Keeps the data's text on an event when parsing has lost digits. */
export function withDataText<Event extends { readonly data: unknown }>(event: Event, json: string): Event {
  if (!mayRound(json)) return event;
  const text = JSON.stringify(parseExactly(json).value);
  if (text !== JSON.stringify(event.data)) Object.defineProperty(event, exactData, { value: text });
  return event;
}

/** An event's data as JSON, each number with its original digits. */
export function dataText(event: { readonly data: unknown; readonly [exactData]?: string }): string {
  return event[exactData] ?? JSON.stringify(event.data);
}

/** One event from a record's bytes, or the reason why it is none. Unknown types and fields are kept. */
export function decodeEvent(bytes: Uint8Array | string): Decoded {
  const text =
    typeof bytes === 'string' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return no(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return no('not a JSON object');
  const e = value as Record<string, unknown>;
  if (e.specversion !== '1.0') return no('specversion is not "1.0"');
  for (const name of ['site', 'gateway', 'epoch'] as const) if (!isId(e[name])) return no(`${name} is not an id`);
  if (!isLane(e.lane)) return no('lane is neither "alerts" nor "telemetry"');
  if (typeof e.sequence !== 'string' || !decimal.test(e.sequence)) return no('sequence is not a decimal string');
  // sets of ranges count in doubles, and numbers begin at 1
  if (e.sequence === '0' || !Number.isSafeInteger(Number(e.sequence))) return no('sequence is not from 1 to 2^53 - 1');
  if (e.id !== `${e.gateway}/${e.epoch}/${e.lane}/${e.sequence}`)
    return no('id is not <gateway>/<epoch>/<lane>/<sequence>');
  if (typeof e.type !== 'string' || e.type.length === 0) return no('type is missing');
  if (e.subject !== undefined && !isId(e.subject)) return no('subject is not an id');
  for (const name of ['time', 'received'] as const) {
    const text = e[name];
    if (typeof text !== 'string' || Number.isNaN(Date.parse(text))) return no(`${name} is not an RFC 3339 time`);
  }
  if (e.clock !== 'synced' && e.clock !== 'unsynced') return no('clock is neither "synced" nor "unsynced"');
  if (typeof e.boot !== 'string') return no('boot is missing');
  if (typeof e.uptime !== 'string' || !decimal.test(e.uptime)) return no('uptime is not a decimal string');
  if (e.data === undefined) return no('data is missing');
  if (nestsDeeper(e, maxNesting)) return no(`it is nested more than ${maxNesting} deep`);
  const event = value as ForpostEvent;
  // data stands last in a gateway's event; ids and times before it have long numbers of their own
  const at = text.indexOf(dataKey);
  if (!mayRound(at < 0 ? text : text.slice(at))) return { ok: true, event };
  const exact = parseExactly(text).value as { readonly data: unknown };
  return { ok: true, event: withDataText(event, JSON.stringify(exact.data)) };
}

const dataKey = '"data":';

function no(reason: string): Decoded {
  return { ok: false, reason };
}
