import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock } from '../clock.ts';
import { hashPassword } from '../password.ts';
import { registerLogin } from './login.ts';
import { registerProblems } from './problem.ts';
import { registerSameOrigin } from './same-origin.ts';

const cookieName = 'forpost-test';
let hash: string;
const apps: FastifyInstance[] = [];

beforeAll(async () => {
  hash = await hashPassword('right');
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(options: { secure?: boolean; sessionMs?: number; longestMs?: number } = {}) {
  const clock = new FakeClock();
  const users = new Map([['ada', hash]]);
  const app = Fastify();
  apps.push(app);
  registerProblems(app);
  registerSameOrigin(app);
  const { secure = false, sessionMs = 3_600_000, longestMs = 86_400_000 } = options;
  const login = registerLogin(app, {
    realm: 'the test',
    users: (name) => users.get(name),
    cookieName,
    secure,
    clock,
    life: () => ({ idleMs: sessionMs, longestMs }),
  });
  const ended: string[] = [];
  app.get('/secret', { onRequest: login.requireLogin }, async (request) => {
    const session = login.sessionOf(request);
    session?.ended.addEventListener('abort', () => ended.push(session.user), { once: true });
    return { user: session?.user };
  });
  app.post('/change', { preHandler: login.requireLogin }, async () => ({ changed: true }));
  await app.ready();
  const post = (
    user: string,
    password: string,
    more: { remoteAddress?: string; headers?: Record<string, string> } = {},
  ) => app.inject({ method: 'POST', url: '/api/v1/login', payload: { user, password }, ...more });
  const cookieOf = (answer: Awaited<ReturnType<typeof post>>) => {
    const value = answer.cookies.find(({ name }) => name === cookieName)?.value;
    return { cookie: `${cookieName}=${value}` };
  };
  return { app, clock, users, post, cookieOf, ended };
}

test('the right password opens closed routes, and logging out closes them again', async () => {
  const { app, post, cookieOf, ended } = await start();
  expect((await app.inject('/secret')).statusCode).toBe(401);
  const answer = await post('ada', 'right');
  expect(answer.json()).toEqual({ user: 'ada', expiresInMs: 3_600_000 });
  const headers = cookieOf(answer);
  expect((await app.inject({ url: '/secret', headers })).json()).toEqual({ user: 'ada' });
  expect((await app.inject({ url: '/api/v1/session', headers })).json()).toMatchObject({ user: 'ada' });
  await app.inject({ method: 'POST', url: '/api/v1/logout', headers });
  expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(401);
  expect((await app.inject({ url: '/api/v1/session', headers })).json()).toEqual({ user: null });
  expect(ended).toEqual(['ada']);
});

test('the cookie cannot be read by scripts or sent by other sites, and has 256 bits', async () => {
  const { post } = await start({ secure: true });
  const answer = await post('ada', 'right');
  const header = String(answer.headers['set-cookie']);
  expect(header).toMatch(/; HttpOnly/);
  expect(header).toMatch(/; SameSite=Strict/);
  expect(header).toMatch(/; Secure/);
  expect(Buffer.from(answer.cookies[0]!.value, 'base64url')).toHaveLength(32);
});

test('an unknown user and a wrong password get the same answer', async () => {
  const { post } = await start();
  const wrong = await post('ada', 'wrong');
  const unknown = await post('eve', 'wrong');
  expect(wrong.statusCode).toBe(401);
  expect(wrong.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(unknown.statusCode).toBe(401);
  expect(unknown.body).toBe(wrong.body);
  expect(unknown.headers['set-cookie']).toBeUndefined();
});

test('an unknown user costs as much as a wrong password', async () => {
  const { post } = await start();
  let tries = 0;
  /** µs of the processor, which do not depend on what else runs */
  const cost = async (user: string) => {
    const before = process.cpuUsage();
    // a wrong password that was tried before is remembered, and costs nothing
    await post(user, `wrong ${tries++}`);
    const { user: own, system } = process.cpuUsage(before);
    return own + system;
  };
  await cost('ada');
  const known = Math.min(await cost('ada'), await cost('ada'), await cost('ada'));
  const unknown = Math.min(await cost('eve'), await cost('eve'), await cost('eve'));
  // an answer without computing the hash costs a fiftieth
  expect(unknown).toBeGreaterThan(known / 3);
});

describe('wrong passwords', () => {
  const wrong = (i: number) => `wrong ${i}`;

  test('of one user from one address slow further tries there, and the owner logs in from another address at once', async () => {
    const { post, clock } = await start();
    for (let i = 0; i < 5; i++) expect((await post('ada', wrong(i))).statusCode).toBe(401);
    for (let i = 5; i < 20; i++) {
      const refused = await post('ada', wrong(i));
      expect(refused.statusCode).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(12);
    }
    expect((await post('ada', 'right', { remoteAddress: '10.0.0.9' })).statusCode).toBe(200);
    clock.advance(12_000);
    expect((await post('ada', wrong(99))).statusCode).toBe(401);
  });

  test('from ever new addresses lock nobody out', async () => {
    const { post } = await start();
    for (let i = 0; i < 40; i++)
      expect((await post('ada', wrong(i), { remoteAddress: `10.0.0.${i}` })).statusCode).toBe(401);
    expect((await post('ada', 'right', { remoteAddress: '10.0.1.1' })).statusCode).toBe(200);
  });

  test('of a guesser at the owner’s own address end no session and block no remembered password', async () => {
    const { app, post, cookieOf } = await start();
    const headers = cookieOf(await post('ada', 'right'));
    for (let i = 0; i < 30; i++) await post('ada', wrong(i));
    expect((await post('ada', wrong(30))).statusCode).toBe(429);
    expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(200);
    expect((await post('ada', 'right')).statusCode).toBe(200);
  });

  test('of one address are slowed, under any unknown names', async () => {
    const { post } = await start();
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) statuses.push((await post(`user-${i}`, 'wrong')).statusCode);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect((await post('ada', 'right')).statusCode).toBe(200);
  });

  test('of an IPv6 network count as those of one address', async () => {
    const { post } = await start();
    const from = (i: number) => ({ remoteAddress: `2001:db8:1:2::${i.toString(16)}` });
    for (let i = 0; i < 5; i++) expect((await post('ada', wrong(i), from(i))).statusCode).toBe(401);
    expect((await post('ada', wrong(5), from(5))).statusCode).toBe(429);
  });

  test('slow further tries no longer when the wall clock is set', async () => {
    const { post, clock } = await start();
    clock.jump(73 * 365 * 86_400_000);
    for (let i = 0; i < 10; i++) await post('ada', wrong(i));
    clock.jump(-73 * 365 * 86_400_000);
    clock.advance(12_000);
    expect((await post('ada', 'right')).statusCode).toBe(200);
  });
});

test('a session ends by the monotonic clock, even when the wall clock jumps', async () => {
  const { app, post, cookieOf, clock, ended } = await start({ sessionMs: 60_000 });
  const headers = cookieOf(await post('ada', 'right'));
  clock.jump(10 ** 10);
  expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(200);
  clock.advance(60_000);
  expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(401);
  expect(ended).toContain('ada');
});

test('a session continues while it is used, up to its longest life', async () => {
  const { app, post, cookieOf, clock, ended } = await start({ sessionMs: 60_000, longestMs: 150_000 });
  const headers = cookieOf(await post('ada', 'right'));
  for (let i = 0; i < 2; i++) {
    clock.advance(59_999);
    expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(200);
  }
  clock.advance(30_002);
  expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(401);
  expect(ended).toContain('ada');
});

test('a changed password and a removed user end the sessions', async () => {
  const { app, post, cookieOf, users } = await start();
  const headers = cookieOf(await post('ada', 'right'));
  users.set('ada', await hashPassword('another'));
  expect((await app.inject({ url: '/secret', headers })).statusCode).toBe(401);
  const again = cookieOf(await post('ada', 'another'));
  users.delete('ada');
  expect((await app.inject({ url: '/secret', headers: again })).statusCode).toBe(401);
});

test('a user has at most 20 open sessions: the oldest ends', async () => {
  const { app, post, cookieOf } = await start();
  const first = cookieOf(await post('ada', 'right'));
  let last = first;
  for (let i = 0; i < 20; i++) last = cookieOf(await post('ada', 'right'));
  expect((await app.inject({ url: '/secret', headers: first })).statusCode).toBe(401);
  expect((await app.inject({ url: '/secret', headers: last })).statusCode).toBe(200);
}, 30_000);

describe('a page of another site', () => {
  test.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['an old browser', { host: 'gateway', origin: 'https://evil.example' }],
    ['a sandboxed frame', { host: 'gateway', origin: 'null' }],
  ])('cannot log in or change anything: %s', async (_what, foreign) => {
    const { app, post, cookieOf } = await start();
    const cookie = cookieOf(await post('ada', 'right'));
    expect((await post('ada', 'right', { headers: foreign })).statusCode).toBe(403);
    const change = await app.inject({ method: 'POST', url: '/change', headers: { ...cookie, ...foreign } });
    expect(change.statusCode).toBe(403);
  });

  test.each([
    ['its own page', { 'sec-fetch-site': 'same-origin' }],
    ['its own page in an old browser', { host: 'gateway:8443', origin: 'https://gateway:8443' }],
    ['no browser', {}],
  ])('but %s can', async (_what, own) => {
    const { app, post, cookieOf } = await start();
    const cookie = cookieOf(await post('ada', 'right', { headers: own }));
    const change = await app.inject({ method: 'POST', url: '/change', headers: { ...cookie, ...own } });
    expect(change.json()).toEqual({ changed: true });
  });
});

test('a body that is no log-in is refused with the name of the wrong field', async () => {
  const { app } = await start();
  const answer = await app.inject({ method: 'POST', url: '/api/v1/login', payload: { user: 'ada' } });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().detail).toMatch(/password/);
});

test('some of a hundred log-ins at once get 503 or 429, which counts as no wrong password', async () => {
  const { post, clock } = await start();
  const statuses: number[] = [];
  const all = Array.from({ length: 100 }, async (_, i) => statuses.push((await post('ada', `right ${i}`)).statusCode));
  await expect.poll(() => statuses.filter((status) => status === 401), { timeout: 20_000 }).toHaveLength(5);
  // longer than anybody waits for a turn
  clock.advance(6000);
  await Promise.all(all);
  expect(statuses.filter((status) => status === 503 || status === 429)).toHaveLength(95);
  // the owner can log in from elsewhere
  expect((await post('ada', 'right', { remoteAddress: '10.0.0.9' })).statusCode).toBe(200);
}, 30_000);
