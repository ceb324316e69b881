/**
 * Explains the events that were lost with a box that a restored one has replaced. Pure.
 *
 *   epochs:   … ── former (the backup ended in it) ──┬── begun by the old box later ──┬── the restored gateway's own
 *                  its gap record explains the rest  │   explained here               └── takeover
 *
 * Always: an event that arrived counts as received all the same. The restored gateway does not know the epochs that the
 * old box began after the backup, so no gap record of its own can name them; the centre knows them by their announced
 * numbers.
 */
import type { Takeover } from '../gateways/takeovers.ts';
import type { LaneEnd } from '../history/store.ts';
import type { LaneHistory } from './ledger.ts';

export const supersededReason = 'lost: the box that stored it was replaced by a restored one';

/**
 * `history` with a gap in each lane of an epoch that a replaced box began after the backup.
 * @param named the epochs of the gateway's latest status
 */
export function withSuperseded(
  gateway: string,
  history: readonly LaneHistory[],
  ends: readonly LaneEnd[],
  takeovers: readonly Takeover[],
  named: ReadonlySet<string>,
): readonly LaneHistory[] {
  const lost = ends.filter((end) => !named.has(end.epoch) && takeovers.some((one) => isReplaced(end, one, ends)));
  if (lost.length === 0) return history;
  const left = new Map(lost.map((end) => [`${end.epoch}/${end.lane}`, end]));
  const known = history.map((lane) => {
    const name = `${lane.key.epoch}/${lane.key.lane}`;
    return left.delete(name) ? { ...lane, gaps: [...lane.gaps, whole] } : lane;
  });
  const unknown = [...left.values()].map(({ epoch, lane }) => ({
    key: { gateway, epoch, lane },
    received: [],
    gaps: [whole],
  }));
  return [...known, ...unknown];
}

const whole = { from: 1, through: null, count: 0, reason: supersededReason } as const;

/** Whether a lane's epoch began after the epoch `former` and before the takeover, by the centre's clock. */
function isReplaced({ epoch, begun }: LaneEnd, { former, at }: Takeover, ends: readonly LaneEnd[]): boolean {
  const formerBegun = ends.filter((one) => one.epoch === former).map((one) => one.begun);
  if (epoch === former || formerBegun.length === 0) return false;
  return begun > Math.min(...formerBegun) && begun < at;
}
