/**
 * Refuses requests that another site's page makes with this site's cookie (cross-site request forgery). The rule is
 * that of Go's net/http.CrossOriginProtection: `Sec-Fetch-Site` decides where it is sent, else `Origin` must name the
 * host that was asked; a request with neither does not come from a browser, so nobody's cookie is borrowed.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether this request may change something, as far as its origin goes. */
export function isSameOrigin(request: Pick<FastifyRequest, 'headers'>): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  return new URL(origin).host === request.headers.host;
}

/** Every request of `app` that is not GET, HEAD or OPTIONS must come from its own pages. */
export function registerSameOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && !isSameOrigin(request))
      throw new HttpProblem(403, 'this request came from the page of another site');
  });
}
