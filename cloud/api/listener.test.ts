/** The centre's API and page through real proxies and real TLS: what a browser behind them gets to see. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { listenOrExplain } from '@forpost/shared/http/listen.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { type ReverseProxyOptions, startReverseProxy } from '../../test/harness/reverse-proxy.ts';
import { capabilities } from '../capabilities.ts';
import type { CloudConfig } from '../config/config.ts';
import { testServices } from '../testing/centre.ts';
import { buildApi } from './api.ts';
import { Capabilities } from './capability.ts';
import { ApiListener } from './listener.ts';

let hash: string;
let certificates: TestCertificates;
let folder: string;
const releases: (() => unknown)[] = [];

beforeAll(async () => {
  [hash, certificates] = await Promise.all([hashPassword('right'), makeCertificates()]);
});
afterAll(() => certificates.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-listener-'));
  await mkdir(join(folder, 'web', 'assets'), { recursive: true });
  await writeFile(
    join(folder, 'web', 'index.html'),
    '<html>\n  <head>\n  <script type="module" src="./assets/main.js"></script>\n<link href="./assets/main.css"></head></html>',
  );
  await writeFile(join(folder, 'web', 'assets', 'main.js'), 'run()');
});
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
  await rm(folder, { recursive: true });
});

/** A centre's API behind its own listener, on a port of its own. */
async function centre(http: CloudConfig['http'], data = 'data') {
  const clock = systemClock;
  const { services, remove } = await testServices(clock);
  releases.push(remove);
  const listenerClock = new FakeClock(Date.now());
  const listener = new ApiListener({ http, folder: join(folder, data), clock: listenerClock, logger: silentLogger() });
  await mkdir(join(folder, data), { recursive: true });
  await listener.start();
  releases.push(() => listener.stop());
  const app = buildApi({
    clock,
    logger: silentLogger(),
    webFolder: join(folder, 'web'),
    capabilities: Capabilities.of(capabilities, services),
    users: { hashOf: (name) => (name === 'admin' || name === 'wall' ? hash : undefined) },
    ...listener.api,
  });
  listener.serve(app);
  const port = await listenOrExplain(app, '127.0.0.1', 0, 'http.port');
  releases.push(() => app.close());
  return { port, url: listener.url(port), listener, listenerClock };
}

async function proxy(options: ReverseProxyOptions): Promise<string> {
  const { url, close } = await startReverseProxy(options);
  releases.push(close);
  return url;
}

/** As a browser over http does it: no Sec-Fetch-Site, an Origin of the address bar. */
function logIn(base: string, origin: string, path = '', user = 'admin'): Promise<Response> {
  return fetch(`${base}${path}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ user, password: 'right' }),
  });
}
const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0] ?? '';
const session = async (base: string, cookie: string) =>
  (await fetch(`${base}/api/v1/session`, { headers: { cookie: cookie.split(';')[0] ?? '' } })).json();

test('behind an https proxy that is trusted, the cookie is Secure, the answer has HSTS and the address is the client’s', async () => {
  const { port } = await centre({ trusted_proxy: ['127.0.0.1'] });
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'centre.example.org' };
  const base = await proxy({ to: port, headers: () => ({ ...forwarded, 'x-forwarded-for': '203.0.113.9' }) });
  const answer = await logIn(base, 'https://centre.example.org');
  expect(answer.status).toBe(200);
  expect(cookieOf(answer)).toMatch(/; HttpOnly; Secure; SameSite=Strict/);
  expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
  expect(await session(base, cookieOf(answer))).toMatchObject({ user: 'admin' });
});

test('behind a proxy the limit of wrong passwords counts for each client, not for all together', async () => {
  const { port } = await centre({ trusted_proxy: ['127.0.0.1'] });
  let from = '203.0.113.9';
  const base = await proxy({ to: port, headers: () => ({ 'x-forwarded-for': from, 'x-forwarded-host': 'centre' }) });
  const wrong = async () =>
    (
      await fetch(`${base}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: `guess-${Math.random()}`, password: 'x' }),
      })
    ).status;
  let status = 401;
  for (let i = 0; i < 200 && status !== 429; i++) status = await wrong();
  expect(status).toBe(429);
  from = '203.0.113.10';
  expect((await logIn(base, 'http://centre')).status).toBe(200);
});

test('a log-in behind a plain http proxy works, with a cookie that the browser keeps', async () => {
  const { port } = await centre({ trusted_proxy: ['127.0.0.1'] });
  const base = await proxy({
    to: port,
    headers: () => ({ 'x-forwarded-proto': 'http', 'x-forwarded-host': 'centre.lan:8000' }),
  });
  const answer = await logIn(base, 'http://centre.lan:8000');
  expect(answer.status).toBe(200);
  expect(cookieOf(answer)).not.toContain('Secure');
  expect(answer.headers.get('strict-transport-security')).toBeNull();
  expect(await session(base, cookieOf(answer))).toMatchObject({ user: 'admin' });
});

test('where a proxy replaces the host, the refused log-in says which setting of the proxy to change', async () => {
  const { port } = await centre({});
  const base = await proxy({ to: port });
  const answer = await logIn(base, 'http://centre.lan');
  expect(answer.status).toBe(403);
  const { detail } = (await answer.json()) as { detail: string };
  expect(detail).toContain('the page is at http://centre.lan, the request is for 127.0.0.1:');
  expect(detail).toMatch(/proxy_set_header Host.*http\.trusted_proxy/);
});

test('only a trusted proxy states the address, the scheme and the path of a request', async () => {
  const { port, url } = await centre({ trusted_proxy: ['192.0.2.1'] });
  const lies = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'centre.lan',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-for': '203.0.113.9',
  };
  const base = await proxy({ to: port, headers: () => lies });
  expect((await logIn(base, 'https://centre.lan')).status).toBe(403);
  const answer = await logIn(base, url);
  expect(answer.status).toBe(200);
  expect(cookieOf(answer)).not.toContain('Secure');
  expect(cookieOf(answer)).toContain('Path=/;');
  expect(await (await fetch(base)).text()).not.toContain('evil');
});

test.each<[string, CloudConfig['http'], Omit<ReverseProxyOptions, 'to'>]>([
  [
    'that says the path it takes away',
    {},
    { strip: '/forpost', headers: () => ({ 'x-forwarded-prefix': '/forpost' }) },
  ],
  ['that takes the path away and says nothing', { base_path: '/forpost' }, { strip: '/forpost' }],
  ['that passes the path on as it is', { base_path: '/forpost' }, {}],
])('under a path behind a proxy %s, page, files, log-in, stream and cookie are there', async (_what, http, options) => {
  const { port } = await centre({ ...http, trusted_proxy: ['127.0.0.1'] });
  const base = await proxy({
    to: port,
    ...options,
    headers: (came) => ({ 'x-forwarded-host': 'centre.lan', ...options.headers?.(came) }),
  });
  for (const path of ['/forpost', '/forpost/']) {
    const html = await (await fetch(`${base}${path}`)).text();
    expect(html).toContain('<meta name="forpost-base" content="/forpost">');
    const [, file = ''] = /src="([^"]+)"/.exec(html) ?? [];
    expect(file).toBe('/forpost/assets/main.js');
    expect(await (await fetch(base + file)).text()).toBe('run()');
  }
  const answer = await logIn(base, 'http://centre.lan', '/forpost');
  expect(answer.status).toBe(200);
  expect(cookieOf(answer)).toContain('Path=/forpost;');
  expect(await session(`${base}/forpost`, cookieOf(answer))).toMatchObject({ user: 'admin' });
  const stopping = new AbortController();
  const headers = { cookie: cookieOf(answer).split(';')[0] ?? '' };
  const stream = await fetch(`${base}/forpost/api/v1/stream`, { headers, signal: stopping.signal });
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  expect(stream.headers.get('cache-control')).toContain('no-transform');
  const read = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await read?.read())?.value).toContain('retry:');
  stopping.abort();
  const out = await fetch(`${base}/forpost/api/v1/logout`, { method: 'POST', headers });
  expect(out.headers.getSetCookie()[0]).toContain('Path=/forpost;');
  expect(await session(`${base}/forpost`, cookieOf(answer))).toEqual({ user: null });
});

test('a prefix that is no path is ignored, and no document contains it', async () => {
  const { port } = await centre({ trusted_proxy: ['127.0.0.1'] });
  for (const prefix of ['"><script>', '//evil.example', 'forpost', '/a b', `/${'a'.repeat(300)}`]) {
    const base = await proxy({ to: port, headers: () => ({ 'x-forwarded-prefix': prefix }) });
    expect(await (await fetch(base)).text()).not.toContain('forpost-base');
    expect(cookieOf(await logIn(base, `http://127.0.0.1:${port}`))).toContain('Path=/;');
  }
});

test('without TLS a port refuses other machines, except the trusted proxies', async () => {
  const { port } = await centre({ host: '0.0.0.0', trusted_proxy: ['192.0.2.1'] });
  // clients of this machine may connect; the machine's address of another interface stands for another machine
  const { networkInterfaces } = await import('node:os');
  const other = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4');
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  if (other === undefined) return;
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path: '/', localAddress: other.address }, (incoming) =>
      resolve(incoming.resume().statusCode),
    )
      .on('error', reject)
      .end();
  });
  expect(answer).toBe(403);
});

test('two centres on one host keep a log-in each in one browser', async () => {
  const [one, other] = [await centre({}, 'one'), await centre({}, 'other')];
  const cookies = [];
  for (const { url } of [one, other]) cookies.push(cookieOf(await logIn(url, url)).split(';')[0] ?? '');
  const [first = '', second = ''] = cookies;
  expect(first.split('=')[0]).not.toBe(second.split('=')[0]);
  const both = { cookie: `${first}; ${second}` };
  for (const { url } of [one, other])
    expect(await (await fetch(`${url}/api/v1/session`, { headers: both })).json()).toMatchObject({ user: 'admin' });
});

test('with TLS of its own the cookie is Secure, and a renewed certificate is served without a restart', async () => {
  const own = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const put = async (pair: { certificate: string; key: string }) => {
    await writeFile(own.certificate, await readFile(pair.certificate));
    await writeFile(own.key, await readFile(pair.key));
  };
  await put(certificates.expired);
  const { port, listener, listenerClock, url } = await centre({ tls: own });
  expect(url).toBe(`https://0.0.0.0:${port}`);
  expect(listener.problems()).toEqual([expect.stringContaining('http.tls: the certificate has ended on 2020-01-01')]);
  const ask = (ca: string) =>
    new Promise<{ name: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
      const sent = httpsRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/api/v1/login',
          method: 'POST',
          ca,
          agent: false,
          headers: { 'content-type': 'application/json' },
        },
        (answer) => {
          const { socket } = answer as unknown as { socket: import('node:tls').TLSSocket };
          resolve({ name: String(socket.getPeerCertificate().subject.CN), headers: answer.resume().headers });
        },
      );
      sent.on('error', reject).end(JSON.stringify({ user: 'admin', password: 'right' }));
    });
  const ca = await readFile(certificates.ca, 'utf8');
  await expect(ask(ca)).rejects.toThrow(/expired/);
  await put(certificates.server);
  listenerClock.advance(10_000);
  await expect.poll(() => listener.problems()).toEqual([]);
  const { name, headers } = await ask(ca);
  expect(name).toBe('broker');
  expect(String(headers['set-cookie'])).toContain('Secure');
  expect(headers['strict-transport-security']).toBeDefined();
});
