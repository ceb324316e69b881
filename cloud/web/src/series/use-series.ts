/** The chart's data: the choice of devices, and the chosen series from the centre, extended by the stream. */
import { useEffect, useState } from 'react';
import type { MetricsAnswer, SeriesAnswer } from '../../../series/schemas.ts';
import { Question, wait } from '../asking.ts';
import { get, sentence } from '../http.ts';
import type { Desk } from '../live/desk.ts';
import type { PageTexts } from '../texts/page-texts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { centreNow } from '../time.ts';
import { type ChartChoice, type ChartSeries, readingsOf, seriesOf, withReadings } from './series.ts';

export const ranges = [
  { value: '1h', hours: 1 },
  { value: '6h', hours: 6 },
  { value: '24h', hours: 24 },
  { value: '7d', hours: 168 },
] as const;
export type RangeName = (typeof ranges)[number]['value'];
export const hourMs = 3_600_000;

/** "24 h", "7 d" */
export function rangeWords({ t }: PageTexts, range: RangeName): string {
  const hours = hoursOf(range);
  return hours > 24
    ? t('centre-page/short.days', { count: hours / 24 })
    : t('centre-page/short.hours', { count: hours });
}

/** How often the page requests the centre's steps again; in between it draws arriving readings. */
const recountMs = 60_000;
const firstChoicesMs = 3000;
const recountSoonMs = 2500;
const retryMs = 5000;

export function useChoices(desk: Desk): { choices: readonly ChartChoice[]; problem: string; loaded: boolean } {
  const texts = useTexts();
  const [answer, setAnswer] = useState<{ choices: readonly ChartChoice[]; problem: string; loaded: boolean }>({
    choices: [],
    problem: '',
    loaded: false,
  });
  useEffect(() => {
    let askedAt = 0;
    let known = 0;
    const question = new Question<MetricsAnswer>({
      ask: (signal) => {
        askedAt = centreNow();
        return get('/api/v1/metrics', signal);
      },
      answered: ({ metrics }) => {
        known = metrics.length;
        setAnswer({ choices: metrics, problem: '', loaded: true });
      },
      failed: (error) => setAnswer((before) => ({ ...before, problem: sentence(texts, error), loaded: true })),
      wait,
      retryMs,
    });
    question.ask();
    const stop = desk.onEvents((batch) => {
      // a new device can be chosen soon after its first reading
      if (batch === undefined || centreNow() - askedAt > (known === 0 ? firstChoicesMs : recountMs)) question.ask();
    });
    return () => {
      stop();
      question.stop();
    };
  }, [desk, texts]);
  return answer;
}

/** With a `problem`, `series` holds the last answer and the readings since. */
export function useSeries(
  desk: Desk,
  choice: ChartChoice | undefined,
  range: RangeName,
): { series: ChartSeries | undefined; problem: string } {
  const texts = useTexts();
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
    let askedAt = 0;
    let lastCounted = Number.NEGATIVE_INFINITY;
    const question = new Question<SeriesAnswer>({
      ask: (signal) => {
        askedAt = centreNow();
        return get(addressOf(chosen, range, askedAt), signal);
      },
      answered: (series) => {
        lastCounted = series.points.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
        setAnswer({ series: seriesOf(series), problem: '' });
      },
      failed: (error) => setAnswer((before) => ({ ...before, problem: sentence(texts, error) })),
      wait,
      retryMs,
    });
    setAnswer({ series: undefined, problem: '' });
    question.ask();
    let recount: number | undefined;
    const stop = desk.onEvents((batch) => {
      if (batch === undefined) {
        question.ask();
        return;
      }
      const readings = readingsOf(batch.events, chosen);
      // a draining backlog adds past readings, which only the centre can compute
      const isPast = batch.skipped > 0 || readings.some(({ time }) => time < lastCounted);
      if (isPast || (readings.length > 0 && centreNow() - askedAt > recountMs)) {
        recount ??= window.setTimeout(() => {
          recount = undefined;
          question.ask();
        }, recountSoonMs);
      }
      if (readings.length > 0)
        setAnswer((before) =>
          before.series === undefined ? before : { ...before, series: withReadings(before.series, readings) },
        );
    });
    return () => {
      stop();
      question.stop();
      window.clearTimeout(recount);
    };
  }, [desk, key, range, texts]);
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

export function hoursOf(range: RangeName): number {
  return ranges.find(({ value }) => value === range)?.hours ?? 1;
}
