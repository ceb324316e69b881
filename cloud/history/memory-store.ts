/**
 * The history in memory: the model that the contract suite compares the ClickHouse histories with, and the history of
 * other parts' tests. Every query scans one map.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { isId, isLane } from '@forpost/shared/event/ids.ts';
import { startOfStep } from './calendar.ts';
import { forQueries, type Indexed } from './clickhouse/rows.ts';
import { believedMs, type ClockReading, latestAfterStoredMs, offsetAt, readingOf, timesBeside } from './corrected.ts';
import {
  checkLimit,
  checkSeries,
  decodeCursor,
  encodeCursor,
  maxAlarms,
  maxEvents,
  maxSkippedAlarms,
  type Position,
  storingTime,
  timeRange,
  urgencyOf,
  waitsFrom,
} from './queries.ts';
import type { HistoryQuestion } from './question.ts';
import type {
  AlarmFilter,
  AlarmList,
  CentreAcknowledgement,
  EventPage,
  EventQuery,
  HistoryEvent,
  HistoryStore,
  LaneEnd,
  LaneKey,
  LaneRanges,
  Range,
  SeriesPoint,
  SeriesQuery,
} from './store.ts';

interface Entry extends Position {
  /** the event with the corrected times that are known at the time of the query */
  readonly event: HistoryEvent;
  readonly received: number;
  readonly stored: number;
  readonly indexed: Indexed;
}

export class MemoryHistory implements HistoryStore {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** by gateway and boot */
  readonly #clocks = new Map<string, ClockReading[]>();
  readonly #ends = new Map<string, LaneEnd>();
  /** by gateway and alarm */
  readonly #acknowledgements = new Map<string, CentreAcknowledgement>();
  #lastStored = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async insert(events: readonly ForpostEvent[]): Promise<void> {
    const stored = storingTime(this.#lastStored, this.#clock.now());
    this.#lastStored = stored;
    for (const event of structuredClone(events)) {
      if (this.#entries.has(event.id)) continue;
      const { gateway, epoch, lane, sequence } = event;
      const time = believedMs(Date.parse(event.time), stored);
      const received = believedMs(Date.parse(event.received), stored);
      const times = { time, received, stored };
      const indexed = forQueries(event);
      const entry = {
        gateway,
        epoch,
        lane,
        sequence,
        ...times,
        indexed,
        event: { ...event, stored: rfc3339(stored), ...timesBeside(event, stored, undefined) },
      };
      this.#entries.set(event.id, entry);
      const reading = readingOf(event);
      if (reading === undefined) continue;
      const name = JSON.stringify([reading.gateway, reading.boot]);
      this.#clocks.set(name, [...(this.#clocks.get(name) ?? []), reading]);
    }
  }

  /** The entries with the times that count now. */
  #corrected(): readonly Entry[] {
    const entries = [...this.#entries.values()];
    if (this.#clocks.size === 0) return entries;
    return entries.map((entry) => {
      const { event, stored } = entry;
      const readings = this.#clocks.get(JSON.stringify([event.gateway, event.boot]));
      if (event.clock !== 'unsynced' || readings === undefined) return entry;
      const uptime = Number(event.uptime);
      const trueMs = Math.min(uptime + offsetAt(uptime, readings), stored + latestAfterStoredMs);
      const { corrected_time: _, doubted: __, ...plain } = event;
      const times = timesBeside(event, stored, trueMs);
      const time = times.corrected_time === undefined || times.doubted !== undefined ? entry.time : trueMs;
      return { ...entry, time, received: trueMs, event: { ...plain, ...times } };
    });
  }

  async events(query: EventQuery): Promise<EventPage> {
    const limit = checkLimit(query.limit, maxEvents);
    const { from, through } = timeRange(query);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const found = this.#corrected()
      .filter(({ time }) => time >= from && time <= through)
      .filter(({ event }) => (query.site ?? event.site) === event.site)
      .filter(({ event }) => (query.gateway ?? event.gateway) === event.gateway)
      .filter(({ event }) => query.device === undefined || query.device === event.subject)
      .filter(({ event }) => (query.type ?? event.type) === event.type)
      .filter(({ event }) => (query.lane ?? event.lane) === event.lane)
      .filter((entry) => after === undefined || newestFirst(after, entry) < 0)
      .sort(newestFirst);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const events = page.map(({ event }) => leftOut(structuredClone(event), query.mostBytes));
    return found.length > limit && last !== undefined ? { events, cursor: encodeCursor(last) } : { events };
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    const { from, to, steps } = checkSeries(query);
    const buckets = new Map<number, { time: number; sequence: number; value: number }[]>();
    for (const { time, sequence, event, indexed } of this.#corrected()) {
      const value = Object.hasOwn(indexed.values, query.metric) ? indexed.values[query.metric] : undefined;
      if (event.subject !== query.device || (query.gateway ?? event.gateway) !== event.gateway) continue;
      if (value === undefined || time < from || time >= to) continue;
      if ((query.channel ?? indexed.channel) !== indexed.channel || ['bad', 'implausible'].includes(indexed.quality))
        continue;
      const start = startOfStep(time, steps, query.timezone);
      const bucket = buckets.get(start) ?? [];
      bucket.push({ time, sequence: Number(sequence), value });
      buckets.set(start, bucket);
    }
    return [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([time, bucket]) => ({ time, value: aggregate(query.aggregate, bucket) }));
  }

  async noteAcknowledgements(acknowledgements: readonly CentreAcknowledgement[]): Promise<void> {
    for (const one of acknowledgements) {
      const name = `${one.gateway}/${one.alarm}`;
      const known = this.#acknowledgements.get(name);
      if (known === undefined || one.at < known.at) this.#acknowledgements.set(name, one);
    }
  }

  async alarms(since: number, limit: number, filter: AlarmFilter = {}): Promise<AlarmList> {
    const from = timeRange({ from: since }).from;
    const known = Map.groupBy(
      this.#corrected().filter(
        ({ event, indexed }) =>
          event.type === eventTypes.alert &&
          indexed.alarm !== '' &&
          (filter.gateway ?? event.gateway) === event.gateway,
      ),
      ({ gateway, indexed }) => `${gateway}/${indexed.alarm}`,
    );
    const states = [...known.values()].flatMap((entries) => {
      const lives = [...Map.groupBy(entries, ({ epoch, lane }) => `${epoch}/${lane}`).values()]
        .map((life) => life.toSorted((a, b) => Number(a.sequence) - Number(b.sequence)))
        .toSorted((a, b) => (a.at(-1)?.received ?? 0) - (b.at(-1)?.received ?? 0));
      const ordered = lives.flat();
      const newest = ordered.at(-1);
      const raising = ordered.find(({ indexed }) => indexed.change === 'raised') ?? ordered[0];
      if (newest === undefined || raising === undefined) return [];
      // after a move of the gateway, its newest alert names the present site
      if ((filter.site ?? newest.event.site) !== newest.event.site) return [];
      const { active, alarm } = newest.indexed;
      const seen = this.#acknowledgements.get(`${newest.gateway}/${alarm}`);
      const urgency = urgencyOf(newest.event.data);
      const rank = seen === undefined ? urgency : urgency % 10;
      const open = active || rank >= waitsFrom;
      if (!open && newest.time < from) return [];
      return [{ newest, raised: rfc3339(raising.time), seen, active, open, rank: open ? rank : 0, place: 0 }];
    });
    type State = (typeof states)[number];
    const urgent = (a: State, b: State) =>
      b.rank - a.rank || Number(b.active) - Number(a.active) || newestFirst(a.newest, b.newest);
    const kinds = [true, false].flatMap((open) => {
      const kind = states.filter((state) => state.open === open).sort(urgent);
      const gateways = [...Map.groupBy(kind, ({ newest }) => newest.gateway).values()];
      for (const own of gateways) for (const [i, state] of own.entries()) state.place = i;
      const share = Math.max(1, Math.floor(limit / Math.max(1, gateways.length)));
      return kind.sort((a, b) => Number(a.place >= share) - Number(b.place >= share) || urgent(a, b));
    });
    const skip = Math.min(filter.skip ?? 0, maxSkippedAlarms);
    const openOf = (gateway: string) => states.filter(({ open, newest }) => open && newest.gateway === gateway).length;
    const alarms = kinds
      .slice(skip, skip + checkLimit(limit, maxAlarms))
      .sort((a, b) => newestFirst(a.newest, b.newest))
      .map(({ newest, raised, seen, open }) => {
        const { site, gateway } = newest.event;
        return {
          alarm: newest.indexed.alarm,
          site,
          gateway,
          latest: structuredClone(newest.event),
          raised,
          open,
          openOfGateway: openOf(gateway),
          ...(seen === undefined ? {} : { acknowledgement: { by: seen.by, at: rfc3339(seen.at) } }),
        };
      });
    return { alarms, open: states.filter(({ open }) => open).length };
  }

  async ask<Asked, Answer, Row>(question: HistoryQuestion<Asked, Answer, Row>, asked: Asked): Promise<Answer> {
    const events = this.#corrected().map(({ event, stored, indexed }) => ({
      event,
      storedMs: stored,
      channel: indexed.channel,
      values: indexed.values,
    }));
    return structuredClone(question.memory(events, asked, Math.trunc(this.#clock.now())));
  }

  async lanes(): Promise<readonly LaneKey[]> {
    const known = new Map<string, LaneKey>();
    for (const { gateway, epoch, lane, event } of this.#entries.values()) {
      known.set(`${gateway}/${epoch}/${lane}`, { gateway, epoch, lane });
      if (event.type !== eventTypes.gap) continue;
      const named = event.data as { readonly epoch?: unknown; readonly lane?: unknown } | null;
      if (isId(named?.epoch) && isLane(named.lane))
        known.set(`${gateway}/${named.epoch}/${named.lane}`, { gateway, epoch: named.epoch, lane: named.lane });
    }
    for (const [name, key] of this.#ends) known.set(name, key);
    return [...known]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { gateway, epoch, lane }]) => ({ gateway, epoch, lane }));
  }

  async received(key: LaneKey): Promise<readonly Range[]> {
    const numbers = this.#lane(key).sort((a, b) => a - b);
    const ranges: [number, number][] = [];
    for (const number of numbers) {
      const last = ranges.at(-1);
      if (last !== undefined && last[1] + 1 === number) last[1] = number;
      else ranges.push([number, number]);
    }
    return ranges;
  }

  async stored(key: LaneKey, sequences: readonly number[]): Promise<readonly HistoryEvent[]> {
    const { gateway, epoch, lane } = key;
    return sequences.flatMap((sequence) => {
      const entry = this.#entries.get(`${gateway}/${epoch}/${lane}/${sequence}`);
      return entry === undefined ? [] : [structuredClone(entry.event)];
    });
  }

  async rows(key: LaneKey): ReturnType<HistoryStore['rows']> {
    const count = this.#lane(key).length;
    return { rows: count, distinct: count };
  }

  async holdings(gateway: string): Promise<readonly LaneRanges[]> {
    const own = [...this.#entries.values()].filter((entry) => entry.gateway === gateway);
    const keys = new Map(own.map(({ epoch, lane }) => [`${epoch}/${lane}`, { epoch, lane }]));
    const found = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
    return Promise.all(found.map(async ([, key]) => ({ ...key, received: await this.received({ gateway, ...key }) })));
  }

  async gapRecords(gateway: string): Promise<readonly ForpostEvent[]> {
    return [...this.#entries.values()]
      .filter(({ event }) => event.type === eventTypes.gap && event.gateway === gateway)
      .sort((a, b) => a.received - b.received || Number(a.sequence) - Number(b.sequence))
      .map(({ event }) => structuredClone(event));
  }

  async rowCounts(gateway: string): ReturnType<HistoryStore['rowCounts']> {
    return (await this.holdings(gateway)).map(({ epoch, lane }) => ({
      epoch,
      lane,
      rows: this.#lane({ gateway, epoch, lane }).length,
    }));
  }

  async noteEnds(ends: readonly LaneEnd[]): Promise<void> {
    for (const end of ends) {
      const name = `${end.gateway}/${end.epoch}/${end.lane}`;
      const before = this.#ends.get(name) ?? end;
      this.#ends.set(name, {
        ...end,
        assigned: Math.max(before.assigned, end.assigned),
        acknowledged: Math.max(before.acknowledged, end.acknowledged),
        begun: Math.min(before.begun, end.begun),
      });
    }
  }

  async ends(gateway: string): Promise<readonly LaneEnd[]> {
    return [...this.#ends]
      .filter(([, end]) => end.gateway === gateway)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, end]) => end);
  }

  #lane(key: LaneKey): number[] {
    return [...this.#entries.values()]
      .filter(({ gateway, epoch, lane }) => gateway === key.gateway && epoch === key.epoch && lane === key.lane)
      .map(({ sequence }) => Number(sequence));
  }
}

/** The event, with data of more than the allowed bytes cut to its beginning. */
function leftOut(event: HistoryEvent, mostBytes = Number.POSITIVE_INFINITY): HistoryEvent {
  const text = JSON.stringify(event.data);
  const bytes = Buffer.byteLength(text);
  return bytes <= mostBytes ? event : { ...event, data: [...text].slice(0, 500).join(''), data_bytes: bytes };
}

/** Orders events by time, then by key, newest first. */
function newestFirst(a: Position, b: Position): number {
  if (a.time !== b.time) return b.time - a.time;
  for (const part of ['gateway', 'epoch', 'lane'] as const) if (a[part] !== b[part]) return a[part] < b[part] ? 1 : -1;
  return Number(b.sequence) - Number(a.sequence);
}

function aggregate(
  how: SeriesQuery['aggregate'],
  bucket: readonly { readonly time: number; readonly sequence: number; readonly value: number }[],
): number {
  const values = bucket.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  switch (how) {
    case 'avg':
      return sum / values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'sum':
      return sum;
    case 'count':
      return values.length;
    case 'last':
      return bucket.toSorted((a, b) => a.time - b.time || a.sequence - b.sequence).at(-1)?.value ?? 0;
  }
}
