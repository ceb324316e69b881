/**
 * The condition of the centre and its counts: GET /api/v1/centre for staff, /healthz and /readyz for supervisors (without
 * a log-in; they contain only the reasons), /metrics for a scraper.
 */
import { healthAnswer, media } from '@forpost/shared/http/schema.ts';
import type { Api, CapabilityKind } from '../api/capability.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import { type CentreFigures, CentreMetrics } from './metrics.ts';
import { type CentreView, centreAnswer } from './schemas.ts';

export interface Health {
  view(): CentreView;
  /** why the centre cannot do its work now, in words; empty where it can */
  notReady(): readonly string[];
  figures(): Pick<CentreFigures, 'ingest' | 'notifier' | 'certificates'>;
}

export interface HealthServices {
  readonly health: Health;
  readonly gateways: Pick<GatewayDirectory, 'all' | 'refused'>;
  readonly live: { readonly pages: number };
}

export const health: CapabilityKind<HealthServices> = {
  name: 'health',
  create: ({ health: condition, gateways, live }) => {
    const metrics = new CentreMetrics(() => ({ ...condition.figures(), gateways, streams: live.pages }));
    return {
      routes(api) {
        addCentreRoute(api, condition);
        addSupervisorRoutes(api, condition);
        api.get(
          '/metrics',
          {
            config: { right: 'metrics' },
            schema: {
              summary: 'Metrics in Prometheus’ text format',
              response: { 200: media('the metrics', 'text/plain') },
            },
          },
          async (_request, reply) =>
            reply
              .type(metrics.contentType)
              .serializer(String)
              .send(await metrics.render()),
        );
      },
    };
  },
};

function addCentreRoute(api: Api, condition: Health): void {
  api.get(
    '/api/v1/centre',
    {
      config: { right: 'see' },
      schema: {
        summary: 'How the centre itself is: ingest, dead letters, notifier, and what is wrong in words',
        response: { 200: centreAnswer },
      },
    },
    async () => condition.view(),
  );
}

function addSupervisorRoutes(api: Api, condition: Health): void {
  const config = { right: 'open' } as const;
  const schema = { security: [], response: { 200: healthAnswer, 503: healthAnswer } };
  api.get('/healthz', { config, schema: { ...schema, summary: 'Whether the process answers' } }, async () => ({
    status: 'ok' as const,
    reasons: [],
  }));
  api.get(
    '/readyz',
    { config, schema: { ...schema, summary: 'Whether the centre can do its work, and why not' } },
    async (_request, reply) => {
      const reasons = condition.notReady();
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .send({ status: reasons.length === 0 ? 'ok' : 'failing', reasons });
    },
  );
}
