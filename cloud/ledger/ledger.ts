/**
 * The ledger: for each lane of a gateway what was assigned, received, shed and missing. Pure.
 *
 *   1 ─────────────── settled ──────────────── assigned
 *   received · shed (a gap record says why) · missing      received · shed · waiting
 *
 * Always: received beats shed (an event that arrives although a gap named it counts as received); what is neither is
 * missing below the settled cursor (what the gateway was told is safe, and of which nothing stands unread in Kafka any
 * more), and waiting above it; received, shed, missing and waiting add up to what was assigned. A lane that the gateway
 * no longer speaks of ends where it once said, not where the history does: else its lost tail would be no loss.
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

export interface Counted {
  readonly count: number;
  readonly ranges: readonly Range[];
}

export interface LaneLedger {
  readonly epoch: string;
  readonly lane: Lane;
  /** last number given, as far as the centre knows */
  readonly assigned: number;
  /** last number of which it is known whether it arrived */
  readonly settled: number;
  readonly received: Counted;
  readonly shed: Counted & { readonly reasons: readonly { readonly reason: string; readonly count: number }[] };
  readonly missing: Counted;
  readonly waiting: Counted;
  /** what gap records say, also of what arrived all the same */
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

/** What was noted of a gateway's lanes, and when (ms since 1970) the status came that `settled` is of. */
export interface Noted {
  readonly ends: readonly LaneEnd[];
  readonly settledArrived: number;
}

const nothingNoted: Noted = { ends: [], settledArrived: Number.POSITIVE_INFINITY };

/**
 * @param status the gateway's latest, if it ever sent one
 * @param settled the lanes of its last status from before which nothing is on its way; undefined: none yet
 * @param noted of lanes of any time: what the gateway said of them when it still did
 */
export function gatewayLedger(
  gateway: string,
  status: GatewayStatus | undefined,
  settled: readonly LaneBacklog[] | undefined,
  history: readonly LaneHistory[],
  noted: Noted = nothingNoted,
): GatewayLedger {
  const nameOf = ({ epoch, lane }: Omit<LaneKey, 'gateway'>) => `${epoch}/${lane}`;
  const told = new Map((status?.lanes ?? []).map((lane) => [nameOf(lane), lane]));
  const cursors = new Map((settled ?? []).map((lane) => [nameOf(lane), lane.acknowledged]));
  const ends = new Map(noted.ends.map((end) => [nameOf(end), end]));
  const alertsWait = [...told.values()].some(
    (lane) => lane.lane === 'alerts' && (cursors.get(nameOf(lane)) ?? 0) < lane.assigned,
  );
  /** where a lane's missing ends: of a lane that the gateway no longer speaks of nothing can come any more */
  const settledOf = (name: string) => {
    const cursor = cursors.get(name);
    if (cursor !== undefined) return cursor;
    if (settled === undefined || told.has(name)) return 0;
    const end = ends.get(name);
    // begun after the settled status, which therefore says nothing of it
    if (end !== undefined && end.begun > noted.settledArrived) return 0;
    // it went before it was drained: the gap record that says why is among the alerts
    if (end !== undefined && end.acknowledged < end.assigned && alertsWait) return end.acknowledged;
    return Number.POSITIVE_INFINITY;
  };
  const assignedOf = (name: string) => Math.max(told.get(name)?.assigned ?? 0, ends.get(name)?.assigned ?? 0);
  const lanes = history
    .filter(({ key }) => key.gateway === gateway)
    .map((lane) => {
      const name = `${lane.key.epoch}/${lane.key.lane}`;
      return laneLedger(lane, assignedOf(name), settledOf(name));
    });
  // lanes of which nothing has arrived yet
  const arrived = new Set(lanes.map(({ epoch, lane }) => `${epoch}/${lane}`));
  for (const [name, { epoch, lane }] of new Map<string, Omit<LaneKey, 'gateway'>>([...ends, ...told]))
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

function laneLedger({ key, received, gaps }: LaneHistory, told: number, settled: number): LaneLedger {
  const here = IntervalSet.of(received);
  const lastGap = gaps.reduce((last, { through }) => Math.max(last, through ?? 0), 0);
  const assigned = Math.max(told, here.last, lastGap);

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

function counted(ranges: readonly Range[]): Counted {
  return { count: ranges.reduce((sum, [from, through]) => sum + through - from + 1, 0), ranges };
}
