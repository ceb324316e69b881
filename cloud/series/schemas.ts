/** Series over HTTP: one metric of one device in steps of time, and which metrics there are. */

import { answer, closed, id, list, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const maxPoints = 5000;
export const longestChannel = 64;
export const metricPatternText = '^[a-z0-9_]{1,100}$';

export const seriesQuery = Type.Object(
  {
    device: id('id of the device'),
    gateway: optional(id('id of the gateway, where several know a device of this id')),
    channel: optional(Type.String({ minLength: 1, maxLength: longestChannel, description: 'channel of the device' })),
    metric: Type.String({ pattern: metricPatternText, description: 'name of the metric, as power_w' }),
    from: optional(time('earliest time, inclusive; default: a day before `to`')),
    to: optional(time('latest time, exclusive; default: now')),
    step: optional(
      Type.Integer({
        minimum: 1,
        maximum: 31_622_400,
        description: 'length of a step in seconds; default: one that fits the time',
      }),
    ),
    agg: optional(
      Type.Union(
        [
          Type.Literal('avg'),
          Type.Literal('min'),
          Type.Literal('max'),
          Type.Literal('sum'),
          Type.Literal('last'),
          Type.Literal('count'),
        ],
        { description: 'how the values of a step become one, default avg' },
      ),
    ),
    tz: optional(Type.String({ maxLength: 64, description: 'IANA time zone in which days begin, default UTC' })),
  },
  closed,
);

export const seriesAnswer = answer({
  device: Type.String({ description: 'id of the device' }),
  metric: Type.String({ description: 'the metric, as power_w' }),
  unit: Type.String({ description: 'from the metric’s name; empty where it has none' }),
  from: time('inclusive'),
  to: time('exclusive'),
  step: Type.Integer({ description: 's' }),
  agg: Type.String({ description: 'how the values of a step were combined' }),
  tz: Type.String({ description: 'time zone of the steps' }),
  points: list(
    answer({
      time: Type.Number({ description: 'start of the step, ms since 1970' }),
      value: Type.Number({ description: 'the combined value' }),
    }),
  ),
});
export type SeriesAnswer = Type.Static<typeof seriesAnswer>;

export const metricsAnswer = answer({
  metrics: list(
    answer({
      site: Type.String({ description: 'id of the site' }),
      gateway: Type.String({ description: 'id of the gateway' }),
      device: Type.String({ description: 'id of the device' }),
      channel: Type.String({ description: 'empty where the device has none' }),
      metric: Type.String({ description: 'the metric, as power_w' }),
    }),
  ),
});
export type MetricsAnswer = Type.Static<typeof metricsAnswer>;
