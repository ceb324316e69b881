/**
 * The ledger as the API answers it: counts of every lane, and of each kind the first ranges. Pure.
 *
 * Always: counts cover the whole ledger. Where ranges, gap records or lanes are cut off, the answer says how many and
 * where to go on. Lanes with missing events come first, then lanes with waiting events, then lanes with a gap.
 */

import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { Gap, Range } from '../history/store.ts';
import type { GatewayLedger, LaneLedger } from './ledger.ts';
import type { LedgerLaneView, LedgerView } from './schemas.ts';

export interface LedgerQuery {
  readonly epoch?: string;
  readonly lane?: string;
  /** ranges that end at or before this number are left out */
  readonly after?: number;
  /** ranges of each kind, and gap records, of one lane */
  readonly limit?: number;
  /** lanes to leave out, in the order of the answer */
  readonly skip?: number;
}

const defaultRanges = 20;
/** of one lane; the reasons with the most events */
const mostReasons = 50;
/** of one answer */
export const maxLedgerLanes = 100;

/** `rows`: the rows of each lane (by epoch/lane) in the history, duplicates included. */
export function ledgerView(
  ledger: GatewayLedger,
  rows: ReadonlyMap<string, number>,
  query: LedgerQuery = {},
): LedgerView {
  const { gateway, assigned, received, shed, missing, waiting } = ledger;
  const wanted = ledger.lanes.filter(
    ({ epoch, lane }) => (query.epoch ?? epoch) === epoch && (query.lane ?? lane) === lane,
  );
  const sorted = wanted.toSorted(
    (a, b) =>
      b.missing.count - a.missing.count ||
      b.waiting.count - a.waiting.count ||
      b.shed.count - a.shed.count ||
      nameOf(a).localeCompare(nameOf(b)),
  );
  const skip = query.skip ?? 0;
  const shown = sorted.slice(skip, skip + maxLedgerLanes);
  const duplicatesOf = (lane: LaneLedger) => Math.max(0, (rows.get(nameOf(lane)) ?? 0) - lane.received.count);
  return {
    gateway,
    assigned,
    received,
    shed,
    missing,
    waiting,
    duplicates: ledger.lanes.reduce((sum, lane) => sum + duplicatesOf(lane), 0),
    lanes: shown.map((lane) => laneView(lane, duplicatesOf(lane), query)),
    lanes_left_out: Math.max(0, sorted.length - skip - shown.length),
  };
}

function nameOf({ epoch, lane }: LaneLedger): string {
  return `${epoch}/${lane}`;
}

function laneView(lane: LaneLedger, duplicates: number, query: LedgerQuery): LedgerLaneView {
  const cut = (ranges: readonly Range[]) => cutRanges(ranges, query.after ?? 0, query.limit ?? defaultRanges);
  const after = query.after ?? 0;
  const gaps = lane.gaps.filter(({ through }) => after === 0 || through === null || through > after);
  const shownGaps = gaps.toSorted((a, b) => a.from - b.from).slice(0, query.limit ?? defaultRanges);
  return {
    epoch: lane.epoch,
    lane: lane.lane,
    assigned: lane.assigned,
    received: lane.received.count,
    shed: lane.shed.count,
    missing: lane.missing.count,
    waiting: lane.waiting.count,
    duplicates,
    settled: lane.settled,
    reasons: lane.shed.reasons
      .toSorted((a, b) => b.count - a.count)
      .slice(0, mostReasons)
      .map(({ reason, count }) => ({ ...inAnyLanguage(reason), count })),
    ranges: {
      received: cut(lane.received.ranges),
      shed: cut(lane.shed.ranges),
      missing: cut(lane.missing.ranges),
      waiting: cut(lane.waiting.ranges),
    },
    gaps: shownGaps.map(gapView),
    gaps_left_out: gaps.length - shownGaps.length,
  };
}

function cutRanges(ranges: readonly Range[], after: number, limit: number) {
  const behind = after === 0 ? ranges : ranges.filter(([, through]) => through > after);
  const shown = behind.slice(0, limit);
  const last = shown.at(-1);
  const left = behind.length - shown.length;
  return { ranges: shown, left_out: left, ...(left > 0 && last !== undefined ? { next: last[1] } : {}) };
}

function gapView({ from, through, count, reason, firstTime, lastTime }: Gap) {
  return {
    from,
    to: through,
    count,
    ...inAnyLanguage(reason),
    ...(firstTime === undefined ? {} : { first_time: firstTime }),
    ...(lastTime === undefined ? {} : { last_time: lastTime }),
  };
}

function inAnyLanguage(reason: string): { readonly reason: string; readonly reason_i18n?: Message } {
  const text = recognise(reason);
  return text === undefined ? { reason } : { reason, reason_i18n: text };
}
