/**
 * Outgoing HTTP(S), through the proxy that the environment names: HTTPS_PROXY and HTTP_PROXY (lower case counts first),
 * with the exceptions of NO_PROXY. An https address is reached through a tunnel (CONNECT), so that TLS ends at the server
 * itself.
 *
 * Always: this machine is reached without a proxy; a proxy that does not answer costs `tunnelTimeoutMs` (a request's signal
 * cannot end a tunnel that is being made).
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ForpostError } from '../errors.ts';
import { type Words, words } from '../texts/english.ts';

/** Longer than the longest poll without an answer. */
const tunnelTimeoutMs = 60_000;
const thisMachine = 'localhost,127.0.0.1,::1';

export interface OutgoingOptions {
  readonly keepAlive: boolean;
  readonly maxSockets: number;
  /** for https: ca, cert and key in PEM */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** for making a tunnel, and for a silent connection; default a minute */
  readonly timeoutMs?: number;
}

/** The agent for `url`. @throws ForpostError FORPOST_CONFIG_INVALID for an invalid proxy in the environment */
export function outgoingAgent(url: string, options: OutgoingOptions, env: NodeJS.ProcessEnv = process.env): HttpAgent {
  const { keepAlive, maxSockets, tls = {}, timeoutMs: timeout = tunnelTimeoutMs } = options;
  const proxyEnv = proxySettings(env);
  return url.startsWith('https:')
    ? new HttpsAgent({ keepAlive, maxSockets, timeout, proxyEnv, ...tls })
    : new HttpAgent({ keepAlive, maxSockets, timeout, proxyEnv });
}

// an alias, because Node's type has an index signature
export type ProxySettings = {
  readonly HTTP_PROXY?: string;
  readonly HTTPS_PROXY?: string;
  readonly NO_PROXY: string;
};

/** The environment's proxy, in the form of Node's agents. @throws ForpostError FORPOST_CONFIG_INVALID */
export function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const one = (name: 'HTTP_PROXY' | 'HTTPS_PROXY') => {
    const text = env[name.toLowerCase()] || env[name];
    return text === undefined || text === '' ? {} : { [name]: proxyUrl(name, text) };
  };
  const exceptions = (env.no_proxy || env.NO_PROXY || '').replaceAll(/[[\]]/g, '');
  return {
    ...one('HTTP_PROXY'),
    ...one('HTTPS_PROXY'),
    NO_PROXY: exceptions === '' ? thisMachine : `${exceptions},${thisMachine}`,
  };
}

/** Node accepts http and https proxies only, and silently uses none for any other text. */
function proxyUrl(name: string, text: string): string {
  const full = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(full) && /^https?:$/.test(new URL(full).protocol)) return full;
  throw new ForpostError(
    'FORPOST_CONFIG_INVALID',
    `${name} of the environment is no http proxy: write http://HOST:PORT (with USER:PASSWORD@ in front of HOST where it asks for them)`,
  );
}

/** Ends the wait for an answer when `signal` is aborted, even while a tunnel is being made. */
export function endWith(signal: AbortSignal, reject: (reason: unknown) => void): void {
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
}

/** A sentence about a proxy’s refusal, without the proxy’s password; undefined for any other error. */
export function proxyReason(error: unknown): Words | undefined {
  const known = error instanceof Error && 'code' in error && error.code === 'ERR_PROXY_TUNNEL';
  if (!known) return undefined;
  const proxy = / via (\S+?)\/?:? /.exec(error.message)?.[1] ?? '';
  const what = URL.canParse(proxy)
    ? words('gateway/reason.the-proxy-at', { host: new URL(proxy).host })
    : words('gateway/reason.the-proxy');
  if (error.message.includes('timed out')) return words('gateway/reason.no-answer', { where: what });
  const status = /HTTP\/1\.[01] (\d{3})/.exec(error.message)?.[1];
  if (status === '407') return words('gateway/reason.proxy-login', { what });
  return status === undefined
    ? words('gateway/reason.proxy-refuses', { what })
    : words('gateway/reason.proxy-refuses-with', { what, status });
}
