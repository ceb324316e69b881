/** A chart of one metric of one device, over a time that one chooses, that goes on by itself. */
import './chart.css';
import { SegmentedControl, Select } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { MetricsAnswer, SeriesAnswer } from '../../../api/schemas.ts';
import { metricName, metricUnit, metricValue, significant } from '../format.ts';
import { get, sentence } from '../http.ts';
import type { Desk } from '../live/desk.ts';
import type { DeskState } from '../live/desk-state.ts';
import { centreNow, useNow } from '../time.ts';
import { Plot } from './plot.tsx';
import {
  type ChartChoice,
  type ChartSeries,
  columns,
  figuresOf,
  readingsOf,
  seriesOf,
  withReadings,
} from './series.ts';

const ranges = [
  { value: '1h', label: '1 h', hours: 1 },
  { value: '6h', label: '6 h', hours: 6 },
  { value: '24h', label: '24 h', hours: 24 },
  { value: '7d', label: '7 d', hours: 168 },
] as const;
type RangeName = (typeof ranges)[number]['value'];
const hourMs = 3_600_000;
/** The centre counts the newest steps again this often; between, the page draws what arrives. */
const recountMs = 60_000;
const firstLookMs = 3000;
const recountSoonMs = 2500;

export interface ChartCardProps {
  readonly desk: Desk;
  readonly state: DeskState;
}

export function ChartCard({ desk, state }: ChartCardProps): ReactNode {
  const { choices, problem: choicesProblem, loaded } = useChoices(desk);
  const [device, setDevice] = useState<string | null>(null);
  const [metric, setMetric] = useState<string | null>(null);
  const [range, setRange] = useState<RangeName>('1h');

  // chosen once, when there is something to choose from: a chart must not change under one's eyes
  useEffect(() => {
    if (device === null && choices.length > 0 && state.gateways.size > 0) setDevice(heaviest(choices, state));
  }, [device, choices, state]);
  const chosen = useMemo(
    () => (device === null ? undefined : choose(choices, device, metric)),
    [choices, device, metric],
  );
  const { series, problem } = useSeries(desk, chosen, range);
  const devices = [
    ...new Map(
      choices.map((choice) => [deviceKey(choice), { value: deviceKey(choice), label: deviceName(choice, state) }]),
    ).values(),
  ];
  const metrics = choices
    .filter((choice) => chosen !== undefined && deviceKey(choice) === deviceKey(chosen))
    .map((choice) => ({ value: choice.metric, label: metricName(choice.metric) }));

  return (
    <section className="card area-chart" aria-labelledby="chart-title">
      <div className="card-head chart-head">
        <h2 className="card-title" id="chart-title">
          {chosen === undefined ? 'Power' : metricName(chosen.metric)}
        </h2>
        <div className="chart-choices">
          <Select
            aria-label="Device"
            className="chart-device"
            data={devices}
            value={chosen === undefined ? null : deviceKey(chosen)}
            onChange={setDevice}
            searchable
            allowDeselect={false}
            size="xs"
            placeholder="Device"
            maxDropdownHeight={320}
          />
          <Select
            aria-label="Metric"
            className="chart-metric"
            data={metrics}
            value={chosen?.metric ?? null}
            onChange={setMetric}
            allowDeselect={false}
            size="xs"
            placeholder="Metric"
          />
          <SegmentedControl
            aria-label="Time"
            className="chart-range"
            data={ranges.map(({ value, label }) => ({ value, label }))}
            value={range}
            onChange={(value) => setRange(value as RangeName)}
            size="xs"
          />
        </div>
      </div>
      {chosen === undefined ? (
        loaded && choices.length === 0 ? (
          <div className="empty">
            <strong>{choicesProblem === '' ? 'No readings yet' : choicesProblem}</strong>
            As soon as a meter sends a reading through its gateway, its chart can be chosen here.
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
  const now = useNow();
  const drawn = useMemo(() => (series === undefined ? undefined : columns(series)), [series]);
  if (problem !== '') return <div className="empty chart-wait">{problem}</div>;
  if (drawn === undefined) return <div className="empty chart-wait" />;
  const figures = figuresOf(drawn[1]);
  if (figures === undefined)
    return (
      <div className="empty chart-wait">
        <strong>No readings in this time</strong>
        Choose a longer time, or look at the device’s gateway.
      </div>
    );
  // the right edge moves in steps of the chart, so that the line is not drawn anew each second
  const step = Math.max(series?.step ?? 1000, 5000);
  const to = Math.ceil(now / step) * step;
  const unit = metricUnit(choice.metric, Math.max(Math.abs(figures.highest), Math.abs(figures.lowest)));
  const figure = (value: number) => `${significant(value / unit.per)} ${unit.text}`;
  return (
    <>
      <dl className="figures">
        <div>
          <dt>Latest</dt>
          <dd className="figure-now">{metricValue(choice.metric, figures.now)}</dd>
        </div>
        <div>
          <dt>Mean</dt>
          <dd>{figure(figures.mean)}</dd>
        </div>
        <div>
          <dt>Highest</dt>
          <dd>{figure(figures.highest)}</dd>
        </div>
        <div>
          <dt>Lowest</dt>
          <dd>{figure(figures.lowest)}</dd>
        </div>
      </dl>
      <Plot
        columns={drawn}
        metric={choice.metric}
        from={(to - hoursOf(range) * hourMs) / 1000}
        to={to / 1000}
        label={`${metricName(choice.metric)} of ${choice.device}, the last ${range}: ${figure(figures.lowest)} to ${figure(figures.highest)}`}
      />
    </>
  );
}

function useChoices(desk: Desk): { choices: readonly ChartChoice[]; problem: string; loaded: boolean } {
  const [answer, setAnswer] = useState<{ choices: readonly ChartChoice[]; problem: string; loaded: boolean }>({
    choices: [],
    problem: '',
    loaded: false,
  });
  useEffect(() => {
    const stopping = new AbortController();
    let askedAt = 0;
    let known = 0;
    const load = () => {
      askedAt = centreNow();
      get<MetricsAnswer>('/api/v1/metrics', stopping.signal)
        .then(({ metrics }) => {
          known = metrics.length;
          setAnswer({ choices: metrics, problem: '', loaded: true });
        })
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) setAnswer((before) => ({ ...before, problem: sentence(error), loaded: true }));
        });
    };
    load();
    const stop = desk.onEvents((batch) => {
      // a device that speaks for the first time can be chosen soon after
      if (batch === undefined || centreNow() - askedAt > (known === 0 ? firstLookMs : recountMs)) load();
    });
    return () => {
      stop();
      stopping.abort();
    };
  }, [desk]);
  return answer;
}

function useSeries(
  desk: Desk,
  choice: ChartChoice | undefined,
  range: RangeName,
): { series: ChartSeries | undefined; problem: string } {
  const [answer, setAnswer] = useState<{ series: ChartSeries | undefined; problem: string }>({
    series: undefined,
    problem: '',
  });
  const key =
    choice === undefined ? '' : JSON.stringify([choice.gateway, choice.device, choice.channel, choice.metric]);
  useEffect(() => {
    if (key === '') return;
    const [gateway, device, channel, metric] = JSON.parse(key) as [string, string, string, string];
    const chosen: ChartChoice = { gateway, device, channel, metric };
    const stopping = new AbortController();
    let askedAt = 0;
    let lastCounted = Number.NEGATIVE_INFINITY;
    const load = () => {
      askedAt = centreNow();
      get<SeriesAnswer>(addressOf(chosen, range, askedAt), stopping.signal)
        .then((series) => {
          lastCounted = series.points.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
          setAnswer({ series: seriesOf(series), problem: '' });
        })
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) setAnswer({ series: undefined, problem: sentence(error) });
        });
    };
    setAnswer({ series: undefined, problem: '' });
    load();
    let recount: number | undefined;
    const stop = desk.onEvents((batch) => {
      if (batch === undefined) {
        load();
        return;
      }
      const readings = readingsOf(batch.events, chosen);
      // a backlog that drains fills in the past, which only the centre can count
      const isPast = batch.skipped > 0 || readings.some(({ time }) => time < lastCounted);
      if (isPast || (readings.length > 0 && centreNow() - askedAt > recountMs)) {
        recount ??= window.setTimeout(() => {
          recount = undefined;
          load();
        }, recountSoonMs);
      }
      if (readings.length > 0)
        setAnswer((before) =>
          before.series === undefined ? before : { ...before, series: withReadings(before.series, readings) },
        );
    });
    return () => {
      stop();
      stopping.abort();
      window.clearTimeout(recount);
    };
  }, [desk, key, range]);
  return answer;
}

function addressOf(choice: ChartChoice, range: RangeName, now: number): string {
  const query = new URLSearchParams({
    device: choice.device,
    gateway: choice.gateway,
    metric: choice.metric,
    from: new Date(now - hoursOf(range) * hourMs).toISOString(),
    to: new Date(now).toISOString(),
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  if (choice.channel !== '') query.set('channel', choice.channel);
  return `/api/v1/series?${query}`;
}

function hoursOf(range: RangeName): number {
  return ranges.find(({ value }) => value === range)?.hours ?? 1;
}

/** The device that draws or feeds in the most now: most likely what one wants to look at first. */
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

/** What was chosen, else the power of the first device that has it. */
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
  return `${gateway}/${device}/${channel}`;
}

function deviceName({ gateway, device, channel }: ChartChoice, state: DeskState): string {
  const known = state.gateways.get(gateway);
  const name = known?.devices.find(({ id }) => id === device)?.name ?? device;
  const place = state.gateways.size > 1 ? ` (${known?.name ?? gateway})` : '';
  return `${name}${channel === '' ? '' : ` · ${channel}`}${place}`;
}
