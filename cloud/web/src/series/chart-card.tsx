/** A chart of one metric of one device over a chosen time, which new readings extend. */
import { AsOf } from '../parts/as-of.tsx';
import './chart.css';
import { SegmentedControl, Select } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Desk } from '../live/desk.ts';
import { type DeskState, oldOf } from '../live/desk-state.ts';
import { optionsOf } from '../parts/options.ts';
import { At } from '../parts/time-text.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useNow } from '../time.ts';
import { Plot } from './plot.tsx';
import { type ChartChoice, type ChartSeries, columns, columnsFrom, figuresOf } from './series.ts';
import { hourMs, hoursOf, type RangeName, ranges, rangeWords, useChoices, useSeries } from './use-series.ts';

/** Most options that the searchable list shows at once. */
const shownOptions = 100;

export interface ChartCardProps {
  readonly desk: Desk;
  readonly state: DeskState;
}

export function ChartCard({ desk, state }: ChartCardProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const { choices, problem: choicesProblem, loaded } = useChoices(desk);
  const [device, setDevice] = useState<string | null>(null);
  const [metric, setMetric] = useState<string | null>(null);
  const [range, setRange] = useState<RangeName>('1h');

  // the default is chosen once, when devices are known, because a chart must not change while a person reads it
  useEffect(() => {
    if (device === null && choices.length > 0 && state.gateways.size > 0) setDevice(heaviest(choices, state));
  }, [device, choices, state]);
  const chosen = useMemo(
    () => (device === null ? undefined : choose(choices, device, metric)),
    [choices, device, metric],
  );
  const { series, problem } = useSeries(desk, chosen, range);
  const devices = useMemo(
    () => optionsOf(choices.map((choice) => ({ value: deviceKey(choice), label: deviceName(choice, state) }))),
    [choices, state],
  );
  const metrics = optionsOf(
    choices
      .filter((choice) => chosen !== undefined && deviceKey(choice) === deviceKey(chosen))
      .map(({ metric: value }) => ({ value, label: texts.metricName(value) })),
  );

  return (
    <section className="card area-chart" aria-labelledby="chart-title">
      <div className="card-head chart-head">
        <h2 className="card-title" id="chart-title">
          {chosen === undefined ? t('centre-page/chart.power') : texts.metricName(chosen.metric)}
        </h2>
        <AsOf old={oldOf(state)} />
        <div className="chart-choices">
          <Select
            aria-label={t('centre-page/chart.device')}
            className="chart-device"
            data={devices}
            value={chosen === undefined ? null : deviceKey(chosen)}
            onChange={setDevice}
            searchable
            allowDeselect={false}
            size="sm"
            placeholder={t('centre-page/chart.device')}
            maxDropdownHeight={320}
            limit={shownOptions}
          />
          <Select
            aria-label={t('centre-page/chart.metric')}
            className="chart-metric"
            data={metrics}
            value={chosen?.metric ?? null}
            onChange={setMetric}
            allowDeselect={false}
            size="sm"
            placeholder={t('centre-page/chart.metric')}
          />
          <SegmentedControl
            aria-label={t('centre-page/chart.time')}
            className="chart-range"
            data={ranges.map(({ value }) => ({ value, label: rangeWords(texts, value) }))}
            value={range}
            onChange={(value) => setRange(value as RangeName)}
            size="sm"
          />
        </div>
      </div>
      {chosen === undefined ? (
        loaded && choices.length === 0 ? (
          <div className="empty">
            <strong>{choicesProblem === '' ? t('centre-page/chart.none') : choicesProblem}</strong>
            {t('centre-page/chart.none-why')}
          </div>
        ) : (
          <div className="empty chart-wait" />
        )
      ) : (
        <Chart choice={chosen} series={series} range={range} problem={problem} />
      )}
    </section>
  );
}

interface ChartProps {
  readonly choice: ChartChoice;
  readonly series: ChartSeries | undefined;
  readonly range: RangeName;
  readonly problem: string;
}

function Chart({ choice, series, range, problem }: ChartProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const now = useNow();
  const all = useMemo(() => (series === undefined ? undefined : columns(series)), [series]);
  // the right edge moves in steps of the chart, so that the chart is not drawn again each second
  const step = Math.max(series?.step ?? 1000, 5000);
  const to = Math.ceil(now / step) * step;
  const from = (to - hoursOf(range) * hourMs) / 1000;
  const drawn = useMemo(() => (all === undefined ? undefined : columnsFrom(all, from)), [all, from]);
  if (drawn === undefined) return <div className="empty chart-wait">{problem}</div>;
  const figures = figuresOf(drawn);
  if (figures === undefined)
    return (
      <div className="empty chart-wait">
        <strong>{t('centre-page/chart.none-in-time')}</strong>
        {t('centre-page/chart.none-in-time-why')}
      </div>
    );
  const unit = texts.metricUnit(choice.metric, Math.max(Math.abs(figures.highest), Math.abs(figures.lowest)));
  const figure = (value: number) => unit.withUnit(texts.significant(value / unit.per));
  return (
    <>
      {problem === '' ? null : (
        <p className="chart-problem" role="status">
          {t('centre-page/chart.problem', { problem: problem.replace(/\.?$/, '.') })}
        </p>
      )}
      <dl className="figures">
        <div>
          <dt>
            {t('centre-page/chart.latest')}, <At iso={new Date(figures.at * 1000).toISOString()} />
          </dt>
          <dd className="figure-now">{texts.metricValue(choice.metric, figures.now)}</dd>
        </div>
        <div>
          <dt>{t('centre-page/chart.mean')}</dt>
          <dd>{figure(figures.mean)}</dd>
        </div>
        <div>
          <dt>{t('centre-page/chart.highest')}</dt>
          <dd>{figure(figures.highest)}</dd>
        </div>
        <div>
          <dt>{t('centre-page/chart.lowest')}</dt>
          <dd>{figure(figures.lowest)}</dd>
        </div>
      </dl>
      <Plot
        columns={drawn}
        metric={choice.metric}
        from={from}
        to={to / 1000}
        label={t('centre-page/chart.label', {
          metric: texts.metricName(choice.metric),
          device: choice.device,
          range: rangeWords(texts, range),
          lowest: figure(figures.lowest),
          highest: figure(figures.highest),
        })}
      />
    </>
  );
}

/** The device with the highest power now, which a person most likely wants to see first. */
function heaviest(choices: readonly ChartChoice[], state: DeskState): string | null {
  const power = ({ gateway, device, channel }: ChartChoice) => {
    const values = state.gateways.get(gateway)?.devices.find(({ id }) => id === device)?.values;
    const value = values?.[channel === '' ? 'power_w' : `${channel}/power_w`];
    return typeof value === 'number' ? Math.abs(value) : -1;
  };
  const candidates = choices.filter(({ metric }) => metric === 'power_w');
  const found = (candidates.length > 0 ? candidates : choices).reduce<ChartChoice | undefined>(
    (best, one) => (best === undefined || power(one) > power(best) ? one : best),
    undefined,
  );
  return found === undefined ? null : deviceKey(found);
}

/** The chosen metric, or else the power of the first device that measures it. */
function choose(
  choices: readonly ChartChoice[],
  device: string | null,
  metric: string | null,
): ChartChoice | undefined {
  const ofDevice = device === null ? choices : choices.filter((choice) => deviceKey(choice) === device);
  return (
    ofDevice.find((choice) => choice.metric === metric) ??
    ofDevice.find((choice) => choice.metric === 'power_w') ??
    ofDevice[0] ??
    choices[0]
  );
}

function deviceKey({ gateway, device, channel }: ChartChoice): string {
  return JSON.stringify([gateway, device, channel]);
}

function deviceName({ gateway, device, channel }: ChartChoice, state: DeskState): string {
  const known = state.gateways.get(gateway);
  const name = known?.devices.find(({ id }) => id === device)?.name ?? device;
  const place = state.gateways.size > 1 ? ` (${known?.name ?? gateway})` : '';
  return `${name}${channel === '' ? '' : ` · ${channel}`}${place}`;
}
