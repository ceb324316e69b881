/**
 * Security headers of both pages. A page loads its own files only, so the policy starts from nothing and allows its own
 * origin (CSP Level 3).
 *
 * Always: only scripts that the server named run; no other site may frame the page, read its answers or learn its
 * addresses; no cache keeps an API answer.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface SecurityHeadersOptions {
  /** hashes of inline scripts (an import map) in the answer to a request: see `scriptHash` */
  readonly scriptHashes?: (request: FastifyRequest) => readonly string[];
  /** allows style elements of a component library; default: style sheets of the own origin only */
  readonly inlineStyles?: boolean;
  /** RFC 6797, for a browser that came by https; not for a self-signed certificate, which the browser could then not accept */
  readonly strictTransportSecurity?: boolean;
}

/** `'sha256-…'` of an inline script's exact text, for script-src. */
export function scriptHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

/** Sets the headers on every answer of `app`; `cache-control: no-store` unless the handler sets another one. */
export function registerSecurityHeaders(app: FastifyInstance, options: SecurityHeadersOptions = {}): void {
  const headers: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    // for browsers without frame-ancestors
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
