import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { hashOfRow } from '../row-hash.ts';

/** What the row of a lane says. */
export interface LaneNumbers {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly start: number;
  readonly first: Sequence;
  readonly next: Sequence;
  readonly bytes: number;
}

/** The hash of a lane's row. */
export function hashOfLane({ epoch, lane, start, first, next, bytes }: LaneNumbers): number {
  return hashOfRow('lanes', [epoch, lane, start, first, next, bytes]);
}
