/** uPlot as a React component: created once for each colour scheme and size, then updated with columns. */
import { useComputedColorScheme } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { PageTexts } from '../texts/page-texts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { plotDates } from './plot-dates.ts';

export interface PlotProps {
  readonly columns: [number[], (number | null)[]];
  readonly metric: string;
  /** s since 1970 */
  readonly from: number;
  readonly to: number;
  /** text for a screen reader */
  readonly label: string;
}

const height = 260;

export function Plot({ columns, metric, from, to, label }: PlotProps): ReactNode {
  const texts = useTexts();
  const scheme = useComputedColorScheme('light');
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const range = useRef<[number, number]>([from, to]);
  range.current = [from, to];
  const data = useRef(columns);
  data.current = columns;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme's colours are read when the plot is made
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new UPlot(
      options(texts, element.clientWidth, metric, () => range.current),
      data.current,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [scheme, metric, texts]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another range draws the same columns again
  useEffect(() => {
    plot.current?.setData(columns);
  }, [columns, from, to]);

  return (
    <div className="plot">
      <div ref={box} role="img" aria-label={label} />
    </div>
  );
}

function options(texts: PageTexts, width: number, metric: string, range: () => [number, number]): UPlot.Options {
  const { significant } = texts;
  const css = getComputedStyle(document.documentElement);
  const colour = (name: string) => css.getPropertyValue(name).trim();
  const unitOf = (plot: UPlot) =>
    texts.metricUnit(metric, Math.max(Math.abs(plot.scales.y?.max ?? 0), Math.abs(plot.scales.y?.min ?? 0)));
  const axis = {
    stroke: colour('--muted'),
    font: `12px ${css.getPropertyValue('--mantine-font-family')}`,
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    fmtDate: plotDates(texts.language),
    padding: [12, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    legend: { live: true, markers: { show: false } },
    scales: {
      x: { time: true, range: () => range() },
      y: { range: (_plot, low, high) => padded(low, high) },
    },
    axes: [
      {
        ...axis,
        space: 64,
        values: [
          [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
          [3600, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
          [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
          [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
        ],
      },
      {
        ...axis,
        size: (plot, values) => axisWidth(plot, values),
        values: (plot, splits) => {
          const { withUnit, per } = unitOf(plot);
          return splits.map((value) => withUnit(significant(value / per)));
        },
      },
    ],
    series: [
      {
        label: texts.t('centre-page/chart.time'),
        value: (_plot, value) => (value === null ? '–' : texts.dateTime(new Date(value * 1000).toISOString(), 0)),
      },
      {
        label: texts.t('centre-page/chart.value'),
        stroke: colour('--plot'),
        fill: colour('--plot-soft'),
        width: 1.75,
        // a reading with a gap on both sides has no line, so it gets a point
        points: { show: true, size: 4, fill: colour('--plot'), filter: (plot) => lonely(plot.data[1] ?? []) },
        spanGaps: false,
        value: (plot, value) => {
          if (value === null) return '–';
          const { withUnit, per } = unitOf(plot);
          return withUnit(significant(value / per));
        },
      },
    ],
  };
}

/** The axis's range: padding above and below, zero included when it is near, and a flat line in the middle. */
function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const span = high - low || Math.abs(high) || 1;
  const from = low >= 0 && low < span * 1.5 ? 0 : low - span * 0.08;
  const to = high <= 0 && -high < span * 1.5 ? 0 : high + span * 0.08;
  return [from, to === from ? from + 1 : to];
}

function axisWidth(plot: UPlot, values: readonly string[] | null): number {
  const longest = (values ?? []).reduce((long, value) => (value.length > long.length ? value : long), '');
  plot.ctx.font = '12px sans-serif';
  return Math.ceil(plot.ctx.measureText(longest).width / devicePixelRatio) + 20 + longest.length;
}

/** The indices of values that stand alone between two gaps. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}
