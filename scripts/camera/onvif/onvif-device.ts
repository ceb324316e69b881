/**
 * A simulated ONVIF camera for tests and the demo: answers as a camera of a maker does (makes.ts), checks log-ins as it does
 * (HTTP digest, WS-UsernameToken with its own clock), and names the streams of an RTSP server.
 *
 * Always: it listens at the given host alone; `stop` ends everything that it started.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as answers from './answers.ts';
import { type Make, makes } from './makes.ts';

export interface OnvifDeviceOptions {
  /** default: hikvision */
  readonly make?: keyof typeof makes;
  /** changes the answers of the maker's cameras */
  readonly change?: (make: Make) => Make;
  readonly user?: string;
  readonly password?: string;
  /** default 127.0.0.1 */
  readonly host?: string;
  readonly port?: number;
  /** PEM: it speaks https */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** address of the stream with this path; default: rtsp:// at the device's host, port 554 */
  readonly streamUri?: (path: string, token: string) => string;
  /** s by which its clock is ahead */
  readonly clockAheadSeconds?: number;
  /** it tells its time only to a log-in */
  readonly hidesTime?: boolean;
  /** it refuses GetServices, as old devices do */
  readonly hasNoServices?: boolean;
  /** it locks the user after this many wrong tries */
  readonly locksAfter?: number;
  /** may answer a request itself; true: it has answered */
  readonly misbehave?: (request: IncomingMessage, response: ServerResponse, action: string) => boolean;
}

const leastClockDifferenceS = 30;
const mostRequestBytes = 65_536;

export class OnvifDevice {
  readonly id = '44444444-5555-6666-7777-888888888888';
  readonly make: Make;
  readonly #options: OnvifDeviceOptions;
  readonly #server: Server;
  readonly #nonces = new Set<string>();
  /** names of the requests that came, in their order */
  readonly requests: string[] = [];
  /** `Authorization` headers that came */
  readonly authorizations: string[] = [];
  wrongLogins = 0;

  constructor(options: OnvifDeviceOptions = {}) {
    this.#options = options;
    const { make = 'hikvision', change = (one) => one } = options;
    this.make = change(makes[make]);
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      this.#receive(request, response).catch(() => response.destroy());
    };
    this.#server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  }

  async start(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get base(): string {
    return `http${this.#options.tls === undefined ? '' : 's'}://${this.#options.host ?? '127.0.0.1'}:${this.port}`;
  }

  get address(): string {
    return `${this.base}/onvif/device_service`;
  }

  /** Its answer to a probe whose MessageID is `relatesTo`. */
  probeMatch(relatesTo: string): string {
    return answers.probeMatch(this.make, this.id, relatesTo, [this.address, ...this.make.otherAddresses]);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const action = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '';
    this.requests.push(action);
    if (request.headers.authorization !== undefined) this.authorizations.push(request.headers.authorization);
    if (this.#options.misbehave?.(request, response, action) === true) return;
    const send = (status: number, text: string, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/soap+xml; charset=utf-8', ...headers }).end(text);
    const { prefix } = this.make;
    if (this.#options.locksAfter !== undefined && this.wrongLogins >= this.#options.locksAfter)
      return void send(
        401,
        '<userCheck><statusValue>401</statusValue><isIrreversible>true</isIrreversible><lockStatus>lock</lockStatus><unlockTime>1800</unlockTime><retryLoginTime>0</retryLoginTime></userCheck>',
        { 'content-type': 'application/xml' },
      );
    const isOpen = action === 'GetSystemDateAndTime' && this.#options.hidesTime !== true;
    if (!isOpen && this.#options.user !== undefined && !this.#isLoggedIn(request, body)) {
      if (this.make.login === 'token')
        return void send(400, answers.fault(prefix, 'NotAuthorized', 'Sender not Authorized'));
      const nonce = randomBytes(16).toString('hex');
      this.#nonces.add(nonce);
      return void send(401, '<!DOCTYPE html><html><head><title>Document Error: Unauthorized</title></head></html>', {
        'content-type': 'text/html',
        'www-authenticate': `Digest qop="auth", realm="IP Camera", nonce="${nonce}", stale="FALSE"`,
      });
    }
    const [status, text] = this.#answer(action, body);
    send(status, text);
  }

  #answer(action: string, body: string): readonly [number, string] {
    const { make, base } = this;
    const { prefix } = make;
    const isMedia2 = body.includes('ver20/media');
    switch (action) {
      case 'GetSystemDateAndTime':
        return [200, answers.systemTime(prefix, new Date(this.#now()))];
      case 'GetServices':
        return this.#options.hasNoServices === true
          ? [400, answers.fault(prefix, 'ActionNotSupported', 'Optional Action Not Implemented')]
          : [200, answers.services(make, base)];
      case 'GetCapabilities':
        return [200, answers.capabilities(prefix, base)];
      case 'GetDeviceInformation':
        return [200, answers.deviceInformation(make)];
      case 'GetProfiles':
        return [200, (isMedia2 ? answers.profilesOfMedia2 : answers.profilesOfMedia)(prefix, make.profiles)];
      case 'GetStreamUri': {
        const token = /<(?:\w+:)?ProfileToken[^>]*>([^<]*)</.exec(body)?.[1] ?? '';
        const profile = make.profiles.find((one) => one.token === token);
        if (profile === undefined) return [400, answers.fault(prefix, 'NoProfile', 'Profile Not Exist')];
        const { streamUri = (path: string) => `rtsp://${this.#options.host ?? '127.0.0.1'}:554${path}` } =
          this.#options;
        return [200, answers.streamUri(prefix, streamUri(profile.path, token), isMedia2)];
      }
      case 'GetSnapshotUri':
        return make.snapshot === undefined
          ? [400, answers.fault(prefix, 'ActionNotSupported', 'Optional Action Not Implemented')]
          : [200, answers.snapshotUri(prefix, base + make.snapshot, isMedia2)];
      default:
        return [400, answers.fault(prefix, 'ActionNotSupported', 'Optional Action Not Implemented')];
    }
  }

  #now(): number {
    return Date.now() + (this.#options.clockAheadSeconds ?? 0) * 1_000;
  }

  #isLoggedIn(request: IncomingMessage, body: string): boolean {
    const { authorization } = request.headers;
    const hasDigest = authorization !== undefined;
    const hasToken = body.includes('UsernameToken');
    const isGood =
      (this.make.login === 'digest' && hasDigest && this.#hasGoodDigest(authorization, request)) ||
      (hasToken && this.#hasGoodToken(body) && this.make.login === 'token');
    if (!isGood && (hasDigest || (hasToken && this.make.login === 'token'))) this.wrongLogins++;
    return isGood;
  }

  #hasGoodDigest(authorization: string, { method = '' }: IncomingMessage): boolean {
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)"?`).exec(authorization)?.[1] ?? '';
    const h = (text: string) => createHash('md5').update(text).digest('hex');
    const { user = '', password = '' } = this.#options;
    const secret = h(`${user}:IP Camera:${password}`);
    const wanted = h(
      `${secret}:${field('nonce')}:${field('nc')}:${field('cnonce')}:auth:${h(`${method}:${field('uri')}`)}`,
    );
    return this.#nonces.has(field('nonce')) && field('username') === user && field('response') === wanted;
  }

  #hasGoodToken(body: string): boolean {
    const field = (name: string) => new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(body)?.[1] ?? '';
    const { user = '', password = '' } = this.#options;
    const created = field('Created');
    const age = Math.abs(Date.parse(created) - this.#now()) / 1_000;
    const digest = createHash('sha1')
      .update(Buffer.from(field('Nonce'), 'base64'))
      .update(created)
      .update(password);
    const isFresh = age <= leastClockDifferenceS;
    return isFresh && unescaped(field('Username')) === user && field('Password') === digest.digest('base64');
  }
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += part;
    if (text.length > mostRequestBytes) throw new RangeError('too long for a request');
  }
  return text;
}
