/** What gap records say, for the ledger. A record whose numbers make no sense explains nothing and is left out. */
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { isId, isLane, type Lane } from '@forpost/shared/event/ids.ts';
import type { Gap } from './store.ts';

/** Of which lane of its gateway a gap record speaks, and what it says; undefined for any other event, and for nonsense. */
export function gapOf(
  event: Pick<ForpostEvent, 'type' | 'data'>,
): { readonly epoch: string; readonly lane: Lane; readonly gap: Gap | undefined } | undefined {
  if (event.type !== eventTypes.gap || typeof event.data !== 'object' || event.data === null) return undefined;
  const { epoch, lane } = event.data as { readonly epoch?: unknown; readonly lane?: unknown };
  if (!isId(epoch) || !isLane(lane)) return undefined;
  return { epoch, lane, gap: gapsOf([event.data])[0] };
}

/** From the data of gap events; `to: null` means: up to an unknown end. */
export function gapsOf(data: readonly unknown[]): readonly Gap[] {
  return data.flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const { from, to, count, reason, first_time, last_time } = value as Readonly<Record<string, unknown>>;
    const first = toNumber(from);
    const last = to === null || to === undefined ? null : toNumber(to);
    if (first === undefined || last === undefined || (last !== null && last < first)) return [];
    return [
      {
        from: first,
        through: last,
        count: typeof count === 'number' && Number.isFinite(count) ? count : 0,
        reason: text(reason),
        ...(first_time === undefined ? {} : { firstTime: text(first_time) }),
        ...(last_time === undefined ? {} : { lastTime: text(last_time) }),
      },
    ];
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'string' && /^[0-9]{1,16}$/.test(value)) return Number(value);
  return undefined;
}
