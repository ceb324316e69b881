/**
 * A camera's address, taken apart for the two who need it: the probe (host and port) and ffmpeg (the whole, with the
 * log-in). Only this file puts a password into a text, and capture.ts hands that text over on standard input.
 */
import { fileURLToPath } from 'node:url';
import type { HardwareDecoder } from '../../site/site.ts';

export interface CameraAddress {
  readonly url: string;
  /** of rtsp; default tcp */
  readonly transport?: 'tcp' | 'udp' | undefined;
  readonly hwaccel?: HardwareDecoder | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

interface Decoded {
  /** how it is decoded; undefined = by the processor */
  readonly hwaccel?: HardwareDecoder | undefined;
}

/** A file that is played in a loop, or a capture device (Video4Linux2). */
interface LocalSource extends Decoded {
  readonly path: string;
}

interface NetworkSource extends Decoded {
  /** with the log-in, percent-encoded: never logged */
  readonly secretUrl: string;
  readonly host: string;
  readonly port: number;
  readonly hasLogin: boolean;
  /** what must not be printed, where it is long enough to be told from any other text */
  readonly secrets: readonly string[];
}

export type Source =
  | (LocalSource & { readonly kind: 'file' })
  | (LocalSource & { readonly kind: 'v4l2' })
  | (NetworkSource & { readonly kind: 'rtsp'; readonly transport: 'tcp' | 'udp' })
  | (NetworkSource & { readonly kind: 'http' });

export function isLocal(source: Source): source is Extract<Source, LocalSource> {
  return source.kind === 'file' || source.kind === 'v4l2';
}

const shortestSecret = 4;
const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** @throws TypeError where `url` is no address of a camera */
export function sourceOf({ url, user, password, transport = 'tcp', hwaccel }: CameraAddress): Source {
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return { kind: 'file', path: fileURLToPath(parsed), hwaccel };
  if (parsed.protocol === 'v4l2:') return { kind: 'v4l2', path: decodeURIComponent(parsed.pathname), hwaccel };
  const defaultPort = defaultPorts[parsed.protocol];
  if (defaultPort === undefined || parsed.hostname === '') throw new TypeError(`no address of a camera: ${url}`);
  // the setters leave a percent sign as it is, and ffmpeg would take it for the beginning of an encoded character
  if (user !== undefined) parsed.username = encodeURIComponent(user);
  if (password !== undefined) parsed.password = encodeURIComponent(password);
  return {
    ...(parsed.protocol.startsWith('rtsp') ? { kind: 'rtsp', transport } : { kind: 'http' }),
    hwaccel,
    secretUrl: parsed.href,
    // an IPv6 address stands in brackets in an URL and without them everywhere else
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    hasLogin: parsed.username !== '',
    secrets: [password ?? '', parsed.password].filter((secret) => secret.length >= shortestSecret),
  };
}
