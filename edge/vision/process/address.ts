/**
 * Parses a camera's address. The probe uses its host and port, the session with the camera (stream/) its URL, and
 * ffmpeg its path (files and capture devices of this machine). The log-in is kept apart from the URL and never reaches
 * another process.
 */
import { isIPv6 } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HardwareDecoder } from '../../site/site.ts';
import type { CameraTrust } from './camera-certificate.ts';
import type { Login } from './stream/login.ts';

export interface CameraAddress {
  readonly url: string;
  /** for rtsp; default tcp */
  readonly transport?: 'tcp' | 'udp' | undefined;
  readonly hwaccel?: HardwareDecoder | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** for rtsps and https: the CA or the fingerprint that the camera's certificate must match */
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
}

interface Decoded {
  /** the hardware decoder; undefined: the processor decodes */
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
  /** texts to remove from ffmpeg's output, without those shorter than `shortestSecret`: they occur in any text */
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

/** @throws TypeError if `url` is not the address of a camera */
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
    // over UDP, RTP packets of an rtsps stream would travel unencrypted
    ...(parsed.protocol.startsWith('rtsp') ? { kind: 'rtsp', transport: tls ? 'tcp' : transport } : { kind: 'http' }),
    hwaccel,
    url: parsed.href,
    // a URL writes an IPv6 address in brackets; everything else needs the address without them
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    login: login.user === '' ? undefined : login,
    tls,
    trust: { ca, fingerprint },
    secrets: [login.password, encodeURIComponent(login.password)].filter((secret) => secret.length >= shortestSecret),
  };
}

/**
 * The URL in a request to the camera. It names the port, as ffmpeg's client does: makers test cameras with that client.
 */
export function requestUrl({ kind, url, host, port, tls }: NetworkSource): string {
  const { pathname, search } = new URL(url);
  const scheme = `${kind}${tls ? 's' : ''}`;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}${pathname}${search}`;
}

/** The source that a camera's redirect names; undefined unless `location` is a valid rtsp:// URL. */
export function redirected(source: RtspSource, location: string): RtspSource | undefined {
  if (!location.startsWith('rtsp://') || URL.parse(location) === null) return undefined;
  const next = sourceOf({ url: location, transport: source.transport, hwaccel: source.hwaccel });
  return next.kind === 'rtsp' ? { ...next, login: undefined } : undefined;
}

/** The value of the HTTP Host header. */
export function hostOf({ url }: NetworkSource): string {
  return new URL(url).host;
}
