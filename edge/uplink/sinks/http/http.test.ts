/** The HTTP sink against servers that are no receiver, and against wrong answers of a receiver. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { SinkBatch } from '../../sink.ts';
import { httpSink } from './http.ts';

const batch: SinkBatch = {
  epoch: asId('0123456789abcdef'),
  lane: 'telemetry',
  records: [11, 12, 13].map((sequence) => ({ sequence, json: `{"sequence":"${sequence}"}` })),
};
const own = { lane: 'telemetry', epoch: '0123456789abcdef' };
const deadlineMs = 30_000;

/** Sends a batch to a server with this answer. Returns 'safe' or the error code. The first, empty batch succeeds. */
async function outcomeOf(answer: RequestListener): Promise<string> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (requests++ === 0) response.end('{"accepted":[]}');
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };
  const context = { name: 'centre', identity, secret: { token: 't' }, clock: systemClock, logger: silentLogger() };
  const session = await httpSink({ kind: 'http', url }, context).open(deadlineMs);
  onTestFinished(async () => {
    await session.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return session.send(batch, deadlineMs).then(
    () => 'safe',
    (error: { code: string }) => error.code,
  );
}

const accepting =
  (...accepted: object[]): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify({ accepted }));
const status =
  (code: number, text: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end(text);

test('the bytes of requests for commands and of failed connections are counted besides those of sessions', async () => {
  let connected = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.startsWith('/ingest/v1/commands')) {
      connected++;
      response.end(JSON.stringify({ now: new Date().toISOString(), commands: [], after: '' }));
    } else response.writeHead(503).end('x'.repeat(2_000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };
  const context = { name: 'centre', identity, secret: { token: 't' }, clock: systemClock, logger: silentLogger() };
  const sink = httpSink({ kind: 'http', url }, context);
  await expect(sink.open(deadlineMs)).rejects.toMatchObject({ code: 'FORPOST_SINK_UNREACHABLE' });
  const afterOpen = sink.otherWireBytes!;
  expect(afterOpen).toBeGreaterThan(2_000);
  const stopping = new AbortController();
  const listening = sink.commands!.run(async () => undefined, stopping.signal);
  await vi.waitFor(() => expect(connected).toBe(1), { timeout: 10_000 });
  await vi.waitFor(() => expect(sink.otherWireBytes!).toBeGreaterThan(afterOpen + 200), { timeout: 10_000 });
  stopping.abort();
  await listening;
});

test.each([
  ['the whole batch', 'safe', accepting({ ...own, from: '11', through: '13' })],
  ['a larger range', 'safe', accepting({ ...own, from: '1', through: '20' })],
  ['nothing', 'FORPOST_SINK_UNREACHABLE', accepting()],
  ['its beginning', 'FORPOST_SINK_UNREACHABLE', accepting({ ...own, from: '11', through: '12' })],
  ['its end', 'FORPOST_SINK_UNREACHABLE', accepting({ ...own, from: '12', through: '13' })],
  [
    'both ends, but not the middle',
    'FORPOST_SINK_UNREACHABLE',
    accepting({ ...own, from: '11', through: '11' }, { ...own, from: '13', through: '13' }),
  ],
  ['another lane', 'FORPOST_SINK_UNREACHABLE', accepting({ ...own, lane: 'alerts', from: '11', through: '13' })],
  ['another epoch', 'FORPOST_SINK_UNREACHABLE', accepting({ ...own, epoch: 'other', from: '11', through: '13' })],
  ['sequences that are not numbers', 'FORPOST_SINK_UNREACHABLE', accepting({ ...own, from: 'x', through: 'y' })],
])('a receiver that accepts %s: %s', async (_, outcome, answer) => {
  expect(await outcomeOf(answer)).toBe(outcome);
});

test.each([
  ['with a page of HTML', 'FORPOST_SINK_UNREACHABLE', status(200, '<html>log in to this network</html>')],
  ['with other JSON', 'FORPOST_SINK_UNREACHABLE', status(200, '{"ok":true}')],
  ['with a redirect', 'FORPOST_SINK_UNREACHABLE', status(302, '', { location: 'http://elsewhere/' })],
  ['503', 'FORPOST_SINK_UNREACHABLE', status(503, '')],
  ['401', 'FORPOST_SINK_UNREACHABLE', status(401, '{"detail":"who are you?"}')],
  ['413', 'FORPOST_SINK_REFUSED', status(413, '{"detail":"too large"}')],
  ['with a megabyte', 'FORPOST_SINK_UNREACHABLE', status(200, 'x'.repeat(1_000_000))],
  [
    'with half of the announced length',
    'FORPOST_SINK_UNREACHABLE',
    (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"accepted":');
      setImmediate(() => response.destroy());
    },
  ],
] satisfies [string, string, RequestListener][])('a receiver that answers %s: %s', async (_, outcome, answer) => {
  expect(await outcomeOf(answer)).toBe(outcome);
});

test('after 429 with Retry-After the batch is sent again after that time, in the same session', async () => {
  const times: number[] = [];
  const lanes: unknown[] = [];
  const outcome = await outcomeOf((request, response) => {
    times.push(performance.now());
    lanes.push(request.headers['forpost-lane']);
    if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end('{"detail":"too much"}');
    else response.end(JSON.stringify({ accepted: [{ ...own, from: '11', through: '13' }] }));
  });
  expect(outcome).toBe('safe');
  expect(lanes).toEqual(['telemetry', 'telemetry']);
  expect(times[1]! - times[0]!).toBeGreaterThan(900);
});

test('a Retry-After beyond the deadline of the batch ends the session at once', async () => {
  expect(await outcomeOf(status(429, '{"detail":"too much"}', { 'retry-after': '60' }))).toBe(
    'FORPOST_SINK_UNREACHABLE',
  );
});
