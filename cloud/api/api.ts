/**
 * The centre's HTTP server: log-in, errors, the page, /openapi.json, and the routes of every capability.
 *
 * Always: each route declares its right (shared/http/rights.ts), and the server does not start with one that declares
 * none. Everything needs a log-in but the health answers, the log-in itself and the page's files (/metrics takes its
 * token too). A wrong parameter is answered with its name and the nearest right one (RFC 9457). The OpenAPI document
 * comes from the routes.
 */

import { Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
import { boundConnections } from '@forpost/shared/http/connections.ts';
import { noProxies, type ProxySettings, proxyOptions, registerProxies } from '@forpost/shared/http/forwarded.ts';
import { type Login, registerLogin } from '@forpost/shared/http/login.ts';
import type { MetricsToken } from '@forpost/shared/http/metrics-token.ts';
import { documentedRoutes, registerOpenApi } from '@forpost/shared/http/openapi.ts';
import { paceHandshakes } from '@forpost/shared/http/paced-handshakes.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { registerRights } from '@forpost/shared/http/rights.ts';
import { registerSameOrigin } from '@forpost/shared/http/same-origin.ts';
import { registerSecurityHeaders } from '@forpost/shared/http/security-headers.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { ServerTls } from '@forpost/shared/tls.ts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { Users } from '../access/users.ts';
import type { Capabilities } from './capability.ts';
import { registerPage } from './page.ts';

export interface ApiParts {
  /** all addresses but the log-in, the page and the document of the API itself */
  readonly capabilities: Pick<Capabilities, 'addRoutes'>;
  readonly users: Pick<Users, 'hashOf'> &
    Partial<Pick<Users, 'roleOf' | 'languageOf' | 'closed' | 'refresh' | 'onChange'>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** the built page; default cloud/web/dist */
  readonly webFolder?: string;
  /** served over TLS with it; absent: without TLS */
  readonly tls?: ServerTls | undefined;
  /** the proxies in front, and the page's path; default: none */
  readonly proxies?: ProxySettings;
  /** absent: /metrics needs a log-in */
  readonly metricsToken?: MetricsToken;
  /** where log-ins outlive a restart; absent: in memory alone */
  readonly sessionsFile?: string;
}

const cookieName = 'forpost-centre';
const maxBodyBytes = 65_536;
const requestTimeoutMs = 30_000;
const maxConnections = 2000;

/** Builds the server; the caller listens (shared/http/listen.ts), and may register more on it before. */
export function buildApi(parts: ApiParts): FastifyInstance {
  const { clock, users, logger, proxies = noProxies } = parts;
  const app = Fastify({
    ...proxyOptions(proxies),
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
  const prefixOf = registerProxies(app, proxies);
  let login: Login | undefined;
  registerRights(app, { login: () => login, metricsToken: parts.metricsToken });
  registerSameOrigin(app);
  // the receiver's routes too, which are added later
  const documented = documentedRoutes(app);

  // in a scope of their own, for its validation and its answers
  app.register(async (scope) => {
    useSchemas(scope);
    login = registerLogin(scope, {
      realm: words('gateway/reason.the-centre'),
      users: (name) => users.hashOf(name),
      roleOf: (name) => users.roleOf?.(name),
      languageOf: (name) => users.languageOf?.(name),
      closed: () => users.closed,
      refresh: async () => users.refresh?.(),
      cookieName,
      secure: false,
      prefixOf,
      sessionsFile: parts.sessionsFile,
      clock,
    });
    const { usersChanged } = login;
    users.onChange?.(() => void usersChanged());
    parts.capabilities.addRoutes(scope, login);
    const info = { title: 'Forpost centre', description: 'The synced history of all sites', cookieName };
    registerOpenApi(scope, info, documented);
  });

  registerPage(app, parts.webFolder ?? fileURLToPath(new URL('../web/dist', import.meta.url)), prefixOf);
  return app;
}
