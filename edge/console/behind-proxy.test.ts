import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { type Browser, chromium } from 'playwright-core';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { freePorts } from '../../test/harness/ports.ts';
import { type ReverseProxyOptions, startReverseProxy } from '../../test/harness/reverse-proxy.ts';
import { unless } from '../../test/harness/unless.ts';
import { ConsoleServer, type ConsoleServerOptions } from './server.ts';
import { FakeSource, gatewayStatus } from './testing/source.ts';

const executablePath = process.env.FORPOST_CHROMIUM ?? '/usr/bin/chromium';
const withoutBrowser = existsSync(executablePath) ? undefined : `${executablePath} is missing`;
const nginxPath = '/usr/sbin/nginx';
const withoutNginx = existsSync(nginxPath) ? undefined : `${nginxPath} is missing`;
const releases: (() => unknown)[] = [];
let hash: string;

beforeAll(async () => {
  hash = await hashPassword('ladder');
});
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

async function gateway(http: ConsoleServerOptions['http']) {
  const source = new FakeSource();
  source.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString() });
  const server = new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0, ...http },
    users: (name) => (name === 'installer' ? hash : undefined),
    source,
    health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
    metrics: { contentType: 'text/plain', render: async () => '' },
    clock: systemClock,
    logger: silentLogger(),
  });
  await server.start();
  releases.push(() => server.stop());
  return { source, port: Number(new URL(server.url).port) };
}

async function proxy(options: ReverseProxyOptions): Promise<string> {
  const { url, close } = await startReverseProxy(options);
  releases.push(close);
  return url;
}

function logIn(base: string, { origin = '', password = 'ladder', user = 'installer' } = {}): Promise<Response> {
  return fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(origin === '' ? {} : { origin }) },
    body: JSON.stringify({ user, password }),
  });
}
const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0] ?? '';

/** The address of each file that the document names, as a browser at this address resolves it. */
async function namedFiles(address: string): Promise<readonly { url: string; status: number }[]> {
  const html = await (await fetch(address)).text();
  const imports = Object.values(
    (JSON.parse(/<script type="importmap">(.*?)<\/script>/.exec(html)?.[1] ?? '{}') as { imports: object }).imports,
  ).filter((path) => !path.endsWith('/'));
  const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path ?? '');
  const urls = [...new Set([...named, ...imports])].map((path) => new URL(path, address).href);
  return Promise.all(urls.map(async (url) => ({ url, status: (await fetch(url)).status })));
}

test.each<[string, Parameters<typeof gateway>[0], Omit<ReverseProxyOptions, 'to'>, string]>([
  ['strips the path without a header', {}, { strip: '/gw' }, '/gw/'],
  ['keeps the path, with base_path in gateway.yaml', { base_path: '/gw' }, {}, '/gw/'],
  ['keeps the path, requested without its last slash', { base_path: '/gw' }, {}, '/gw'],
  [
    'strips the path and sends it as X-Forwarded-Prefix',
    { trusted_proxy: ['127.0.0.1'] },
    { strip: '/gw', headers: () => ({ 'x-forwarded-prefix': '/gw' }) },
    '/gw',
  ],
])('every file of the page comes through a proxy that %s', async (_, http, options, path) => {
  const { port } = await gateway(http);
  const address = (await proxy({ to: port, ...options })) + path;
  const files = await namedFiles(address);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter(({ status, url }) => status !== 200 || !new URL(url).pathname.startsWith('/gw/'))).toEqual([]);
});

test('a stranger’s X-Forwarded headers change neither the page’s path nor the scheme', async () => {
  const { port } = await gateway({});
  const base = await proxy({
    to: port,
    headers: () => ({ 'x-forwarded-prefix': '/evil"><script>', 'x-forwarded-proto': 'https' }),
  });
  expect(await (await fetch(base)).text()).not.toContain('evil');
  expect(cookieOf(await logIn(base))).not.toContain('Secure');
});

test('behind a trusted https proxy the cookie is Secure and has the page’s path', async () => {
  const { port } = await gateway({ trusted_proxy: ['127.0.0.0/8'] });
  const base = await proxy({
    to: port,
    strip: '/gw',
    headers: () => ({
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'home.example.org',
      'x-forwarded-prefix': '/gw',
    }),
  });
  const answer = await logIn(`${base}/gw`, { origin: 'https://home.example.org' });
  expect([answer.status, cookieOf(answer)]).toEqual([200, expect.stringMatching(/; Path=\/gw; HttpOnly; Secure/)]);
});

test('wrong passwords are counted by the client’s address, and not by the proxy’s', async () => {
  const { port } = await gateway({ trusted_proxy: ['127.0.0.1'] });
  let from = '203.0.113.9';
  const base = await proxy({ to: port, headers: () => ({ 'x-forwarded-for': from }) });
  let status = 401;
  for (let i = 0; i < 100 && status !== 429; i++) status = (await logIn(base, { password: `wrong ${i}` })).status;
  expect(status).toBe(429);
  from = '203.0.113.10';
  expect((await logIn(base)).status).toBe(200);
});

test('a log-in through a proxy that sends its own Host is refused with the setting to change', async () => {
  const { port } = await gateway({});
  const base = await proxy({ to: port });
  const answer = await logIn(base, { origin: 'http://gateway.lan' });
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('proxy_set_header Host')]);
});

test('the stream comes at once through a proxy that speaks HTTP/1.0, as nginx does by default', async () => {
  const { port } = await gateway({});
  const cookie = cookieOf(await logIn(`http://127.0.0.1:${port}`)).split(';')[0];
  const socket = connect(port, '127.0.0.1');
  releases.push(() => socket.destroy());
  socket.write(
    `GET /api/v1/stream HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`,
  );
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.includes('event: tick')) break;
  }
  expect(text).toMatch(/^HTTP\/1\.1 200/);
  expect(text).toMatch(/x-accel-buffering: no/i);
  expect(text).not.toMatch(/transfer-encoding: chunked/i);
  expect(text).toContain('event: status');
});

test('the stream comes at once through nginx with its defaults, under a path', unless(withoutNginx), async () => {
  const { port } = await gateway({});
  const [at] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'forpost-nginx-'));
  releases.push(() => rm(folder, { recursive: true, force: true }));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/t;`);
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log ${folder}/errors; events {}
     http { access_log off; ${temporary.join(' ')}
       server { listen 127.0.0.1:${at}; location /gw/ { proxy_pass http://127.0.0.1:${port}/; } } }`,
  );
  const nginx = spawn(nginxPath, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  releases.push(async () => {
    nginx.kill();
    await once(nginx, 'exit');
  });
  const base = `http://127.0.0.1:${at}/gw`;
  await vi.waitFor(async () => expect((await fetch(`${base}/healthz`)).status).toBe(200), 10_000);
  expect((await namedFiles(`${base}/`)).filter(({ status }) => status !== 200)).toEqual([]);
  const cookie = cookieOf(await logIn(base)).split(';')[0] ?? '';
  const answer = await fetch(`${base}/api/v1/stream`, { headers: { cookie } });
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('event: tick')) break;
  }
  expect(text).toContain('event: status');
});

test('without TLS another address than loopback is served to the proxies alone', async () => {
  const { port } = await gateway({ host: '0.0.0.0', trusted_proxy: ['192.0.2.1'] });
  // this machine may connect, for checks of the health
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

test('the page works in a browser under a path of a proxy', unless(withoutBrowser), async () => {
  const { port } = await gateway({});
  const base = await proxy({ to: port, strip: '/gw', headers: ({ host }) => ({ host: host ?? '' }) });
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  releases.push(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(request.url()));
  await page.goto(`${base}/gw/`);
  await page.getByLabel('User').fill('installer');
  await page.getByLabel('Password').fill('ladder');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Huber farm').first().waitFor();
  expect(complaints).toEqual([]);
});
