import { once } from 'node:events';
import { connect } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../clock.ts';
import { type EventStream, EventStreams } from './event-stream.ts';
import { listenOrExplain } from './listen.ts';
import { registerProblems } from './problem.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(limits: { maxStreams?: number; maxPendingBytes?: number } = {}) {
  const app = Fastify({ forceCloseConnections: true });
  apps.push(app);
  registerProblems(app);
  const clock = new FakeClock();
  const streams = new EventStreams(app, { clock, ...limits });
  const opened: EventStream[] = [];
  const until = new AbortController();
  app.get('/stream', async (request, reply) => {
    opened.push(streams.open(request, reply, until.signal));
    return reply;
  });
  const port = await listenOrExplain(app, '127.0.0.1', 0, 'port');
  return { app, clock, streams, opened, until, port, url: `http://127.0.0.1:${port}/stream` };
}

test('a page gets events as they are sent, and a keep-alive between them', async () => {
  const { url, opened, clock } = await start();
  const answer = await fetch(url);
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe('retry: 2000\n\n');
  opened[0]!.send('status', { text: 'two\nlines' }, '7');
  expect((await reader.read()).value).toBe('event: status\nid: 7\ndata: {"text":"two\\nlines"}\n\n');
  clock.advance(15_000);
  expect((await reader.read()).value).toBe(': still here\n\n');
  opened[0]!.end();
  expect((await reader.read()).done).toBe(true);
});

test('a stream ends with the page, with the session and with the server', async () => {
  const { app, url, opened, streams, until } = await start();
  const abort = new AbortController();
  await fetch(url, { signal: abort.signal });
  abort.abort();
  await vi.waitFor(() => expect(opened[0]!.ended.aborted).toBe(true), { timeout: 10_000 });
  expect(streams.size).toBe(0);
  const second = await fetch(url);
  const third = await fetch(url);
  expect(streams.size).toBe(2);
  until.abort();
  await second.text();
  await third.text();
  expect(streams.size).toBe(0);
  await app.close();
});

test('a server stops although pages hold streams open', async () => {
  const { app, url } = await start();
  const answer = await fetch(url);
  await app.close();
  await answer.text();
});

test('a page that stops reading is disconnected', async () => {
  const { port, opened } = await start({ maxPendingBytes: 100_000 });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
  await vi.waitFor(() => expect(opened).toHaveLength(1), { timeout: 10_000 });
  const big = 'x'.repeat(50_000);
  await vi.waitFor(
    () => {
      opened[0]!.send('status', big);
      expect(opened[0]!.ended.aborted).toBe(true);
    },
    { timeout: 10_000, interval: 1 },
  );
  socket.destroy();
});

test('a page beyond the limit of streams gets 503 with Retry-After', async () => {
  const { url } = await start({ maxStreams: 1 });
  await fetch(url);
  const second = await fetch(url);
  expect(second.status).toBe(503);
  expect(second.headers.get('retry-after')).toBe('5');
});

test('a taken port is reported in one line with the setting to change', async () => {
  const { port } = await start();
  const other = Fastify();
  apps.push(other);
  await expect(listenOrExplain(other, '127.0.0.1', port, 'http.port')).rejects.toMatchObject({
    code: 'FORPOST_PORT_TAKEN',
    message: `127.0.0.1:${port} is taken by another process: stop it, or set another one as http.port`,
  });
  await expect(listenOrExplain(Fastify(), '192.0.2.1', 0, 'http.host')).rejects.toMatchObject({
    code: 'FORPOST_CONFIG_INVALID',
    message: expect.stringMatching(/^192\.0\.2\.1:0 is no address of this machine .*change http\.host$/),
  });
});
