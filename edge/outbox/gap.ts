/** Gap records: which events will never arrive, and why. Pure. */

import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { GapData } from '@forpost/shared/event/event.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';

export const shedReason = words('gateway/reason.gap-shed');
export const forgoneReason = words('gateway/reason.gap-forgone');
export const damagedReason = words('gateway/reason.gap-damaged');
export const alteredReason = words('gateway/reason.gap-altered');
export const shortReason = words('gateway/reason.gap-short');
export const restoredReason = words('gateway/reason.gap-restored');

/** Times in ms since 1970. */
export function gapOfShed(shed: {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly from: Sequence;
  readonly through: Sequence;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}): GapData {
  return {
    epoch: shed.epoch,
    lane: shed.lane,
    from: String(shed.from),
    to: String(shed.through),
    count: shed.count,
    first_time: rfc3339(shed.firstTime),
    last_time: rfc3339(shed.lastTime),
    reason: shedReason,
  };
}

/** Events that were deleted before this sink was configured. */
export function gapOfForgone(
  epoch: string,
  lane: Lane,
  { from, through }: { readonly from: Sequence; readonly through: Sequence },
): GapData {
  return { epoch, lane, from: String(from), to: String(through), count: through - from + 1, reason: forgoneReason };
}

/** A range that a damaged file has lost; `to` null: its end is unknown. */
export interface Loss {
  readonly epoch: string;
  readonly lane: Lane;
  readonly from: Sequence;
  readonly to: Sequence | null;
  readonly reason: string;
}

/** The range may contain events that the centre has received: those count as received. */
export function gapOfLoss({ epoch, lane, from, to, reason }: Loss): GapData {
  return {
    epoch,
    lane,
    from: String(from),
    to: to === null ? null : String(to),
    count: to === null ? 0 : to - from + 1,
    reason,
  };
}

/** Events that were dropped before they had a number: an empty range of the epoch, which explains no number. */
export function gapOfUnnumbered(
  epoch: string,
  lane: Lane,
  lost: { readonly count: number; readonly firstTime: number; readonly lastTime: number },
  reason: string,
): GapData {
  return {
    epoch,
    lane,
    from: '1',
    to: '0',
    count: lost.count,
    first_time: rfc3339(lost.firstTime),
    last_time: rfc3339(lost.lastTime),
    reason,
  };
}
