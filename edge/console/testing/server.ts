/** For tests of the page's server: servers on free ports, a log-in, and a reader of the stream. */
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { afterEach, beforeAll } from 'vitest';
import { ConsoleServer, type ConsoleServerOptions } from '../server.ts';
import type { ConsoleSource } from '../source.ts';
import { deviceStatus, FakeSource, gatewayStatus } from './source.ts';

/** the password of the user «installer» */
export const password = 'ladder';
let hashed: Promise<string> | undefined;

/** The hash of `password`, computed once for all files of a worker. */
export function passwordHash(): Promise<string> {
  hashed ??= hashPassword(password);
  return hashed;
}

const healthy = { ok: true, reasons: [] as string[] };

/** A server of the page on a free port, with one user, «installer». `hash`: of that user's password. */
export function consoleServer(
  source: ConsoleSource,
  hash: string,
  change: Partial<ConsoleServerOptions> = {},
): ConsoleServer {
  return new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0 },
    users: (name) => (name === 'installer' ? hash : undefined),
    source,
    health: { alive: () => healthy, ready: () => healthy },
    metrics: { contentType: 'text/plain', render: async () => '' },
    clock: systemClock,
    logger: silentLogger(),
    ...change,
  });
}

let hash = '';
const servers: ConsoleServer[] = [];

/** Hashes the password before the tests of this file, and stops their servers after each test. */
export function consoleServersForEachTest(): void {
  beforeAll(async () => {
    hash = await passwordHash();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
}

export const yard = {
  id: 'yard',
  name: 'Yard',
  state: 'live',
  reason: '',
  framesPerSecond: 5,
  detector: 'motion',
} as const;

/** A server that is not started, of a site with a camera and a meter. */
export function build(change: Partial<ConsoleServerOptions> = {}) {
  const source = new FakeSource();
  source.current = gatewayStatus({ cameras: [yard], devices: [deviceStatus('meter')] });
  const health = { alive: { ok: true, reasons: [] as string[] } };
  const server = consoleServer(source, hash, {
    health: { alive: () => health.alive, ready: () => health.alive },
    metrics: { contentType: 'text/plain', render: async () => 'forpost_info 1\n' },
    ...change,
  });
  servers.push(server);
  return { server, source, health };
}

/** A server with an installer who has logged in. */
export async function start(change: Partial<ConsoleServerOptions> = {}) {
  const parts = build(change);
  await parts.server.start();
  const { url } = parts.server;
  const answer = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'installer', password }),
  });
  const [cookie = ''] = String(answer.headers.get('set-cookie')).split(';');
  const get = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
  const post = (path: string, body: unknown) =>
    get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { ...parts, url, get, post, headers: { cookie } };
}

/** A reader of a stream: each call returns the next event with the given name, after the event of the call before. */
export function reader(answer: Response): <Data>(name: string) => Promise<Data> {
  if (answer.body === null) throw new Error('the answer has no body');
  const chunks = answer.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  return async <Data>(name: string) => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const [, event, data = ''] = /^event: (.+)\n(?:id: .+\n)?data: (.+)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (event === name) return JSON.parse(data) as Data;
        continue;
      }
      const { done, value } = await chunks.next();
      if (done) throw new Error(`the stream ended before ${name}`);
      text += value;
    }
  };
}
