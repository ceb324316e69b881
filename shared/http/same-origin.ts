/**
 * Refuses requests from another site's page that carry this site's cookie (cross-site request forgery). The rule is that
 * of Go's net/http.CrossOriginProtection: `Sec-Fetch-Site` decides when present, else `Origin` must name the requested
 * host; a request with neither does not come from a browser, and so carries no stolen cookie.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { message } from '../texts/texts.ts';
import { HttpProblem } from './problem.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether this request may change something, by its origin. Over http a browser sends no `Sec-Fetch-Site`: a proxy must
 * then pass on the requested host (`request.host` trusts X-Forwarded-Host from a trusted proxy).
 */
export function isSameOrigin(request: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  // neither side names the scheme's default port
  return new URL(origin).host === withoutDefaultPort(request.host, new URL(origin).protocol);
}

function withoutDefaultPort(host: string, protocol: string): string {
  return host.replace(protocol === 'https:' ? /:443$/ : /:80$/, '').toLowerCase();
}

/** The refusal; it names the setting of a proxy that has replaced the host. */
export function otherOrigin(request: Pick<FastifyRequest, 'headers' | 'host'>): HttpProblem {
  const { origin = '' } = request.headers;
  const known = request.headers['sec-fetch-site'] !== undefined || !URL.canParse(origin);
  const said = { origin: origin.slice(0, 200), host: request.host.slice(0, 200) };
  return new HttpProblem(
    403,
    known ? message('reason/http.other-site') : message('reason/http.other-site-proxy', said),
  );
}

/** Requires every request of `app` except GET, HEAD and OPTIONS to come from its own pages. */
export function registerSameOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && !isSameOrigin(request)) throw otherOrigin(request);
  });
}
