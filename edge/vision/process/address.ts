/**
 * A camera's address, taken apart for those who need it: the probe (host and port), the session with the camera (stream/) and
 * ffmpeg (of files and devices of this machine). The log-in stands apart from the address, and no other process learns it.
 */
import { isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HardwareDecoder } from '../../site/site.ts';
import type { CameraTrust } from './camera-certificate.ts';
import type { Login } from './stream/login.ts';

export interface CameraAddress {
  readonly url: string;
  /** of rtsp; default tcp */
  readonly transport?: 'tcp' | 'udp' | undefined;
  readonly hwaccel?: HardwareDecoder | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** with rtsps and https: who may be the camera */
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
}

interface Decoded {
  /** how it is decoded; undefined = by the processor */
  readonly hwaccel?: HardwareDecoder | undefined;
}

/** A file that is played in a loop, or a capture device (Video4Linux2). */
interface LocalSource extends Decoded {
  readonly path: string;
}

interface NetworkPlace extends Decoded {
  /** without a log-in */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** never logged */
  readonly login: Login | undefined;
  readonly tls: boolean;
  readonly trust: CameraTrust;
  /** what must not be printed, where it is long enough to be told from any other text */
  readonly secrets: readonly string[];
}

export type Source =
  | (LocalSource & { readonly kind: 'file' })
  | (LocalSource & { readonly kind: 'v4l2' })
  | (NetworkPlace & { readonly kind: 'rtsp'; readonly transport: 'tcp' | 'udp' })
  | (NetworkPlace & { readonly kind: 'http' });
export type NetworkSource = Extract<Source, NetworkPlace>;
export type RtspSource = Extract<Source, { readonly kind: 'rtsp' }>;
export type HttpSource = Extract<Source, { readonly kind: 'http' }>;

export function isLocal(source: Source): source is Extract<Source, LocalSource> {
  return source.kind === 'file' || source.kind === 'v4l2';
}

const shortestSecret = 4;
const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** @throws TypeError where `url` is no address of a camera */
export function sourceOf(address: CameraAddress): Source {
  const { url, user, password, transport = 'tcp', hwaccel, ca, fingerprint } = address;
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return { kind: 'file', path: fileURLToPath(parsed), hwaccel };
  if (parsed.protocol === 'v4l2:') return { kind: 'v4l2', path: decodeURIComponent(parsed.pathname), hwaccel };
  const defaultPort = defaultPorts[parsed.protocol];
  if (defaultPort === undefined || parsed.hostname === '') throw new TypeError(`no address of a camera: ${url}`);
  const login: Login = {
    user: user ?? decodeURIComponent(parsed.username),
    password: password ?? decodeURIComponent(parsed.password),
  };
  parsed.username = '';
  parsed.password = '';
  const tls = parsed.protocol === 'rtsps:' || parsed.protocol === 'https:';
  return {
    // by UDP the pictures of rtsps would be sent in the clear
    ...(parsed.protocol.startsWith('rtsp') ? { kind: 'rtsp', transport: tls ? 'tcp' : transport } : { kind: 'http' }),
    hwaccel,
    url: parsed.href,
    // an IPv6 address stands in brackets in an URL and without them everywhere else
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    login: login.user === '' ? undefined : login,
    tls,
    trust: { ca, fingerprint },
    secrets: [login.password, encodeURIComponent(login.password)].filter((secret) => secret.length >= shortestSecret),
  };
}

/** What a camera is asked for: with the port, as ffmpeg's own client writes it, which cameras are tried with. */
export function requestUrl({ kind, url, host, port, tls }: NetworkSource): string {
  const { pathname, search } = new URL(url);
  const scheme = `${kind}${tls ? 's' : ''}`;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}${pathname}${search}`;
}

/** Where a camera's answer leads; undefined where that is no address of a camera without TLS. */
export function redirected(source: RtspSource, location: string): RtspSource | undefined {
  if (!location.startsWith('rtsp://') || URL.parse(location) === null) return undefined;
  const next = sourceOf({ url: location, transport: source.transport, hwaccel: source.hwaccel });
  return next.kind === 'rtsp' ? { ...next, login: undefined } : undefined;
}

/** What an HTTP server of several names wants to hear. */
export function hostOf({ url }: NetworkSource): string {
  return new URL(url).host;
}
