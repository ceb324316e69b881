/**
 * Refuses requests that another site's page makes with this site's cookie (cross-site request forgery). The rule is
 * that of Go's net/http.CrossOriginProtection: `Sec-Fetch-Site` decides where it is sent, else `Origin` must name the
 * host that was asked; a request with neither does not come from a browser, so nobody's cookie is borrowed.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether this request may change something, as far as its origin goes. Over http a browser sends no `Sec-Fetch-Site`:
 * there a proxy must pass on the host that was asked (`request.host` believes a trusted one's X-Forwarded-Host).
 */
export function isSameOrigin(request: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  // a port that the scheme has anyway is in neither
  return new URL(origin).host === withoutDefaultPort(request.host, new URL(origin).protocol);
}

function withoutDefaultPort(host: string, protocol: string): string {
  return host.replace(protocol === 'https:' ? /:443$/ : /:80$/, '').toLowerCase();
}

/** The refusal, which says what to set where a proxy has put its own host in. */
export function otherOrigin(request: Pick<FastifyRequest, 'headers' | 'host'>): HttpProblem {
  const { origin = '' } = request.headers;
  const hint =
    request.headers['sec-fetch-site'] === undefined && URL.canParse(origin)
      ? ` (the page is at ${origin.slice(0, 200)}, the request is for ${request.host.slice(0, 200)}): if that is this page behind a proxy, have the proxy pass on the Host header (nginx: proxy_set_header Host $http_host), or X-Forwarded-Host from a proxy that http.trusted_proxy names`
      : '';
  return new HttpProblem(403, `this request came from the page of another site${hint}`);
}

/** Every request of `app` that is not GET, HEAD or OPTIONS must come from its own pages. */
export function registerSameOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && !isSameOrigin(request)) throw otherOrigin(request);
  });
}
