/** The try of a link against real sockets: each step that can fail fails once, with its reason. */
import { createServer as httpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as tcpServer } from 'node:net';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { expect, onTestFinished, test } from 'vitest';
import { tryLink } from './link-test.ts';
import { http } from './sinks/http/kind.ts';

const identity = { site: asId<'site'>('home'), gateway: asId<'gateway'>('gw-1') };

/** Tries the link to a receiver at this address. Returns the results by step, and the words of the one that failed. */
async function tried(url: string, token: string | undefined = 'a-token-of-the-site', env: NodeJS.ProcessEnv = {}) {
  const secret = token === undefined ? undefined : { token };
  const config = { kind: 'http', url };
  const sink = await http.create(config, {
    name: 'centre',
    identity,
    secret,
    clock: systemClock,
    logger: silentLogger(),
  });
  const servers = http.servers?.(config, () => systemClock.now()) ?? [];
  const steps = await tryLink({ sink, servers, clock: systemClock, env });
  // a reader of any language gets each result in it
  expect(steps.filter(({ said }) => recognise(said) === undefined)).toEqual([]);
  return {
    results: Object.fromEntries(steps.map(({ what, result }) => [what, result])),
    failed: steps.find(({ result }) => result === 'failed')?.said ?? '',
    all: JSON.stringify(steps),
  };
}

/** The URL of a receiver that answers so. */
async function receiver(answer: RequestListener): Promise<string> {
  const server = httpServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a link that works shows every step as done, sends no event, and shows no secret', async () => {
  const bodies: number[] = [];
  const url = await receiver((request, response) => {
    bodies.push(Number(request.headers['content-length']));
    response.end('{"accepted":[]}');
  });
  const { results, all } = await tried(url);
  expect(results).toEqual({ name: 'ok', connection: 'ok', 'log-in': 'ok', answer: 'ok' });
  // zstd of nothing
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toBeLessThan(20);
  expect(all).not.toContain('a-token-of-the-site');
});

test('a refused or missing token fails at the log-in; another refusal fails at the answer', async () => {
  const refusing = await receiver((_, response) => response.writeHead(401).end('{"detail":"unknown token"}'));
  expect(await tried(refusing)).toMatchObject({
    results: { connection: 'ok', 'log-in': 'failed', answer: 'skipped' },
    failed: expect.stringContaining('unknown token'),
  });
  expect(await tried(refusing, undefined)).toMatchObject({ results: { 'log-in': 'failed' } });
  const broken = await receiver((_, response) => response.writeHead(500).end('oops'));
  expect(await tried(broken)).toMatchObject({ results: { 'log-in': 'skipped', answer: 'failed' } });
});

test('a name that DNS does not know, a port where nobody listens, and a server without TLS each fail at their step', async () => {
  expect(await tried('https://no-such-centre.invalid')).toMatchObject({
    results: { name: 'failed', connection: 'skipped', tls: 'skipped', 'log-in': 'skipped', answer: 'skipped' },
    failed: expect.stringContaining('no-such-centre.invalid'),
  });
  const closed = tcpServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  expect(await tried(`https://127.0.0.1:${port}`)).toMatchObject({
    results: { name: 'ok', connection: 'failed', tls: 'skipped' },
    failed: `nothing listens on port ${port} there: check address and port, and the firewall`,
  });
  const plain = await receiver((_, response) => response.end());
  const { results } = await tried(plain.replace('http:', 'https:'));
  expect(results).toMatchObject({ connection: 'ok', tls: 'failed', 'log-in': 'skipped' });
});

test('behind a proxy the steps to the server itself are left out', async () => {
  const { results } = await tried('https://centre.example.org', 'a-token-of-the-site', {
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  expect(results.connection).toBe('skipped');
  expect(results.name).toBeUndefined();
});
