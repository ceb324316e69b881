/**
 * Which events of a telemetry lane may be shed. Pure.
 *
 *   delivered │ first undelivered … │ out at a sink (cursor, claim] │ … │ newest
 *   is deleted│    may be shed      │             stays             │   │ stays: behind it the cursor
 *   as such   │                     │                               │   │ passes the hole
 *
 * Always: no event on its way to a sink (in-hand.ts) is shed, and never an alert.
 */
import type { Sequence } from '@forpost/shared/event/ids.ts';

/** Inclusive. */
export interface SequenceRange {
  readonly from: Sequence;
  readonly through: Sequence;
}

/** One sink's position in a lane. */
export interface SinkPosition {
  readonly acknowledged: Sequence;
  /** the last number that may be on its way to the sink; 0: none; Infinity: every event behind its cursor */
  readonly inHandThrough: number;
}

/**
 * The ranges that may be shed, oldest first; some of their events may be deleted already. @param delivered the last
 * number that all configured sinks have called safe @param last the last number given
 */
export function sheddable(
  delivered: Sequence,
  last: Sequence,
  positions: readonly SinkPosition[],
): readonly SequenceRange[] {
  const inHand = positions
    .filter(({ acknowledged, inHandThrough }) => inHandThrough > acknowledged)
    .map(({ acknowledged, inHandThrough }) => ({ from: acknowledged + 1, through: inHandThrough }))
    .sort((a, b) => a.from - b.from);
  const free: SequenceRange[] = [];
  let from = delivered + 1;
  for (const zone of [...inHand, { from: last, through: Number.POSITIVE_INFINITY }]) {
    const through = Math.min(zone.from - 1, last - 1);
    if (from <= through) free.push({ from, through });
    from = Math.max(from, zone.through + 1);
  }
  return free;
}
