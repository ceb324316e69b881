/**
 * Turns a request for a series into a query of the history: fills in defaults, and refuses a request that makes
 * no chart, in words. Pure: (request, now) to (query).
 */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { timeOf } from '@forpost/shared/http/validation.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type Type from 'typebox';
import type { SeriesQuery } from '../history/store.ts';
import { maxPoints, type seriesQuery } from './schemas.ts';

const dayMs = 86_400_000;
/** The default step gives a chart at most this many points. */
const comfortablePoints = 400;
const roundSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
/** a leap year: the longest step of the history */
const longestStepSeconds = 366 * 86_400;
const weekSeconds = 7 * 86_400;

/** @throws HttpProblem 400 where the request is no time span, has too many points, or names no time zone */
export function seriesPlan(request: Type.Static<typeof seriesQuery>, nowMs: number): SeriesQuery {
  const to = request.to === undefined ? nowMs : timeOf('to', request.to);
  const from = request.from === undefined ? to - dayMs : timeOf('from', request.from);
  if (from >= to) throw new HttpProblem(400, message('centre/reason.from-after-to'));
  const stepSeconds = request.step ?? fittingStep((to - from) / 1000, comfortablePoints);
  if (stepSeconds > longestStepSeconds) throw new HttpProblem(400, message('centre/reason.too-far-apart'));
  const points = Math.ceil((to - from) / 1000 / stepSeconds);
  if (points > maxPoints) {
    const enough = fittingStep((to - from) / 1000, maxPoints);
    throw new HttpProblem(
      400,
      message('centre/reason.too-many-points', {
        points: String(points),
        most: String(maxPoints),
        seconds: String(enough),
      }),
    );
  }
  const timezone = request.tz ?? 'UTC';
  if (!isTimeZone(timezone)) throw new HttpProblem(400, message('centre/reason.no-time-zone', { name: timezone }));
  return {
    device: request.device,
    metric: request.metric,
    ...(request.gateway === undefined ? {} : { gateway: request.gateway }),
    ...(request.channel === undefined ? {} : { channel: request.channel }),
    from,
    to,
    stepSeconds,
    aggregate: request.agg ?? 'avg',
    timezone,
  };
}

/** The shortest round step that gives at most `points`. Below a day it divides a day, which the history requires. */
function fittingStep(seconds: number, points: number): number {
  return roundSteps.find((step) => seconds / step <= points) ?? weekSeconds * Math.ceil(seconds / weekSeconds / points);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const units: Readonly<Record<string, string>> = {
  w: 'W',
  wh: 'Wh',
  v: 'V',
  a: 'A',
  hz: 'Hz',
  c: '°C',
  pct: '%',
  m3: 'm³',
  var: 'var',
  va: 'VA',
  varh: 'varh',
  s: 's',
  lx: 'lx',
  pa: 'Pa',
  ppm: 'ppm',
};

/** The unit in a metric's name, <quantity>_<unit>[_export][_l1][_t1]: power_w -> W. Empty where it has none. */
export function unitOf(metric: string): string {
  const bare = metric.replace(/(_export|_import|_l[123]|_t[0-9]+)+$/, '');
  return units[bare.slice(bare.lastIndexOf('_') + 1)] ?? '';
}
