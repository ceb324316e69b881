/** GET /api/v1/series, and GET /api/v1/metrics for the choice of a series. */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { asked } from '../api/answers.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { HistoryStore } from '../history/store.ts';
import { drawable } from './drawable.ts';
import { recentMetrics } from './metrics.ts';
import { seriesPlan, unitOf } from './plan.ts';
import { metricsAnswer, seriesAnswer, seriesQuery } from './schemas.ts';

export interface SeriesServices {
  readonly history: Pick<HistoryStore, 'series' | 'ask'>;
  readonly gateways: Pick<GatewayDirectory, 'get'>;
  readonly clock: Pick<Clock, 'now'>;
}

export const series: CapabilityKind<SeriesServices> = {
  name: 'series',
  create: ({ history, gateways, clock }) => ({
    routes(api) {
      api.get(
        '/api/v1/series',
        {
          config: { right: 'see' },
          schema: {
            summary: 'One metric of one device in steps of time',
            querystring: seriesQuery,
            response: { 200: seriesAnswer },
          },
        },
        async ({ query }) => {
          const plan = seriesPlan(query, clock.now());
          const points = await asked(history.series(plan));
          return {
            device: plan.device,
            metric: plan.metric,
            unit: unitOf(plan.metric),
            from: rfc3339(plan.from),
            to: rfc3339(plan.to),
            step: plan.stepSeconds,
            agg: plan.aggregate,
            tz: plan.timezone,
            points,
          };
        },
      );

      api.get(
        '/api/v1/metrics',
        {
          config: { right: 'see' },
          schema: { summary: 'Devices with the metrics they sent lately', response: { 200: metricsAnswer } },
        },
        async () => ({ metrics: drawable(await history.ask(recentMetrics, undefined), gateways) }),
      );
    },
  }),
};
