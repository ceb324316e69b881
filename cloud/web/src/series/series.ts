/**
 * The points of a chart: the steps that the centre has computed, then the readings that have arrived since. Pure.
 *
 * Always: a time without readings is a gap in the line, never a straight line. A reading is drawn in the step of its time.
 * The page never adds a reading that is older than the centre's last step.
 */
import type { EventView } from '../../../events/schemas.ts';
import type { SeriesAnswer } from '../../../series/schemas.ts';

export interface ChartSeries {
  /** ms */
  readonly step: number;
  /** ms since 1970 */
  readonly from: number;
  readonly to: number;
  readonly counted: readonly { readonly time: number; readonly value: number }[];
  /** new readings, by the start of their step */
  readonly live: readonly { readonly time: number; readonly sum: number; readonly count: number }[];
}

export interface ChartChoice {
  readonly gateway: string;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
}

/** Most new steps, so that a chart that is open for a day does not grow. The centre's steps are requested long before. */
const maxLive = 2000;

export function seriesOf(answer: SeriesAnswer): ChartSeries {
  return {
    step: answer.step * 1000,
    from: Date.parse(answer.from),
    to: Date.parse(answer.to),
    counted: answer.points,
    live: [],
  };
}

/** The readings of `choice` in these events. */
export function readingsOf(
  events: readonly EventView[],
  choice: ChartChoice,
): readonly { time: number; value: number }[] {
  const readings: { time: number; value: number }[] = [];
  for (const event of events) {
    if (event.type !== 'forpost.reading.v1' || event.subject !== choice.device || event.gateway !== choice.gateway)
      continue;
    const { values, channel } = event.data as { values?: Record<string, unknown>; channel?: string };
    const value = values?.[choice.metric];
    if ((channel ?? '') === choice.channel && typeof value === 'number')
      readings.push({ time: Date.parse(event.time), value });
  }
  return readings;
}

export function withReadings(series: ChartSeries, readings: readonly { time: number; value: number }[]): ChartSeries {
  const lastCounted = series.counted.at(-1)?.time ?? series.from;
  const live = new Map(series.live.map((one) => [one.time, one]));
  for (const { time, value } of readings) {
    const start = Math.floor(time / series.step) * series.step;
    if (start <= lastCounted) continue;
    const known = live.get(start);
    live.set(start, { time: start, sum: (known?.sum ?? 0) + value, count: (known?.count ?? 0) + 1 });
  }
  return { ...series, live: [...live.values()].sort((a, b) => a.time - b.time).slice(-maxLive) };
}

/** The columns for uPlot: times in s since 1970, and values with null for a gap. */
export type Columns = [number[], (number | null)[]];

export function columns(series: ChartSeries): Columns {
  const points = [...series.counted, ...series.live.map(({ time, sum, count }) => ({ time, value: sum / count }))];
  const longest = gapAfter(points, series.step);
  const times: number[] = [];
  const values: (number | null)[] = [];
  let before: number | undefined;
  for (const { time, value } of points) {
    if (before !== undefined && time - before > longest) {
      times.push((before + series.step) / 1000);
      values.push(null);
    }
    times.push(time / 1000);
    values.push(value);
    before = time;
  }
  return [times, values];
}

/** The shortest gap: three usual intervals of the sensor, or three steps, so that a sensor of 5-minute readings has no gaps. */
function gapAfter(points: readonly { readonly time: number }[], step: number): number {
  const distances = points
    .slice(1)
    .map(({ time }, index) => time - (points[index]?.time ?? time))
    .sort((a, b) => a - b);
  return 3 * Math.max(step, distances[Math.floor(distances.length / 2)] ?? step);
}

/** The columns from `from` on (s since 1970), so that the readings of a silent device leave the chart as time passes. */
export function columnsFrom([times, values]: Columns, from: number): Columns {
  const first = times.findIndex((time) => time >= from);
  return first < 0 ? [[], []] : first === 0 ? [times, values] : [times.slice(first), values.slice(first)];
}

export interface Figures {
  /** the time of `now`, s since 1970 */
  readonly at: number;
  readonly now: number;
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
}

export function figuresOf([times, values]: Columns): Figures | undefined {
  const numbers = values.filter((value) => value !== null);
  const [at, now] = [times[values.findLastIndex((value) => value !== null)], numbers.at(-1)];
  if (now === undefined || at === undefined) return undefined;
  return {
    at,
    now,
    lowest: numbers.reduce((a, b) => Math.min(a, b)),
    highest: numbers.reduce((a, b) => Math.max(a, b)),
    mean: numbers.reduce((a, b) => a + b) / numbers.length,
  };
}
