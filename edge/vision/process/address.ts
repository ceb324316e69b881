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
      /** what must not be printed, where it is long enough to be told from any other text */
      readonly secrets: readonly string[];
    };

const shortestSecret = 4;
const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** @throws TypeError where `url` is no address of a camera */
export function sourceOf({ url, user, password }: CameraAddress): Source {
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return { kind: 'file', path: fileURLToPath(parsed) };
  const defaultPort = defaultPorts[parsed.protocol];
  if (defaultPort === undefined || parsed.hostname === '') throw new TypeError(`no address of a camera: ${url}`);
  // the setters leave a percent sign as it is, and ffmpeg would take it for the beginning of an encoded character
  if (user !== undefined) parsed.username = encodeURIComponent(user);
  if (password !== undefined) parsed.password = encodeURIComponent(password);
  return {
    kind: parsed.protocol.startsWith('rtsp') ? 'rtsp' : 'http',
    secretUrl: parsed.href,
    // an IPv6 address stands in brackets in an URL and without them everywhere else
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    hasLogin: parsed.username !== '',
    secrets: [password ?? '', parsed.password].filter((secret) => secret.length >= shortestSecret),
  };
}
