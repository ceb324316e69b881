import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { FakeClock } from '../clock.ts';
import { hashPassword } from '../password.ts';
import { type Login, registerLogin } from './login.ts';
import { MetricsToken } from './metrics-token.ts';
import { registerProblems } from './problem.ts';
import { type Right, registerRights } from './rights.ts';

let hash: string;
const apps: FastifyInstance[] = [];
beforeAll(async () => {
  hash = await hashPassword('right');
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function aServer(metricsToken?: MetricsToken): FastifyInstance {
  const app = Fastify();
  apps.push(app);
  registerProblems(app);
  let login: Login | undefined;
  registerRights(app, { login: () => login, metricsToken });
  login = registerLogin(app, {
    realm: 'the test',
    cookieName: 'test',
    secure: false,
    clock: new FakeClock(),
    users: () => hash,
    roleOf: (name) => (name === 'wall' ? 'viewer' : 'operator'),
  });
  return app;
}

test.each<[string, 'GET' | 'POST', Right | undefined, RegExp]>([
  ['no right', 'GET', undefined, /GET \/new declares no right/],
  ['a right that there is not', 'GET', 'sea' as Right, /GET \/new declares no right/],
  ['the right to see, and changes something', 'POST', 'see', /POST \/new changes something/],
])('a server does not start with a route that declares %s', async (_what, method, right, words) => {
  const app = aServer();
  app.register(async (scope) => {
    scope.route({ method, url: '/new', ...(right && { config: { right } }), handler: async () => 'never' });
  });
  await expect(app.ready()).rejects.toThrow(words);
});

test('a viewer sees everything that others see, and changes only the viewer’s own settings', async () => {
  const app = aServer();
  app.get('/see', { config: { right: 'see' } }, async () => 'seen');
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
    app.route({ method, url: '/act', config: { right: 'act' }, handler: async () => 'done' });
  app.post('/own', { config: { right: 'own' } }, async () => 'their own');
  const cookieOf = async (user: string) => {
    const answer = await app.inject({ method: 'POST', url: '/api/v1/login', payload: { user, password: 'right' } });
    expect(answer.json()).toMatchObject({ user, role: user === 'wall' ? 'viewer' : 'operator' });
    return { cookie: `test=${answer.cookies[0]?.value}` };
  };
  const [wall, ada] = [await cookieOf('wall'), await cookieOf('ada')];
  for (const headers of [wall, ada]) expect((await app.inject({ url: '/see', headers })).body).toBe('seen');
  expect((await app.inject('/see')).statusCode).toBe(401);
  for (const headers of [wall, ada])
    expect((await app.inject({ method: 'POST', url: '/own', headers })).body).toBe('their own');
  expect((await app.inject({ method: 'POST', url: '/own' })).statusCode).toBe(401);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    expect((await app.inject({ method, url: '/act', headers: ada })).body).toBe('done');
    const refused = await app.inject({ method, url: '/act', headers: wall });
    expect(refused.statusCode).toBe(403);
    expect(refused.json().detail).toMatch(/wall is a viewer and can change nothing/);
    expect((await app.inject({ method, url: '/act' })).statusCode).toBe(401);
  }
});

test('a scraper reads the metrics with their token and nothing else; its address opens nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-metrics-'));
  const token = new MetricsToken(join(folder, 'metrics-token'));
  expect(await token.start()).toBeUndefined();
  expect((await stat(token.file)).mode & 0o777).toBe(0o600);
  const text = await token.read();
  await token.start();
  expect(await readFile(token.file, 'utf8'), 'made once').toBe(`${text}\n`);
  const app = aServer(token);
  app.get('/metrics', { config: { right: 'metrics' } }, async () => 'figures');
  app.get('/see', { config: { right: 'see' } }, async () => 'seen');
  const ask = async (url: string, authorization?: string) =>
    (await app.inject({ url, remoteAddress: '127.0.0.1', headers: { ...(authorization && { authorization }) } }))
      .statusCode;
  expect(await ask('/metrics')).toBe(401);
  expect(await ask('/metrics', `Bearer ${text}`)).toBe(200);
  expect(await ask('/see', `Bearer ${text}`)).toBe(401);
  for (const wrong of ['Bearer', 'Bearer x', `Basic ${text}`, `Bearer ${text}x`, `Bearer ${text.slice(1)}`])
    expect(await ask('/metrics', wrong)).toBe(401);
  // a changed token counts at once; an invalid one opens nothing
  await writeFile(token.file, 'another-token-of-32-letters-at-least\n');
  expect(await ask('/metrics', `Bearer ${text}`)).toBe(401);
  expect(await ask('/metrics', 'Bearer another-token-of-32-letters-at-least')).toBe(200);
  await writeFile(token.file, '\n');
  expect(await ask('/metrics', 'Bearer ')).toBe(401);
  await rm(folder, { recursive: true });
  expect(await ask('/metrics', `Bearer ${text}`)).toBe(401);
});
