/**
 * The ledger: for each lane of a gateway what was assigned, received, shed and missing. Pure.
 *
 *   1 ─────────────── settled ──────────────── assigned
 *   received · shed (a gap record says why) · missing      received · shed · waiting
 *
 * Always: an event that arrives although a gap record names it counts as received. An event that is neither received nor
 * shed is missing below the settled cursor, and waiting above it. Settled: a sink has called the event safe,
 * and Kafka was read past that point. Received, shed, missing and waiting add up to assigned. A lane that the gateway no
 * longer names ends at the last number that it announced, not at the last stored one: a lost tail is missing.
 */
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog } from '@forpost/shared/event/status.ts';
import type { Gap, LaneEnd, LaneKey, Range } from '../history/store.ts';
import { IntervalSet } from './interval-set.ts';

export interface LaneHistory {
  readonly key: LaneKey;
  readonly received: readonly Range[];
  readonly gaps: readonly Gap[];
}

export interface CountedRanges {
  readonly count: number;
  readonly ranges: readonly Range[];
}

export interface LaneLedger {
  readonly epoch: string;
  readonly lane: Lane;
  /** last assigned number, as far as the centre knows */
  readonly assigned: number;
  /** last number for which the centre knows whether it arrived */
  readonly settled: number;
  readonly received: CountedRanges;
  readonly shed: CountedRanges & { readonly reasons: readonly { readonly reason: string; readonly count: number }[] };
  readonly missing: CountedRanges;
  readonly waiting: CountedRanges;
  /** from the gap records, events that arrived all the same included */
  readonly gaps: readonly Gap[];
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

/** The noted ends of a gateway's lanes, and when (ms since 1970) the status of `settled` came. */
export interface NotedEnds {
  readonly ends: readonly LaneEnd[];
  readonly settledArrived: number;
}

const nothingNoted: NotedEnds = { ends: [], settledArrived: Number.POSITIVE_INFINITY };

/**
 * @param status the gateway's latest, if it ever sent one
 * @param settled the lanes of its last status whose events are no longer on their way; undefined: none yet
 * @param noted the announced ends of all lanes, past ones included
 */
export function gatewayLedger(
  gateway: string,
  status: GatewayStatus | undefined,
  settled: readonly LaneBacklog[] | undefined,
  history: readonly LaneHistory[],
  noted: NotedEnds = nothingNoted,
): GatewayLedger {
  const nameOf = ({ epoch, lane }: Omit<LaneKey, 'gateway'>) => `${epoch}/${lane}`;
  const stated = new Map((status?.lanes ?? []).map((lane) => [nameOf(lane), lane]));
  const cursors = new Map((settled ?? []).map((lane) => [nameOf(lane), lane.acknowledged]));
  const ends = new Map(noted.ends.map((end) => [nameOf(end), end]));
  const alertsWait = [...stated.values()].some(
    (lane) => lane.lane === 'alerts' && (cursors.get(nameOf(lane)) ?? 0) < lane.assigned,
  );
  /**
   * the settled cursor of a lane; without an end where the gateway no longer names the lane, because its events can no
   * longer arrive
   */
  const settledOf = (name: string) => {
    const cursor = cursors.get(name);
    if (cursor !== undefined) return cursor;
    if (settled === undefined || stated.has(name)) return 0;
    const end = ends.get(name);
    // the lane began after the settled status, so that status does not name it
    if (end !== undefined && end.begun > noted.settledArrived) return 0;
    // the lane ended before it was drained; the gap record with the reason waits among the alerts
    if (end !== undefined && end.acknowledged < end.assigned && alertsWait) return end.acknowledged;
    return Number.POSITIVE_INFINITY;
  };
  const assignedOf = (name: string) => Math.max(stated.get(name)?.assigned ?? 0, ends.get(name)?.assigned ?? 0);
  const lanes = history
    .filter(({ key }) => key.gateway === gateway)
    .map((lane) => {
      const name = `${lane.key.epoch}/${lane.key.lane}`;
      return laneLedger(lane, assignedOf(name), settledOf(name));
    });
  // lanes without a stored event
  const arrived = new Set(lanes.map(({ epoch, lane }) => `${epoch}/${lane}`));
  for (const [name, { epoch, lane }] of new Map<string, Omit<LaneKey, 'gateway'>>([...ends, ...stated]))
    if (!arrived.has(name)) {
      const empty = { key: { gateway, epoch, lane }, received: [], gaps: [] };
      lanes.push(laneLedger(empty, assignedOf(name), settledOf(name)));
    }
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

function laneLedger({ key, received, gaps }: LaneHistory, stated: number, settled: number): LaneLedger {
  const here = IntervalSet.of(received);
  const lastGap = gaps.reduce((last, { through }) => Math.max(last, through ?? 0), 0);
  const assigned = Math.max(stated, here.last, lastGap);

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
  const split = Math.min(settled, assigned);
  return {
    epoch: key.epoch,
    lane: key.lane,
    assigned,
    settled: split,
    received: { count: here.size, ranges: here.ranges() },
    shed: {
      count: shed.size,
      ranges: shed.ranges(),
      reasons: [...reasons].filter(([, count]) => count > 0).map(([reason, count]) => ({ reason, count })),
    },
    missing: counted(explained.missing(1, split)),
    waiting: counted(explained.missing(split + 1, assigned)),
    gaps,
  };
}

function without(set: IntervalSet, [from, through]: Range): readonly Range[] {
  return from > through ? [] : set.missing(from, through);
}

function counted(ranges: readonly Range[]): CountedRanges {
  return { count: ranges.reduce((sum, [from, through]) => sum + through - from + 1, 0), ranges };
}
