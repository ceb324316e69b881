/** Reads gap records for the ledger. A record with impossible numbers explains no missing number and is left out. */
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { isId, isLane, type Lane } from '@forpost/shared/event/ids.ts';
import type { Gap } from './store.ts';

/** The lane and the range that a gap record names; undefined for any other event and for a record that names no lane. */
export function gapOf(
  event: Pick<ForpostEvent, 'type' | 'data'>,
): { readonly epoch: string; readonly lane: Lane; readonly gap: Gap | undefined } | undefined {
  if (event.type !== eventTypes.gap || typeof event.data !== 'object' || event.data === null) return undefined;
  const data = event.data as Readonly<Record<string, unknown>>;
  const { epoch, lane } = data;
  if (!isId(epoch) || !isLane(lane)) return undefined;
  return { epoch, lane, gap: rangeOf(data) };
}

/**
 * `to: null` means an unknown end. The first number of a lane is 1; the range from 1 to 0 stands for events that the
 * gateway gave up before they got a number.
 */
function rangeOf(data: Readonly<Record<string, unknown>>): Gap | undefined {
  const { from, to, count, reason, first_time, last_time } = data;
  const first = toNumber(from);
  const last = to === null || to === undefined ? null : toNumber(to);
  if (first === undefined || first < 1 || last === undefined) return undefined;
  if (last !== null && last < first && !(first === 1 && last === 0)) return undefined;
  return {
    from: first,
    through: last,
    count: typeof count === 'number' && Number.isFinite(count) ? count : 0,
    reason: text(reason),
    ...(first_time === undefined ? {} : { firstTime: text(first_time) }),
    ...(last_time === undefined ? {} : { lastTime: text(last_time) }),
  };
}

const longestText = 300;

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, longestText).toWellFormed() : '';
}

/** No event has a number above 2^53 - 1, because sets of ranges count in doubles. */
function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
