/**
 * Reads the stored numbers of a gateway's lanes as ranges. Two steps keep the memory for a lane of a thousand million
 * events as small as for a small one.
 *
 *   buckets of 65,536 numbers ── without a hole ──► one range        ranges that touch become one
 *                             └── with holes ──► their ranges, `bucketsAtOnce` at a time
 *
 * Always: a lane in more than `maxRanges` ranges is refused.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type LaneRanges, maxRanges, type Range } from '../store.ts';
import type { Executor } from './executor.ts';
import { sql } from './sql.ts';

interface Bucket {
  readonly epoch: string;
  readonly lane: Lane;
  readonly first: string;
  readonly last: string;
  /** 1: no number between `first` and `last` is missing */
  readonly whole: number;
}

/** Enough for 20,000 million events in order. */
const maxBuckets = 300_000;
/** Buckets with holes in one query: two million numbers. */
const bucketsAtOnce = 32;

/** The ranges of every lane of `gateway`, or of the one lane `only`. @throws ForpostError FORPOST_LANE_SCATTERED */
export async function rangesOf(
  executor: Executor,
  gateway: string,
  only: { readonly epoch: string; readonly lane: string } = { epoch: '', lane: '' },
): Promise<readonly LaneRanges[]> {
  const buckets = await executor.query<Bucket>(sql.numbers, { gateway, ...only, limit: maxBuckets + 1 });
  if (buckets.length > maxBuckets) throw scattered(gateway);
  const lanes: LaneRanges[] = [];
  for (const some of Map.groupBy(buckets, ({ epoch, lane }) => `${epoch}/${lane}`).values()) {
    const [one] = some;
    if (one === undefined) continue;
    const { epoch, lane } = one;
    lanes.push({ epoch, lane, received: await joined(executor, { gateway, epoch, lane }, some) });
  }
  return lanes;
}

async function joined(
  executor: Executor,
  key: { readonly gateway: string; readonly epoch: string; readonly lane: Lane },
  buckets: readonly Bucket[],
): Promise<readonly Range[]> {
  const ranges: [number, number][] = [];
  const add = ({ first, last }: Pick<Bucket, 'first' | 'last'>) => {
    const before = ranges.at(-1);
    if (before !== undefined && before[1] + 1 === Number(first)) before[1] = Number(last);
    else ranges.push([Number(first), Number(last)]);
    if (ranges.length > maxRanges) throw scattered(`${key.gateway}/${key.epoch}/${key.lane}`);
  };
  for (let i = 0; i < buckets.length; ) {
    const holed = withHoles(buckets, i);
    const [bucket, last] = [buckets[i], holed.at(-1)];
    if (bucket !== undefined && last !== undefined) {
      const limit = maxRanges + 1;
      const asked = { ...key, from: bucket.first, through: last.last, limit };
      for (const range of await executor.query<Bucket>(sql.ranges, asked)) add(range);
    } else if (bucket !== undefined) add(bucket);
    i += Math.max(1, holed.length);
  }
  return ranges;
}

/** The buckets with holes from `start` up to the next whole bucket. */
function withHoles(buckets: readonly Bucket[], start: number): readonly Bucket[] {
  const some = buckets.slice(start, start + bucketsAtOnce);
  const end = some.findIndex(({ whole }) => whole === 1);
  return end === -1 ? some : some.slice(0, end);
}

function scattered(what: string): ForpostError {
  return new ForpostError(
    'FORPOST_LANE_SCATTERED',
    words('centre/reason.scattered', { where: what, most: String(maxRanges) }),
  );
}
