/**
 * A server behind a proxy: which proxies are trusted, and their headers about a request (X-Forwarded-For, -Proto, -Host,
 * -Prefix).
 *
 * Always: these headers count only when the connection itself comes from a trusted proxy, so that no client outside
 * chooses its address, its scheme or the path of a cookie. Fastify reads the first three (`request.ip`, `.protocol`,
 * `.host`); this file reads the prefix.
 */
import { BlockList, isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import Type from 'typebox';
import { type Words, words } from '../texts/english.ts';
import { message } from '../texts/texts.ts';
import { isLoopback } from './loopback.ts';
import { HttpProblem } from './problem.ts';

/** The proxies in front of a server. */
export interface ProxySettings {
  /** addresses and networks (CIDR) of the proxies in front; empty: none is trusted */
  readonly trusted: readonly string[];
  /** the page's path at the proxy, such as /forpost, when the proxy passes it on unchanged or does not send it */
  readonly basePath?: string | undefined;
  /** only the proxies and this machine may connect: the port has no TLS, and other machines reach it */
  readonly proxiesOnly?: boolean;
}

const longestPrefix = 200;
const basePathPattern = '^(/[A-Za-z0-9._~-]+)+$';
const prefixFormat = new RegExp(basePathPattern);

/** Configuration keys for the proxies in front, on both sides. */
export const proxyProperties = {
  trusted_proxy: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 100,
      description:
        'addresses and networks (10.0.0.0/8) of the proxies in front. Their X-Forwarded headers are believed; without tls only they and this machine may connect',
      'x-default': 'no proxy',
    }),
  ),
  base_path: Type.Optional(
    Type.String({
      pattern: basePathPattern,
      maxLength: 200,
      description: 'path under which a proxy shows the page, as /forpost, where it sends no X-Forwarded-Prefix',
      'x-default': 'none',
    }),
  ),
};

export const noProxies: ProxySettings = { trusted: [] };

/** Why this is neither an address nor a network; undefined for a valid one. */
export function addressProblem(text: string): Words | undefined {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0) return words('mistake/proxy.neither', { text });
  if (bits === undefined) return undefined;
  const most = family === 4 ? 32 : 128;
  if (more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    return words('mistake/proxy.bits', { text, address, most: String(most) });
  return Number(bits) === 0 ? words('mistake/proxy.everybody', { text }) : undefined;
}

/** Fastify's options for these proxies. */
export function proxyOptions({
  trusted,
  basePath,
}: ProxySettings): Pick<FastifyServerOptions, 'trustProxy' | 'rewriteUrl'> {
  return {
    ...(trusted.length === 0 ? {} : { trustProxy: [...trusted] }),
    // a proxy may strip the path or pass it on: both requests mean the same
    ...(basePath === undefined ? {} : { rewriteUrl: ({ url = '/' }) => withoutBase(url, basePath) }),
  };
}

function withoutBase(url: string, basePath: string): string {
  if (!url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

/** The path in front of the page for this request: '' or /forpost. */
export type PrefixOf = (request: FastifyRequest) => string;

/** Refuses clients that bypass the proxies; returns the function for a request's prefix. */
export function registerProxies(
  app: FastifyInstance,
  { trusted, basePath, proxiesOnly = false }: ProxySettings,
): PrefixOf {
  const proxies = blockList(trusted);
  const isProxy = (address: string) => {
    const bare = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
    const family = isIP(bare);
    return family !== 0 && proxies.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  };
  if (proxiesOnly)
    app.addHook('onRequest', async ({ raw, log }) => {
      const from = raw.socket.remoteAddress ?? '';
      if (isProxy(from) || isLoopback(from)) return;
      log.warn({ address: from }, 'a request did not come through the trusted proxy: refused');
      throw new HttpProblem(403, message('reason/http.proxies-only'));
    });
  return ({ raw }) => {
    const header = raw.headers['x-forwarded-prefix'];
    if (typeof header !== 'string' || !isProxy(raw.socket.remoteAddress ?? '')) return basePath ?? '';
    const prefix = header.replace(/\/+$/, '');
    return prefix.length <= longestPrefix && prefixFormat.test(prefix) ? prefix : (basePath ?? '');
  };
}

function blockList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
