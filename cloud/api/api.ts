/**
 * The centre's HTTP: the API under /api/v1, the page, /openapi.json, /healthz, /readyz, /metrics.
 *
 * Always: every route declares what it needs (shared/http/rights.ts): everything but the health answers, the log-in and
 * the page's own files needs a log-in (the metrics: that, or their token); a wrong parameter is told with its name and the nearest right one (RFC 9457); each answer is
 * bounded; nothing here writes but the log-in and the commands.
 */

import { Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import swagger from '@fastify/swagger';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
import { boundConnections } from '@forpost/shared/http/connections.ts';
import { EventStreams } from '@forpost/shared/http/event-stream.ts';
import { type Front, frontOptions, noFront, registerFront } from '@forpost/shared/http/forwarded.ts';
import { type Login, registerLogin } from '@forpost/shared/http/login.ts';
import type { MetricsToken } from '@forpost/shared/http/metrics-token.ts';
import { paceHandshakes } from '@forpost/shared/http/paced-handshakes.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { registerRights } from '@forpost/shared/http/rights.ts';
import { registerSameOrigin } from '@forpost/shared/http/same-origin.ts';
import { registerSecurityHeaders } from '@forpost/shared/http/security-headers.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { ServerTls } from '@forpost/shared/tls.ts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { Users } from '../access/users.ts';
import type { Acknowledgements } from '../alarms/acknowledgements.ts';
import type { CentreAlarms } from '../alarms/centre-alarms.ts';
import type { Commands } from '../commands/commands.ts';
import { commandDesk } from '../commands/routes.ts';
import type { EvidenceAudit } from '../evidence/audit.ts';
import type { EvidenceDepot } from '../evidence/depot.ts';
import { registerEvidenceRoutes } from '../evidence/routes.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { GatewayService } from '../gateways/out-of-service.ts';
import { CentreMetrics, type CertificateEnds, type IngestFigures } from '../health/metrics.ts';
import type { HistoryStore } from '../history/store.ts';
import type { LedgerQuery } from '../ledger/view.ts';
import type { NotifierStatus } from '../notify/notifier.ts';
import { registerSiteRoutes, type SiteRouteParts } from '../sites/routes.ts';
import type { LiveFeed } from './live.ts';
import { registerPage } from './page.ts';
import { registerRoutes } from './routes.ts';
import { type CentreView, healthAnswer, type LedgerView } from './schemas.ts';
import { LiveStreams } from './stream.ts';
import { requestValidator } from './validation.ts';

export interface ApiParts {
  readonly history: Pick<HistoryStore, 'events' | 'stored' | 'series' | 'alarms' | 'metrics'>;
  readonly gateways: GatewayDirectory;
  /** what the centre itself raises; absent: nothing */
  readonly centreAlarms?: Pick<CentreAlarms, 'all' | 'acknowledge'>;
  /** the centre's own word on alarms; absent: only the gateways' counts */
  readonly acknowledgements?: Pick<Acknowledgements, 'take'>;
  /** which gateways staff took out of service; absent: none, and none can be */
  readonly service?: Pick<GatewayService, 'isOut' | 'set'>;
  /** what was assigned, received, shed and is missing; undefined for a gateway that nobody knows */
  readonly ledger: (gateway: string, query?: LedgerQuery) => Promise<LedgerView | undefined>;
  readonly centre: () => CentreView;
  /** whether `live` hears of all that is stored: no other centre stores too. Default: it does. */
  readonly storesAll?: () => boolean;
  readonly commands: Commands;
  /** what gateways were asked for of their pictures; absent: they are not asked */
  readonly evidence?: { readonly depot: EvidenceDepot; readonly audit: EvidenceAudit };
  /** which site each gateway belongs to; absent: nobody asks */
  readonly sites?: Pick<SiteRouteParts, 'sites' | 'operations'>;
  readonly users: Pick<Users, 'hashOf'> & Partial<Pick<Users, 'roleOf' | 'closed' | 'look' | 'onChange'>>;
  readonly live: LiveFeed;
  readonly ingest: () => IngestFigures;
  readonly notifier: () => NotifierStatus;
  /** why the centre cannot do its work now, in words; empty where it can */
  readonly notReady: () => readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** the built page; default cloud/web/dist */
  readonly webFolder?: string;
  /** served over TLS with it; absent: without TLS */
  readonly tls?: ServerTls | undefined;
  /** the proxies in front, and the page's path; default: none */
  readonly front?: Front;
  /** absent: /metrics needs a log-in */
  readonly metricsToken?: MetricsToken;
  /** when the certificates of this centre's listeners end, ms since 1970 */
  readonly certificates?: () => CertificateEnds;
  /** where log-ins outlive a restart; absent: in memory alone */
  readonly sessionsFile?: string;
}

const cookieName = 'forpost-centre';
const maxBodyBytes = 65_536;
const requestTimeoutMs = 30_000;
const maxConnections = 2000;

/** Builds the server; the caller listens (shared/http/listen.ts), and may register more on it before. */
export function buildApi(parts: ApiParts): FastifyInstance {
  const { clock, live, users, gateways, logger, front = noFront } = parts;
  const app = Fastify({
    ...frontOptions(front),
    ...(parts.tls === undefined ? {} : { https: parts.tls }),
    loggerInstance: logger.child({ part: 'api' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
  } as FastifyServerOptions) as unknown as FastifyInstance;
  if (app.server instanceof TlsServer) paceHandshakes(app.server, { clock: systemClock });
  const connections = boundConnections(app.server, maxConnections);
  app.addHook('preClose', async () => connections.closeIdle());
  boundRequests(app, logger);
  registerProblems(app);
  // the component library writes a style element with its colours
  registerSecurityHeaders(app, { inlineStyles: true, strictTransportSecurity: true });
  const prefixOf = registerFront(app, front);
  let login: Login | undefined;
  registerRights(app, { login: () => login, metricsToken: parts.metricsToken });
  registerSameOrigin(app);
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Forpost centre', version: '1', description: 'The synced history of all sites' },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: cookieName } } },
    },
  });

  // in a scope of their own, registered after swagger's hooks, which see only what comes later
  app.register(async (scope) => {
    scope.setValidatorCompiler(requestValidator);
    scope.setSchemaErrorFormatter((errors) => new Error(errors.map(({ message }) => message).join('; ')));
    // the schemas document what goes out; what an event carries beyond them must not be dropped
    scope.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
    login = registerLogin(scope, {
      realm: 'the centre',
      users: (name) => users.hashOf(name),
      roleOf: (name) => users.roleOf?.(name),
      closed: () => users.closed,
      refresh: async () => users.look?.(),
      cookieName,
      secure: false,
      prefixOf,
      sessionsFile: parts.sessionsFile,
      clock,
    });
    const { usersChanged } = login;
    users.onChange?.(() => void usersChanged());
    const streams = new LiveStreams({
      live,
      ledger: parts.ledger,
      centre: parts.centre,
      storesAll: parts.storesAll ?? (() => true),
      isOut: (gateway) => parts.service?.isOut(gateway) ?? false,
      clock,
      logger,
      streams: new EventStreams(scope, { clock, maxStreams: 500 }),
    });
    registerRoutes(scope, { ...parts, login, streams });
    if (parts.sites !== undefined) registerSiteRoutes(scope, { ...parts.sites, login });
    if (parts.evidence !== undefined)
      registerEvidenceRoutes(scope, { ...parts.evidence, desk: commandDesk(parts), login });
    registerHealth(scope, parts);

    const metrics = new CentreMetrics(() => ({
      ingest: parts.ingest(),
      notifier: parts.notifier(),
      gateways,
      streams: streams.size,
      certificates: parts.certificates?.() ?? [],
    }));
    scope.get('/metrics', { config: { right: 'metrics' }, schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .serializer(String)
        .send(await metrics.render()),
    );
    scope.get('/openapi.json', { config: { right: 'see' }, schema: { hide: true } }, async () => app.swagger());
  });

  registerPage(app, parts.webFolder ?? fileURLToPath(new URL('../web/dist', import.meta.url)), prefixOf);
  return app;
}

/** For supervisors, without a log-in; they tell nothing but whether and why not. */
function registerHealth(app: FastifyInstance, { notReady }: Pick<ApiParts, 'notReady'>): void {
  const config = { right: 'open' } as const;
  const schema = { security: [], response: { 200: healthAnswer, 503: healthAnswer } };
  app.get('/healthz', { config, schema: { ...schema, summary: 'whether the process answers' } }, async () => ({
    status: 'ok',
    reasons: [],
  }));
  app.get(
    '/readyz',
    { config, schema: { ...schema, summary: 'whether it can do its work' } },
    async (_request, reply) => {
      const reasons = notReady();
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .send({ status: reasons.length === 0 ? 'ok' : 'failing', reasons });
    },
  );
}
