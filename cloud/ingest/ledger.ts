/**
 * The ledger: for each lane of a gateway what was assigned, received, shed and missing. Pure.
 *
 *   1 ─────────────── acknowledged ─────────────── assigned
 *   received · shed (a gap record says why) · missing      received · shed · waiting
 *
 * Always: received beats shed (an event that arrives although a gap named it counts as received); below the
 * acknowledged cursor what is neither is missing, above it waiting; the five add up to what was assigned.
 */
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { LaneKey, Range } from '../history/store.ts';
import { IntervalSet } from './interval-set.ts';

export interface Gap {
  readonly from: number;
  /** null = unknown */
  readonly through: number | null;
  readonly count: number;
  readonly reason: string;
}

export interface LaneHistory {
  readonly key: LaneKey;
  readonly received: readonly Range[];
  readonly gaps: readonly Gap[];
}

export interface Counted {
  readonly count: number;
  readonly ranges: readonly Range[];
}

export interface LaneLedger {
  readonly epoch: string;
  readonly lane: Lane;
  /** last number given, as far as the centre knows */
  readonly assigned: number;
  /** last number that the gateway was told is safe */
  readonly acknowledged: number;
  readonly received: Counted;
  readonly shed: Counted & { readonly reasons: readonly { readonly reason: string; readonly count: number }[] };
  readonly missing: Counted;
  readonly waiting: Counted;
}

export interface GatewayLedger {
  readonly gateway: string;
  readonly lanes: readonly LaneLedger[];
  /** over all lanes */
  readonly assigned: number;
  readonly received: number;
  readonly shed: number;
  readonly missing: number;
  readonly waiting: number;
}

/** @param status the gateway's latest, if it ever sent one */
export function gatewayLedger(
  gateway: string,
  status: GatewayStatus | undefined,
  history: readonly LaneHistory[],
): GatewayLedger {
  const told = new Map((status?.lanes ?? []).map((lane) => [`${lane.epoch}/${lane.lane}`, lane]));
  const lanes = history
    .filter(({ key }) => key.gateway === gateway)
    .map((lane) => {
      const name = `${lane.key.epoch}/${lane.key.lane}`;
      const cursors = told.get(name);
      told.delete(name);
      return laneLedger(lane, cursors);
    });
  // lanes of which nothing has arrived yet
  for (const { epoch, lane, ...cursors } of told.values())
    lanes.push(laneLedger({ key: { gateway, epoch, lane }, received: [], gaps: [] }, cursors));
  const sum = (of: (lane: LaneLedger) => number) => lanes.reduce((total, lane) => total + of(lane), 0);
  return {
    gateway,
    lanes,
    assigned: sum((lane) => lane.assigned),
    received: sum((lane) => lane.received.count),
    shed: sum((lane) => lane.shed.count),
    missing: sum((lane) => lane.missing.count),
    waiting: sum((lane) => lane.waiting.count),
  };
}

function laneLedger(
  { key, received, gaps }: LaneHistory,
  cursors: { readonly assigned: number; readonly acknowledged: number } | undefined,
): LaneLedger {
  const here = IntervalSet.of(received);
  const lastGap = gaps.reduce((last, { from, through }) => Math.max(last, through ?? from), 0);
  const seen = Math.max(here.last, lastGap);
  const assigned = Math.max(cursors?.assigned ?? 0, seen);
  // a lane that the gateway no longer speaks of is drained: everything up to its last sign was called safe
  const acknowledged = cursors?.acknowledged ?? seen;

  const shed = new IntervalSet();
  const reasons = new Map<string, number>();
  for (const { from, through, reason } of gaps) {
    for (const [low, high] of without(here, [from, Math.min(through ?? assigned, assigned)])) {
      const already = shed.size;
      shed.add(low, high);
      reasons.set(reason, (reasons.get(reason) ?? 0) + shed.size - already);
    }
  }
  const explained = IntervalSet.of([...here.ranges(), ...shed.ranges()]);
  const split = Math.min(acknowledged, assigned);
  return {
    epoch: key.epoch,
    lane: key.lane,
    assigned,
    acknowledged,
    received: { count: here.size, ranges: here.ranges() },
    shed: {
      count: shed.size,
      ranges: shed.ranges(),
      reasons: [...reasons].filter(([, count]) => count > 0).map(([reason, count]) => ({ reason, count })),
    },
    missing: counted(explained.missing(1, split)),
    waiting: counted(explained.missing(split + 1, assigned)),
  };
}

function without(set: IntervalSet, [from, through]: Range): readonly Range[] {
  return from > through ? [] : set.missing(from, through);
}

function counted(ranges: readonly Range[]): Counted {
  return { count: ranges.reduce((sum, [from, through]) => sum + through - from + 1, 0), ranges };
}
