import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { ForpostError } from '../errors.ts';
import { catalogue } from '../texts/catalogue/all.ts';
import { expectRussian } from '../texts/testing/untranslated.ts';
import { message, texts } from '../texts/texts.ts';
import { HttpProblem, registerProblems, tryAgainIn } from './problem.ts';
import { contentSecurityPolicy, registerSecurityHeaders, scriptHash } from './security-headers.ts';

function start() {
  const app = Fastify();
  registerProblems(app);
  registerSecurityHeaders(app, { scriptHashes: () => [scriptHash('{}')] });
  app.get('/missing', async () => {
    throw new HttpProblem(404, 'no camera "yard"');
  });
  app.get('/busy', async () => {
    throw tryAgainIn(503, 1500, 'later');
  });
  app.get('/full', async () => {
    throw new ForpostError('FORPOST_OUTBOX_FULL', 'table events at /secret/path');
  });
  app.get('/history', async () => {
    throw new ForpostError('FORPOST_HISTORY_FAILED', 'connect to clickhouse.internal:8123');
  });
  app.get('/broken', async () => {
    throw new Error('SELECT secret FROM users');
  });
  app.get('/file', async () => {
    throw new HttpProblem(416, message('reason/http.no-such-part'));
  });
  const querystring = { type: 'object', properties: { limit: { type: 'integer' } } };
  app.get('/many', { schema: { querystring } }, async () => 'x');
  app.post('/take', { bodyLimit: 1_000 }, async () => 'x');
  app.get('/page', async (_request, reply) => reply.header('cache-control', 'no-cache').send('x'));
  return app;
}

test('an error is answered as a problem document of RFC 9457', async () => {
  const answer = await start().inject('/missing');
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json()).toEqual({
    type: 'about:blank',
    title: 'Not found',
    status: 404,
    detail: 'no camera "yard"',
    detailI18n: { key: 'gateway/answer.no-camera', values: { id: 'yard' } },
  });
});

test('an unknown address is answered as a problem too', async () => {
  const answer = await start().inject('/nowhere?password=x');
  expect(answer.statusCode).toBe(404);
  expect(answer.json().detail).toBe('GET /nowhere does not exist');
});

test('a refusal is a message too, which a page shows in its reader’s language', async () => {
  const app = start();
  const { say } = texts('ru', catalogue.ru);
  const inRussian = async (path: string) => say((await app.inject(path)).json().detailI18n, '');
  expect(await inRussian('/file')).toBe('в файле нет такой части');
  expect(await inRussian('/nowhere')).toBe('адреса GET /nowhere нет');
  expect(await inRussian('/history')).toBe('хранилище истории сейчас не отвечает');
  expect(await inRussian('/broken')).toBe('подробности в журнале службы');
  expect(await inRussian('/many?limit=x')).toBe('неверные поля запроса: limit');
});

test.each([
  ['no JSON', { payload: '{', headers: { 'content-type': 'application/json' } }],
  ['nothing', { payload: '', headers: { 'content-type': 'application/json' } }],
  ['another kind of content', { payload: '<a/>', headers: { 'content-type': 'text/xml' } }],
  ['too much', { payload: JSON.stringify('x'.repeat(2_000)), headers: { 'content-type': 'application/json' } }],
])('a body of %s is refused by the server’s library, in Russian too', async (_, { payload, headers }) => {
  const answer = await start().inject({ method: 'POST', url: '/take', payload, headers });
  const { detail, detailI18n } = answer.json();
  expectRussian(detailI18n, detail);
});

test('the text of an internal error does not leave the server', async () => {
  const app = start();
  const broken = await app.inject('/broken');
  expect(broken.statusCode).toBe(500);
  expect(broken.body).not.toMatch(/SELECT/);
  const full = await app.inject('/full');
  expect(full.statusCode).toBe(503);
  expect(full.json()).toMatchObject({ code: 'FORPOST_OUTBOX_FULL' });
  expect(full.body).not.toMatch(/secret/);
  const history = await app.inject('/history');
  expect(history.json().detail).toBe('the history does not answer now');
  expect(history.body).not.toMatch(/internal/);
});

test('a client that has to wait gets the time in Retry-After', async () => {
  const answer = await start().inject('/busy');
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('2');
});

test('every answer forbids foreign scripts, frames and caches', async () => {
  const app = start();
  const answer = await app.inject('/missing');
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o='");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['cache-control']).toBe('no-store');
  expect((await app.inject('/page')).headers['cache-control']).toBe('no-cache');
  expect(contentSecurityPolicy(true)).toContain("style-src 'self' 'unsafe-inline'");
});
