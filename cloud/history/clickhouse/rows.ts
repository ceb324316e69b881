/**
 * Converts an event to its row and back.
 *
 * Always: toEvent of a stored line is the same event with `stored` added. An attribute that the columns cannot give back
 * exactly (a time in another form, an extension attribute, a type that is not well-formed Unicode) stands unchanged in
 * `rest`. Columns that only serve queries (values, alarm, …) are filled from well-formed data; other data is stored too.
 */
import { dataText, rfc3339, withDataText } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { DeviceId, Epoch, GatewayId, Lane, SiteId } from '@forpost/shared/event/ids.ts';
import { believedMs, timesBeside } from '../corrected.ts';
import type { HistoryEvent } from '../store.ts';

/** A row in ClickHouse's answer; 64-bit integers are text. */
export interface EventRow {
  readonly site: string;
  readonly gateway: string;
  readonly epoch: string;
  readonly lane: string;
  readonly sequence: string;
  readonly device: string;
  readonly type: string;
  readonly time_ms: string;
  readonly received_ms: string;
  readonly stored_ms: string;
  readonly clock: string;
  readonly boot: string;
  readonly uptime: string;
  readonly rest: string;
  readonly data: string;
  /** corrected time at which the gateway took the event; null without a correction, absent where the query selects none */
  readonly true_ms?: string | null;
}

/** One JSON line for an insert. `storedMs` is the same for all events of the insert. */
export function toLine(event: ForpostEvent, storedMs: number): string {
  // a doubted time stands unchanged in `rest`
  const timeMs = believedMs(Date.parse(event.time), storedMs);
  const receivedMs = believedMs(Date.parse(event.received), storedMs);
  const row = {
    gateway: event.gateway,
    epoch: event.epoch,
    lane: event.lane,
    sequence: event.sequence,
    site: event.site,
    device: event.subject ?? '',
    type: event.type.toWellFormed(),
    time_ms: timeMs,
    received_ms: receivedMs,
    stored_ms: storedMs,
    clock: event.clock,
    boot: event.boot.toWellFormed(),
    uptime: event.uptime,
  };
  const again = toAttributes({
    ...row,
    time_ms: String(timeMs),
    received_ms: String(receivedMs),
    stored_ms: String(storedMs),
    rest: '',
    data: '',
  });
  const rest = Object.entries(event).filter(([name, value]) => name !== 'data' && again.get(name) !== value);
  return JSON.stringify({
    ...row,
    ...forQueries(event),
    rest: rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest)),
    data: dataText(event),
  });
}

/** The event of a row. */
export function toEvent(row: EventRow): HistoryEvent {
  const attributes = Object.fromEntries(toAttributes(row));
  const rest = row.rest === '' ? {} : (JSON.parse(row.rest) as object);
  const event = { ...attributes, ...rest } as unknown as ForpostEvent;
  const trueMs = row.true_ms === undefined || row.true_ms === null ? undefined : Number(row.true_ms);
  // the codec checked the event before it was stored, so its columns are valid
  const found = {
    ...event,
    stored: rfc3339(Number(row.stored_ms)),
    ...timesBeside(event, Number(row.stored_ms), trueMs),
    data: JSON.parse(row.data) as unknown,
  };
  return withDataText(found, row.data);
}

/** The event's attributes that the columns hold. */
function toAttributes(row: EventRow): Map<string, unknown> {
  const site = row.site as SiteId;
  const gateway = row.gateway as GatewayId;
  const device = row.device as DeviceId;
  const epoch = row.epoch as Epoch;
  const lane = row.lane as Lane;
  const attributes = new Map<string, unknown>([
    ['specversion', '1.0'],
    ['id', `${gateway}/${epoch}/${lane}/${row.sequence}`],
    ['source', `/sites/${site}/gateways/${gateway}${row.device === '' ? '' : `/devices/${device}`}`],
    ['type', row.type],
  ]);
  if (row.device !== '') attributes.set('subject', device);
  return new Map([
    ...attributes,
    ['time', rfc3339(Number(row.time_ms))],
    ['datacontenttype', 'application/json'],
    ['site', site],
    ['gateway', gateway],
    ['epoch', epoch],
    ['lane', lane],
    ['sequence', row.sequence],
    ['received', rfc3339(Number(row.received_ms))],
    ['clock', row.clock],
    ['boot', row.boot],
    ['uptime', row.uptime],
  ]);
}

/** The parts of an event's data that stand in columns of their own, for queries. */
export interface Indexed {
  readonly channel: string;
  readonly quality: string;
  readonly values: Readonly<Record<string, number>>;
  readonly alarm: string;
  readonly change: string;
  readonly active: boolean;
}

const nothing: Indexed = { channel: '', quality: '', values: {}, alarm: '', change: '', active: false };

/** The queryable parts of a reading's or an alert's data: numbers, and booleans as 0 and 1. */
export function forQueries(event: ForpostEvent): Indexed {
  if (typeof event.data !== 'object' || event.data === null) return nothing;
  const data = event.data as Readonly<Record<string, unknown>>;
  if (event.type === eventTypes.reading)
    return { ...nothing, channel: text(data.channel), quality: text(data.quality), values: numbers(data.values) };
  if (event.type === eventTypes.alert)
    return { ...nothing, alarm: text(data.alarm), change: text(data.change), active: data.active === true };
  return nothing;
}

/** Longest text in a column for queries. */
const longestIndexed = 500;
const longestMetric = 100;
const mostMetrics = 1_000;

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, longestIndexed).toWellFormed() : '';
}

function numbers(values: unknown): Record<string, number> {
  const found: [string, number][] = [];
  if (typeof values !== 'object' || values === null) return {};
  for (const [metric, value] of Object.entries(values)) {
    if (metric.length > longestMetric || found.length >= mostMetrics) continue;
    if (typeof value === 'boolean') found.push([metric.toWellFormed(), value ? 1 : 0]);
    else if (typeof value === 'number' && Number.isFinite(value)) found.push([metric.toWellFormed(), value]);
  }
  return Object.fromEntries(found);
}
