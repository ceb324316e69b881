/**
 * Checks a simulated site after it was healed and has drained: the promises of ARCHITECTURE.md, by comparing the centre's history
 * and ledger with the recorded truth (truth.ts).
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { gapOf } from '../../../cloud/history/gaps.ts';
import type { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import { type HistoryEvent, maxLookup } from '../../../cloud/history/store.ts';
import { IntervalSet } from '../../../cloud/ledger/interval-set.ts';
import { gatewayLedger } from '../../../cloud/ledger/ledger.ts';
import { LedgerBook } from '../../../cloud/ledger/ledger-book.ts';
import { identity } from './gateway.ts';
import type { Network } from './network.ts';
import { nameOf, readingIn, type Truth } from './truth.ts';

/** The centre's content, read through the history's own interface. */
interface Found {
  readonly events: ReadonlyMap<string, HistoryEvent>;
  /** lane -> numbers that a gap record names */
  readonly gaps: ReadonlyMap<string, IntervalSet>;
}

export async function checkHistory(truth: Truth, store: MemoryHistory, conflicts: ReadonlySet<string>): Promise<void> {
  const found = await readAll(store);
  checkReadings(truth, found);
  checkEvents(truth, found);
  for (const id of conflicts) truth.violate('P3', 'conflict', `${id} came with other content`);
}

async function readAll(store: MemoryHistory): Promise<Found> {
  const events = new Map<string, HistoryEvent>();
  const gaps = new Map<string, IntervalSet>();
  for (const key of await store.lanes()) {
    const numbers = (await store.received(key)).flatMap(([from, through]) =>
      Array.from({ length: through - from + 1 }, (_, i) => from + i),
    );
    for (let i = 0; i < numbers.length; i += maxLookup)
      for (const event of await store.stored(key, numbers.slice(i, i + maxLookup)))
        events.set(`${event.epoch}/${event.lane}/${event.sequence}`, event);
  }
  for (const event of events.values()) {
    const record = gapOf(event);
    if (record === undefined) continue;
    const { epoch, lane, gap } = record;
    const set = gaps.get(`${epoch}/${lane}`) ?? new IntervalSet();
    if (gap !== undefined) set.add(gap.from, gap.through ?? Number.MAX_SAFE_INTEGER);
    gaps.set(`${epoch}/${lane}`, set);
  }
  return { events, gaps };
}

/** P1: an acknowledged reading is in the history once, or a gap record explains its absence. */
function checkReadings(truth: Truth, { events, gaps }: Found): void {
  const times = new Map<string, number>();
  for (const { data } of events.values()) {
    const reading = readingIn(data);
    if (reading !== undefined) times.set(reading, (times.get(reading) ?? 0) + 1);
  }
  const explained = new Set<string>();
  for (const event of truth.committed.values()) {
    const reading = readingIn(event.data);
    if (reading !== undefined && gaps.get(`${event.epoch}/${event.lane}`)?.has(event.sequence)) explained.add(reading);
  }
  for (const reading of truth.acknowledged)
    if (!times.has(reading) && !explained.has(reading) && !truth.forgivenReadings.has(reading))
      truth.violate('P1', 'lost', `reading ${reading} was acknowledged and is nowhere`);
  for (const [reading, count] of times)
    if (count > 1 && !truth.forgivenReadings.has(reading))
      truth.violate('P3', 'duplicated', `reading ${reading} is there ${count} times`);
}

/** P3: every committed event is in the history with its content, or named by a gap record. */
function checkEvents(truth: Truth, { events, gaps }: Found): void {
  for (const [name, event] of truth.committed) {
    const stored = events.get(name);
    if (stored !== undefined) {
      if (JSON.stringify(stored.data) !== event.data) truth.violate('P3', 'conflict', `${name} has other content`);
    } else if (!gaps.get(`${event.epoch}/${event.lane}`)?.has(event.sequence) && !truth.forgivenEvents.has(name))
      truth.violate('P3', 'unexplained', `event ${name} was committed and is nowhere`);
  }
  for (const name of events.keys())
    if (!truth.committed.has(name)) truth.violate('P3', 'conflict', `${name} was never committed`);
}

/** P3 at the centre: nothing is missing, and the ledger's figures add up. */
export async function checkLedger(truth: Truth, store: MemoryHistory, status: GatewayStatus): Promise<void> {
  const lanes = await new LedgerBook({ history: store, clock: systemClock }).lanes(identity.gateway);
  const ledger = gatewayLedger(identity.gateway, status, status.lanes, lanes);
  const { assigned, received, shed, missing, waiting } = ledger;
  if (received + shed + missing + waiting !== assigned)
    truth.violate(
      'P3',
      'unexplained',
      `the ledger does not add up: ${JSON.stringify({ ...ledger, lanes: undefined })}`,
    );
  for (const { epoch, lane, missing, waiting } of ledger.lanes)
    for (const [from, through] of [...missing.ranges, ...waiting.ranges])
      for (let sequence = from; sequence <= through; sequence++)
        if (!truth.forgivenEvents.has(`${epoch}/${lane}/${sequence}`))
          truth.violate('P3', 'unexplained', `the ledger misses ${epoch}/${lane}/${sequence}`);
}

/** P4: each sink's log has each epoch's numbers in order and without a gap, apart from repeats. */
export function checkOrder(truth: Truth, network: Network): void {
  const refused = new Set<string>();
  for (const event of truth.committed.values()) if (event.data.includes('"poison":true')) refused.add(nameOf(event));
  for (const [sink, { arrived }] of Object.entries(network.sinks)) {
    const last = new Map<string, number>();
    for (const json of arrived) {
      const decoded = decodeEvent(json);
      if (!decoded.ok) throw new Error(`an event that cannot be read: ${decoded.reason}`);
      const { epoch, lane } = decoded.event;
      const sequence = Number(decoded.event.sequence);
      const key = `${sink}/${epoch}/${lane}`;
      const before = last.get(key) ?? 0;
      for (let n = Math.max(before, truth.notOwed.get(key) ?? 0) + 1; n < sequence; n++)
        if (![refused, truth.shed, truth.damaged].some((gone) => gone.has(`${epoch}/${lane}/${n}`)))
          truth.violate('P4', 'disordered', `${key}: ${sequence} came before ${n}`);
      last.set(key, Math.max(before, sequence));
    }
  }
}
