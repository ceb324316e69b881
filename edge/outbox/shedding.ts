/**
 * What of a telemetry lane may be shed. Pure.
 *
 *   delivered │ first undelivered … │ out at a sink (cursor, claim] │ … │ newest
 *    goes as  │       may go        │             stays             │   │ stays: behind it the cursor
 *    delivered│                     │                               │   │ comes past the hole
 *
 * Always: nothing that is on its way to a sink (in-hand.ts) goes; alerts are not asked about, they never go.
 */
import type { Sequence } from '@forpost/shared/event/ids.ts';

/** Inclusive. */
export interface SequenceRange {
  readonly from: Sequence;
  readonly through: Sequence;
}

/** How one sink stands in a lane. */
export interface SinkPosition {
  readonly acknowledged: Sequence;
  /** the last number that may be on its way there: 0 = none, Infinity = whatever stands behind its cursor */
  readonly inHandThrough: number;
}

/**
 * Ranges that may be shed, oldest first. `last`: the last number given; some of the numbers may be gone already.
 * @param delivered the last number that all configured sinks have
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
