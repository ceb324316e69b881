/** Refusals of the gateway's API over real HTTP: each says its reason in the reader's language. */
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { stillEnglish } from '@forpost/shared/texts/testing/in-russian.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConsoleServer } from './server.ts';
import { FakeSource, gatewayStatus } from './testing/source.ts';

interface Answer {
  readonly status: number;
  readonly detail?: string;
  readonly detailI18n?: Message;
}

const source = new FakeSource();
let server: ConsoleServer;
let cookie: string;

beforeAll(async () => {
  const hash = await hashPassword('ladder');
  const yard = { id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' } as const;
  source.current = gatewayStatus({ cameras: [yard] });
  server = new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0 },
    source,
    clock: systemClock,
    logger: silentLogger(),
    users: (name) => (name === 'installer' || name === 'wall' ? hash : undefined),
    roleOf: (name) => (name === 'wall' ? 'viewer' : 'operator'),
    health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
    metrics: { contentType: 'text/plain', render: async () => '' },
  });
  await server.start();
  cookie = await logIn('installer');
});
afterAll(() => server.stop());

async function logIn(user: string): Promise<string> {
  const answer = await ask('POST', '/api/v1/login', { body: JSON.stringify({ user, password: 'ladder' }), as: '' });
  return String(answer.headers.get('set-cookie')).split(';')[0] ?? '';
}

function ask(method: string, path: string, { body, as = cookie, ...headers }: Record<string, string | undefined> = {}) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(server.url + path, { method, headers: { cookie: as, ...type, ...headers }, ...(body && { body }) });
}

/** The refusal that is not Russian; undefined for one that is, and for an answer that is no refusal. */
async function english(answer: Response, what: string): Promise<string | undefined> {
  if (answer.status < 400) {
    await answer.body?.cancel();
    return undefined;
  }
  const { status, detail = '', detailI18n } = (await answer.json()) as Answer;
  if (detailI18n === undefined) return `${what} ${status}: ${detail}`;
  const left = stillEnglish(detailI18n);
  return left === undefined ? undefined : `${what} ${status}: ${left}`;
}

test('every address refuses in Russian: without a log-in, with an unknown name, with an invalid body', async () => {
  const { paths } = (await (await ask('GET', '/openapi.json')).json()) as { paths: Record<string, object> };
  const found: (string | undefined)[] = [];
  let refusals = 0;
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods).map((one) => one.toUpperCase())) {
      // a stream does not end
      if (path.endsWith('/stream') || path.endsWith('/logout')) continue;
      const address = path.replaceAll(/\{[^}]+\}/g, '00000000000000ff');
      const tries = [
        await ask(method, address, { as: '' }),
        await ask(method, `${address}?limit=no&until=no&before=no`),
        ...(method === 'GET'
          ? []
          : [await ask(method, address, { body: '{"x":' }), await ask(method, address, { body: '{}' })]),
      ];
      for (const answer of tries) {
        if (answer.status >= 400) refusals++;
        found.push(await english(answer, `${method} ${path}`));
      }
    }
  expect(found.filter(Boolean)).toEqual([]);
  expect(refusals).toBeGreaterThan(20);
});

test('what a person may not do, or came too late for, is refused in Russian', async () => {
  const wall = await logIn('wall');
  const wrong = JSON.stringify({ user: 'installer', password: 'no' });
  const scene = JSON.stringify({ revision: 'abcdef0', zones: [], lines: [], masks: [] });
  const answers = [
    await ask('POST', '/api/v1/login', { body: wrong, as: '' }),
    await ask('POST', '/api/v1/alarms/acknowledge', { body: '{"alarm":"a"}', as: wall }),
    await ask('POST', '/api/v1/alarms/acknowledge', { body: '{"alarm":"a"}' }),
    await ask('POST', '/api/v1/alarms/acknowledge', { body: '{"alarm":"a"}', origin: 'http://evil.example' }),
    await ask('GET', '/api/v1/cameras/cellar/picture'),
    await ask('GET', '/api/v1/evidence/00000000000000aa'),
    await ask('GET', '/nowhere'),
  ];
  source.refusal = { problems: ['the zone "a" of camera "yard" has no area: all its corners lie on one line'] };
  answers.push(await ask('PUT', '/api/v1/cameras/yard/scene', { body: scene }));
  for (const answer of answers) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await english(answer, answer.url)).toBeUndefined();
  }
});
