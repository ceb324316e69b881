/** What gap records say, for the ledger. A record whose numbers make no sense explains nothing and is left out. */
import type { HistoryStore } from './store.ts';

type Gap = Awaited<ReturnType<HistoryStore['gaps']>>[number];

/** From the data of gap events; `to: null` means: up to an unknown end. */
export function gapsOf(data: readonly unknown[]): readonly Gap[] {
  return data.flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const { from, to, count, reason } = value as Readonly<Record<string, unknown>>;
    const first = toNumber(from);
    const last = to === null || to === undefined ? null : toNumber(to);
    if (first === undefined || last === undefined || (last !== null && last < first)) return [];
    return [
      {
        from: first,
        through: last,
        count: typeof count === 'number' && Number.isFinite(count) ? count : 0,
        reason: typeof reason === 'string' ? reason : '',
      },
    ];
  });
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'string' && /^[0-9]{1,16}$/.test(value)) return Number(value);
  return undefined;
}
