/**
 * A server behind a proxy: which proxies are believed, and what they say of a request (X-Forwarded-For, -Proto, -Host,
 * -Prefix).
 *
 * Always: a header of these counts only where the connection itself comes from a trusted proxy, so nobody outside
 * chooses his address, his scheme or the path of a cookie. Fastify reads the first three (`request.ip`, `.protocol`,
 * `.host`); the prefix is read here.
 */
import { BlockList, isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import Type from 'typebox';
import { isLoopback } from './loopback.ts';
import { HttpProblem } from './problem.ts';

export interface Front {
  /** addresses and networks (CIDR) of the proxies in front; empty: none is believed */
  readonly trusted: readonly string[];
  /** the path under which people reach the page, where the proxy passes it on as it is or does not say it: /forpost */
  readonly basePath?: string | undefined;
  /** nobody but the proxies may come in: the port has no TLS and other machines reach it */
  readonly proxiesOnly?: boolean;
}

const longestPrefix = 200;
const basePathPattern = '^(/[A-Za-z0-9._~-]+)+$';
const prefixFormat = new RegExp(basePathPattern);

/** What a configuration says of the proxies in front, on both sides. */
export const frontProperties = {
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

export const noFront: Front = { trusted: [] };

/** Why this is no address and no network; undefined where it is one. */
export function addressProblem(text: string): string | undefined {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0) return `"${text}" is neither an address nor a network such as 10.0.0.0/8`;
  if (bits === undefined) return undefined;
  const most = family === 4 ? 32 : 128;
  if (more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > most)
    return `"${text}": a network of ${address} has 0 to ${most} bits after the /`;
  return Number(bits) === 0 ? `"${text}" would believe everybody: name the proxy's own address` : undefined;
}

/** What Fastify is made with. */
export function frontOptions({ trusted, basePath }: Front): Pick<FastifyServerOptions, 'trustProxy' | 'rewriteUrl'> {
  return {
    ...(trusted.length === 0 ? {} : { trustProxy: [...trusted] }),
    // a proxy that strips the path sends it without: both mean the same
    ...(basePath === undefined ? {} : { rewriteUrl: ({ url = '/' }) => withoutBase(url, basePath) }),
  };
}

function withoutBase(url: string, basePath: string): string {
  if (!url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

/** The path in front of the page for whoever sent a request: '' or /forpost. */
export type PrefixOf = (request: FastifyRequest) => string;

/** Refuses whoever comes past the proxies, and returns what says the prefix of a request. */
export function registerFront(app: FastifyInstance, { trusted, basePath, proxiesOnly = false }: Front): PrefixOf {
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
      throw new HttpProblem(
        403,
        'this port is for the proxies of http.trusted_proxy alone, because it has no TLS: open the page by the proxy’s address',
      );
    });
  return ({ raw }) => {
    const said = raw.headers['x-forwarded-prefix'];
    if (typeof said !== 'string' || !isProxy(raw.socket.remoteAddress ?? '')) return basePath ?? '';
    const prefix = said.replace(/\/+$/, '');
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
