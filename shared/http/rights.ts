/**
 * The right that each route declares; this file checks it before anything else of a request is read.
 *
 * Always: the server does not start with a route that declares no right, or with a changing route whose right is to see.
 * So a new route cannot be forgotten, and a viewer's log-in cannot reach a route that writes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ForpostError } from '../errors.ts';
import { message } from '../texts/texts.ts';
import type { Login } from './login.ts';
import type { MetricsToken } from './metrics-token.ts';
import { HttpProblem } from './problem.ts';

/**
 * open: anybody · see: any log-in · act: the log-in of an operator · metrics: any log-in, or a scraper with the metrics'
 * token · gateway: the route itself identifies the gateway by its token or certificate · own: any log-in, a viewer's too:
 * the route changes only that person's own settings (their language)
 */
export type Right = 'open' | 'see' | 'act' | 'metrics' | 'gateway' | 'own';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** the right that a request needs: see shared/http/rights.ts */
    right?: Right;
  }
}

export interface RightsOptions {
  /** asked at each request, because routes may exist before the log-in does */
  readonly login: () => Pick<Login, 'requireLogin' | 'requireActing'> | undefined;
  readonly metricsToken?: Pick<MetricsToken, 'isIn'> | undefined;
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);
const rights: readonly unknown[] = ['open', 'see', 'act', 'metrics', 'gateway', 'own'] satisfies Right[];

/**
 * Checks every route that is added to `app`, or within it, from now on. `app.ready` fails when a route declares no
 * right or too low a right. The check waits for it, because a later hook may set the right of a plugin's own route.
 */
export function registerRights(app: FastifyInstance, options: RightsOptions): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
    const check = async (request: FastifyRequest, reply: FastifyReply) => {
      const { right } = request.routeOptions.config;
      if (right === 'open' || right === 'gateway') return;
      if (right === 'metrics' && (await options.metricsToken?.isIn(request)) === true) return;
      const login = options.login();
      if (login === undefined) throw new HttpProblem(401, message('reason/http.nobody-logs-in'));
      await (right === 'act' ? login.requireActing : login.requireLogin)(request, reply);
    };
    // after the hooks of the server, which read the cookie
    route.onRequest = [check, ...[route.onRequest ?? []].flat()];
  });
  app.addHook('onReady', async () => {
    const wrong = routes.flatMap(problemOf);
    if (wrong.length > 0) throw new ForpostError('FORPOST_PART_FAILED', wrong.join('; '));
  });
}

function problemOf({ config, method, url }: RouteOptions): string[] {
  const right = config?.right;
  const methods = [method].flat();
  const name = `the route ${methods.join(', ')} ${url}`;
  if (right === undefined || !rights.includes(right))
    return [`${name} declares no right: add config: { right: 'see' } or 'act', … (shared/http/rights.ts)`];
  if (right === 'see' && methods.some((one) => !reading.has(one)))
    return [`${name} changes something: its right is 'act'`];
  return [];
}
