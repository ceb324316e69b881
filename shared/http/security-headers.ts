/**
 * The headers that keep a page from doing what it was not written for. Both pages bring everything themselves, so
 * the policy starts from nothing and lets in only their own origin (CSP Level 3).
 *
 * Always: no script runs that the server did not name; no other site may frame the page, read its answers or learn
 * its addresses; an API answer is not kept in any cache.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface SecurityHeadersOptions {
  /** inline scripts (an import map) of the answer to a request, by their hash: see `scriptHash` */
  readonly scriptHashes?: (request: FastifyRequest) => readonly string[];
  /** style elements written by a component library; the default is style sheets of the own origin only */
  readonly inlineStyles?: boolean;
  /** RFC 6797, where the browser came by https; not for a self-signed certificate, which it then refuses without a way on */
  readonly strictTransportSecurity?: boolean;
}

/** `'sha256-…'` of an inline script's exact text, as script-src wants it. */
export function scriptHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

/** Sets the headers on every answer of `app`, and `cache-control: no-store` where a handler says nothing else. */
export function registerSecurityHeaders(app: FastifyInstance, options: SecurityHeadersOptions = {}): void {
  const headers: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    // for browsers that do not know frame-ancestors
    'x-frame-options': 'DENY',
  };
  app.addHook('onSend', async (request, reply) => {
    const scriptHashes = options.scriptHashes?.(request) ?? [];
    reply.header('content-security-policy', contentSecurityPolicy(options.inlineStyles, scriptHashes));
    reply.headers(headers);
    if (options.strictTransportSecurity === true && request.protocol === 'https')
      reply.header('strict-transport-security', 'max-age=31536000');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}

export function contentSecurityPolicy(inlineStyles = false, scriptHashes: readonly string[] = []): string {
  return [
    "default-src 'none'",
    ["script-src 'self'", ...scriptHashes].join(' '),
    inlineStyles ? "style-src 'self' 'unsafe-inline'" : "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
