/**
 * A camera's address, taken apart for the two who need it: the probe (host and port) and ffmpeg (the whole, with the
 * log-in). Only this file puts a password into a text, and capture.ts hands that text over on standard input.
 */
import { fileURLToPath } from 'node:url';
import type { HardwareDecoder } from '../../site/site.ts';
import type { CameraTrust } from './camera-certificate.ts';

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
  /** with the log-in, percent-encoded: never logged */
  readonly secretUrl: string;
  readonly host: string;
  readonly port: number;
  readonly hasLogin: boolean;
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
  // the setters leave a percent sign as it is, and ffmpeg would take it for the beginning of an encoded character
  if (user !== undefined) parsed.username = encodeURIComponent(user);
  if (password !== undefined) parsed.password = encodeURIComponent(password);
  const tls = parsed.protocol === 'rtsps:' || parsed.protocol === 'https:';
  return {
    // by UDP the pictures of rtsps would be sent in the clear
    ...(parsed.protocol.startsWith('rtsp') ? { kind: 'rtsp', transport: tls ? 'tcp' : transport } : { kind: 'http' }),
    hwaccel,
    secretUrl: parsed.href,
    // an IPv6 address stands in brackets in an URL and without them everywhere else
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    hasLogin: parsed.username !== '',
    tls,
    trust: { ca, fingerprint },
    secrets: [password ?? '', parsed.password].filter((secret) => secret.length >= shortestSecret),
  };
}

/** The same without TLS at a port of this machine, which leads to it (tunnel.ts). */
export function portOnLoopback({ kind, secretUrl }: NetworkSource, port: number): string {
  const { username, password, pathname, search } = new URL(secretUrl);
  const login = username === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
  return `${kind}://${login}127.0.0.1:${port}${pathname}${search}`;
}

/** What an HTTP server of several names wants to hear. */
export function hostOf({ secretUrl }: NetworkSource): string {
  return new URL(secretUrl).host;
}
