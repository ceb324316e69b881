/**
 * A camera's address, taken apart for the two who need it: the probe (host and port) and ffmpeg (the whole, with the
 * log-in). Only this file puts a password into a text, and capture.ts hands that text over on standard input.
 */
import { fileURLToPath } from 'node:url';

export interface CameraAddress {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export type Source =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'rtsp' | 'http';
      /** with the log-in, percent-encoded: never logged */
      readonly secretUrl: string;
      readonly host: string;
      readonly port: number;
      readonly hasLogin: boolean;
    };

const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** @throws TypeError where `url` is no address of a camera */
export function sourceOf({ url, user, password }: CameraAddress): Source {
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return { kind: 'file', path: fileURLToPath(parsed) };
  const defaultPort = defaultPorts[parsed.protocol];
  if (defaultPort === undefined || parsed.hostname === '') throw new TypeError(`no address of a camera: ${url}`);
  if (user !== undefined) parsed.username = user;
  if (password !== undefined) parsed.password = password;
  return {
    kind: parsed.protocol.startsWith('rtsp') ? 'rtsp' : 'http',
    secretUrl: parsed.href,
    // an IPv6 address stands in brackets in an URL and without them everywhere else
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    hasLogin: parsed.username !== '',
  };
}
