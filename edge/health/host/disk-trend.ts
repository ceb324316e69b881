/**
 * When the disk of the data folder will be full, by how its use has grown over hours and days. Pure.
 *
 * The use is noted in three windows of 48 points each: 12 h in steps of 15 min, 2 days in steps of 1 h, 8 days in steps
 * of 4 h. The growth of a window is a low quantile of the slopes between all pairs of its points. (Theil and Sen take
 * the median; if the use jumps in the middle of a window, half of all pairs contain the jump, and the median is no
 * longer 0.)
 *
 * Always: one jump, however large and whenever, is no growth in any window: at most half of the pairs cross it, and the
 * quantile is a quarter. Growth must fill more than half of a window before it counts, and a window looks no further
 * ahead than twice its own length. Memory is bounded by the windows.
 */
import type { Uptime } from '@forpost/shared/clock.ts';

/** The use of the disk at one time. `at`: monotonic time, also for points from before a restart. */
export interface TrendPoint {
  readonly at: Uptime;
  /** bytes */
  readonly used: number;
}

interface Window {
  readonly stepMs: number;
  readonly points: readonly TrendPoint[];
  /** bytes a ms, computed when a point is added, so that a forecast each second is cheap */
  readonly growth: number;
}

export interface DiskTrend {
  readonly windows: readonly Window[];
}

export interface Forecast {
  /** days until the disk is full; undefined: the disk does not fill, or its trend is not known yet */
  readonly daysLeft?: number;
  /** monotonic time since which the use is known; undefined: not known */
  readonly since?: Uptime;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const stepsMs = [15 * minuteMs, 60 * minuteMs, 240 * minuteMs];
const mostPoints = 48;
/** Fewer points of a window are no trend: 3 h of the shortest one. */
const fewestPoints = 12;
const quantile = 0.25;
/** A point that is a little early still counts for its step: times in the file are rounded. */
const early = 0.99;
/** How far ahead a window looks, in multiples of the time between its first and last point. */
const horizon = 2;

export const noTrend: DiskTrend = { windows: stepsMs.map((stepMs) => ({ stepMs, points: [], growth: 0 })) };

/** Notes the use of the disk. Each window takes a point once its step has passed since its newest one. */
export function noted(trend: DiskTrend, point: TrendPoint): DiskTrend {
  const windows = trend.windows.map((window) => {
    const { stepMs, points } = window;
    const newest = points.at(-1);
    if (newest !== undefined && point.at - newest.at < stepMs * early) return window;
    const oldest = point.at - stepMs * mostPoints;
    const kept = [...points.filter(({ at }) => at > oldest), point].slice(-mostPoints);
    return { stepMs, points: kept, growth: growthOf(kept) };
  });
  return windows.every((window, index) => window === trend.windows[index]) ? trend : { windows };
}

/** `available`: bytes that are free now. */
export function forecast(trend: DiskTrend, available: number): Forecast {
  const since = Math.min(...trend.windows.flatMap(({ points: [first] }) => (first === undefined ? [] : [first.at])));
  const days = trend.windows.flatMap((window) => daysOf(window, available));
  return {
    ...(days.length === 0 ? {} : { daysLeft: Math.min(...days) }),
    ...(Number.isFinite(since) ? { since } : {}),
  };
}

function daysOf({ points, growth }: Window, available: number): readonly number[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < fewestPoints) return [];
  if (growth <= 0) return [];
  const leftMs = available / growth;
  return leftMs > horizon * (last.at - first.at) ? [] : [leftMs / dayMs];
}

/** Bytes a ms. A full window has some 1,100 pairs, which take a tenth of a millisecond. */
function growthOf(points: readonly TrendPoint[]): number {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let pair = 0;
  points.forEach((a, index) => {
    for (const b of points.slice(index + 1)) slopes[pair++] = (b.used - a.used) / (b.at - a.at);
  });
  slopes.sort();
  return slopes[Math.floor(slopes.length * quantile)] ?? 0;
}
