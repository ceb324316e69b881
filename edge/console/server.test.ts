import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConsoleServer, type ConsoleServerOptions } from './server.ts';
import { activeAlarm, deviceStatus, earlierAlarm, FakeSource, gatewayStatus, refusedView } from './testing/source.ts';
import type { DeadLetterView, EarlierAlarmsView } from './view.ts';

let hash: string;
beforeAll(async () => {
  hash = await hashPassword('ladder');
});

const servers: ConsoleServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const yard = { id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' } as const;

function build(more: Partial<ConsoleServerOptions> = {}) {
  const source = new FakeSource();
  source.current = gatewayStatus({ cameras: [yard], devices: [deviceStatus('meter')] });
  const health = { alive: { ok: true, reasons: [] as string[] } };
  const server = new ConsoleServer({
    gateway: 'farm-1',
    http: { port: 0 },
    users: (name) => (name === 'installer' ? hash : undefined),
    source,
    health: { alive: () => health.alive, ready: () => health.alive },
    metrics: { contentType: 'text/plain', render: async () => 'forpost_info 1\n' },
    clock: systemClock,
    logger: silentLogger(),
    ...more,
  });
  servers.push(server);
  return { server, source, health };
}

async function start(more: Partial<ConsoleServerOptions> = {}) {
  const parts = build(more);
  await parts.server.start();
  const { url } = parts.server;
  const answer = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'installer', password: 'ladder' }),
  });
  const cookie = String(answer.headers.get('set-cookie')).split(';')[0]!;
  const get = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
  const post = (path: string, body: unknown) =>
    get(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { ...parts, url, get, post, headers: { cookie } };
}

/** A reader of a stream: each call returns the next event of a name, and continues at the place of the call before. */
function reader(answer: Response): <Data>(name: string) => Promise<Data> {
  const chunks = answer.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  return async <Data>(name: string) => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const [, event, data] = /^event: (.+)\n(?:id: .+\n)?data: (.+)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (event === name) return JSON.parse(data!) as Data;
        continue;
      }
      const { done, value } = await chunks.next();
      if (done) throw new Error(`the stream ended before ${name}`);
      text += value;
    }
  };
}

test('only the page’s files, its log-in and the health are open without a log-in', async () => {
  const { url } = await start();
  for (const path of [
    '/api/v1/status',
    '/api/v1/alarms',
    '/api/v1/alarms/earlier',
    '/api/v1/evidence',
    '/api/v1/evidence/00000000000000aa',
    '/api/v1/dead-letters',
    '/api/v1/refused',
    '/api/v1/cameras/yard/picture',
    '/api/v1/cameras/yard/tracks',
    '/api/v1/stream',
  ])
    expect((await fetch(url + path)).status, path).toBe(401);
  expect((await fetch(`${url}/api/v1/alarms/acknowledge`, { method: 'POST' })).status).toBe(401);
  for (const path of ['/', '/page/main.ts', '/page/styles/base.css', '/healthz', '/readyz', '/api/v1/session'])
    expect((await fetch(url + path)).status, path).toBe(200);
});

test('the OpenAPI document has every address, with its right and its purpose', async () => {
  const { get, url } = await start();
  expect((await fetch(`${url}/openapi.json`)).status).toBe(401);
  const { paths } = (await (await get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { summary?: string; 'x-right'?: string; parameters?: { name: string }[] }>>;
  };
  const { parameters, ...earlier } = paths['/api/v1/alarms/earlier']!.get!;
  expect(earlier).toMatchObject({ 'x-right': 'see', summary: 'Alarms that are over, newest first' });
  expect(parameters?.map(({ name }) => name)).toEqual(['limit', 'before', 'until', 'device', 'pictured']);
  expect(paths['/api/v1/cameras/{id}/scene']!.put).toMatchObject({ 'x-right': 'act' });
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/healthz', '/metrics', '/api/v1/login']));
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(operations.filter(({ summary, 'x-right': right }) => !summary || !right)).toEqual([]);
});

test('a viewer sees everything and changes nothing', async () => {
  const { get, post, source } = await start({ roleOf: () => 'viewer' });
  source.active = [activeAlarm('1')];
  expect(await (await get('/api/v1/session')).json()).toMatchObject({ user: 'installer', role: 'viewer' });
  for (const path of ['/api/v1/status', '/api/v1/alarms', '/api/v1/alarms/earlier', '/api/v1/dead-letters'])
    expect((await get(path)).status, path).toBe(200);
  const put = (path: string) =>
    get(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"zones":[]}' });
  for (const refused of [
    await post('/api/v1/alarms/acknowledge', { alarm: '1' }),
    await put('/api/v1/cameras/yard/scene'),
    await post('/api/v1/cameras/yard/trial', { seconds: 5 }),
  ]) {
    expect(refused.status, refused.url).toBe(403);
    expect(await refused.text()).toContain('installer is a viewer and can change nothing');
  }
  expect(source.active[0]?.acknowledged).toBe(false);
});

test('the status has the whole site, with its summary', async () => {
  const { get, source } = await start();
  source.active = [activeAlarm('1')];
  source.drawn = {
    yard: {
      lines: [],
      masks: [],
      motion_masks: [],
      zones: [
        {
          id: 'drive',
          points: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
      ],
    },
  };
  const status = await (await get('/api/v1/status')).json();
  expect(status).toMatchObject({
    gateway: 'farm-1',
    version: '0.1.0',
    devices: [{ id: 'meter', connected: true }],
    summary: { level: 'alarm', headline: 'An alarm needs you' },
    alarms: [{ alarm: '1', since: '2026-06-01T12:04:00.000Z' }],
    outbox: { committedEvents: 1234 },
    scenes: { yard: { zones: [{ id: 'drive' }] } },
  });
});

test('ended alarms are listed page by page, by day and device, with the reason of a missing picture', async () => {
  const { get, source } = await start();
  const picture = { id: '00000000000000aa', sha256: 'ab', size: 4, kind: 'picture', media: 'image/jpeg' } as const;
  source.earlier = [
    earlierAlarm('c', { ended: undefined, why: 'Its picture is no longer kept' }),
    earlierAlarm('b', { evidence: [picture] }),
    earlierAlarm('a', { device: 'meter', raised: 1_770_000_000_000 }),
  ];
  const ask = async (query: string) =>
    (await (await get(`/api/v1/alarms/earlier?${query}`)).json()) as EarlierAlarmsView;
  const first = await ask('limit=2');
  expect(first).toMatchObject({
    alarms: [
      { alarm: 'c', since: '2026-05-28T20:26:40.000Z', ended: null, why: 'Its picture is no longer kept' },
      { alarm: 'b', ended: '2026-05-28T20:26:52.000Z', evidence: [picture] },
    ],
    next: 'b',
  });
  expect(await ask('limit=2&before=b')).toMatchObject({ alarms: [{ alarm: 'a' }], next: null });
  expect(await ask('until=2026-05-01T00:00:00Z')).toMatchObject({ alarms: [{ alarm: 'a' }] });
  expect(await ask('device=yard&pictured=true')).toMatchObject({ alarms: [{ alarm: 'b' }] });
  // the list is in memory and bounded: its alarm of `before` may be gone (410), and a wrong query is an error (400)
  expect((await get('/api/v1/alarms/earlier?before=gone')).status).toBe(410);
  expect((await get('/api/v1/alarms/earlier?until=yesterday')).status).toBe(400);
  expect((await get('/api/v1/alarms/earlier?limit=1000')).status).toBe(400);
});

test('an alarm is acknowledged once, by the person who is logged in', async () => {
  const { post, get, source } = await start();
  source.active = [activeAlarm('1')];
  expect(await (await post('/api/v1/alarms/acknowledge', { alarm: '1' })).json()).toEqual({ acknowledged: true });
  expect(source.acknowledged).toEqual([{ alarm: '1', by: 'installer' }]);
  expect((await post('/api/v1/alarms/acknowledge', { alarm: '1' })).status).toBe(409);
  expect((await post('/api/v1/alarms/acknowledge', { alarm: 1, extra: true })).status).toBe(400);
  expect(await (await get('/api/v1/alarms')).json()).toMatchObject({ alarms: [{ acknowledged: true }] });
});

interface Letters {
  readonly deadLetters: readonly DeadLetterView[];
}

test('refusals of clients are in the status, and can be listed for one device or consumer', async () => {
  const { source, get } = await start();
  const wrong = refusedView();
  const stranger = refusedView({ kind: 'stranger', principal: null, name: null, user: 'eve' });
  source.refusals = [stranger, wrong];
  expect(await (await get('/api/v1/refused')).json()).toEqual({ refused: [stranger, wrong] });
  expect(await (await get('/api/v1/refused?principal=meter')).json()).toEqual({ refused: [wrong] });
  expect(await (await get('/api/v1/status')).json()).toMatchObject({ refused: [stranger, wrong] });
});

test('dead letters are listed by device, shortened, and as text where their payload is text', async () => {
  const { get, source } = await start();
  const letter = { topic: 'x/y', received: Date.UTC(2026, 5, 1), reason: 'not JSON' };
  source.letters = [
    { ...letter, device: 'meter' as never, payload: Buffer.from('{"w": größe') },
    { ...letter, device: 'meter' as never, payload: Buffer.from([0xff, 0xfe, 0, 1]) },
    { ...letter, device: 'door' as never, payload: Buffer.alloc(100_000, 'ä') },
  ];
  const { deadLetters } = (await (await get('/api/v1/dead-letters?device=meter')).json()) as Letters;
  expect(deadLetters).toMatchObject([
    { reason: 'not JSON', received: '2026-06-01T00:00:00.000Z', payload: '{"w": größe', encoding: 'text', size: 13 },
    { payload: 'fffe0001', encoding: 'hex', size: 4 },
  ]);
  // newer dead letters of another device do not use up the limit
  source.letters.unshift(
    ...Array.from({ length: 300 }, () => ({ ...letter, payload: Buffer.from('x'), device: 'door' as never })),
  );
  const behind = (await (await get('/api/v1/dead-letters?device=meter&limit=1')).json()) as Letters;
  expect(behind.deadLetters).toMatchObject([{ device: 'meter' }]);
  source.letters.splice(0, 300);
  const all = (await (await get('/api/v1/dead-letters?limit=3')).json()) as Letters;
  expect(all.deadLetters[2]).toMatchObject({ device: 'door', encoding: 'text', size: 100_000 });
  expect(all.deadLetters[2]!.payload.length).toBeLessThanOrEqual(2000);
  expect((await get('/api/v1/dead-letters?limit=100000')).status).toBe(400);
});

test("a request for a camera's picture keeps it fresh, and answers 204 before the first frame", async () => {
  const { get, source } = await start();
  expect((await get('/api/v1/cameras/yard/picture')).status).toBe(204);
  expect(source.watched).toEqual(['yard']);
  source.taken = 1_780_000_000_000;
  source.pictures.set('yard', Buffer.from([0xff, 0xd8, 0xff]));
  const picture = await get('/api/v1/cameras/yard/picture');
  expect(picture.headers.get('content-type')).toBe('image/jpeg');
  expect(picture.headers.get('forpost-taken')).toBe('2026-05-28T20:26:40.000Z');
  expect(Buffer.from(await picture.arrayBuffer())).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
  expect((await get('/api/v1/cameras/nowhere/picture')).status).toBe(404);
  expect(await (await get('/api/v1/cameras/yard/tracks')).json()).toEqual({ scene: null });
});

test('motion masks are saved, and stay unchanged where a request leaves them out', async () => {
  const { get, source } = await start();
  const points = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
  ] as [number, number][];
  const put = (more: object) =>
    get('/api/v1/cameras/yard/scene', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ revision: source.current.revision, zones: [], lines: [], masks: [], ...more }),
    });
  expect((await put({ motion_masks: [{ points }] })).status).toBe(200);
  expect((await put({})).status).toBe(200);
  expect(source.saved.map(({ scene }) => scene.motion_masks)).toEqual([[{ points }], [{ points }]]);
  expect(await (await get('/api/v1/cameras/yard/scene')).json()).toMatchObject({ motion_masks: [{ points }] });
  expect((await put({ motion_masks: [{ points: points.slice(1) }] })).status).toBe(400);
});

describe('the stream', () => {
  test('starts with the current status, and sends it again only when it changes', async () => {
    const { get, source } = await start();
    const next = reader(await get('/api/v1/stream'));
    expect(await next('status')).toMatchObject({ problems: [], summary: { level: 'well' } });
    // two seconds later nothing has been sent: the next status is the changed one
    const looks = source.looks;
    await vi.waitFor(() => expect(source.looks).toBeGreaterThan(looks + 1), { timeout: 5000 });
    source.current = { ...source.current, problems: ['the disk is full'] };
    expect(await next('status')).toMatchObject({ problems: ['the disk is full'] });
  });

  test('sends a tick every few seconds, also while nothing happens', async () => {
    const { get } = await start();
    const next = reader(await get('/api/v1/stream'));
    await next('status');
    expect(Date.parse(((await next('tick')) as { at: string }).at)).toBeGreaterThan(0);
    const first = performance.now();
    await next('tick');
    expect(performance.now() - first).toBeLessThan(8_000);
  });

  test('sends an alert at once, and the changed summary with it', async () => {
    const { get, source } = await start();
    const next = reader(await get('/api/v1/stream'));
    expect(await next('status')).toMatchObject({ summary: { level: 'well' } });
    const started = performance.now();
    source.raise(activeAlarm('1'));
    expect(await next('alert')).toMatchObject({ data: { alarm: '1', change: 'raised' } });
    expect(await next('status')).toMatchObject({ summary: { level: 'alarm' } });
    expect(performance.now() - started).toBeLessThan(900);
  });

  test('sends scenes of watched cameras only, and keeps their pictures fresh', async () => {
    const { get, source } = await start();
    source.current = gatewayStatus({ cameras: [yard, { ...yard, id: 'gate' }] });
    const answer = await get('/api/v1/stream?watch=yard,nowhere');
    await vi.waitFor(() => expect(source.sceneListeners.size).toBe(1));
    const scene = { time: '2026-06-01T12:00:00.000Z', tracks: [], changes: [] };
    source.see({ ...scene, camera: 'gate' });
    source.see({ ...scene, camera: 'yard' });
    expect(await reader(answer)('scene')).toMatchObject({ camera: 'yard' });
    expect(new Set(source.watched)).toEqual(new Set(['yard']));
  });

  test('removes its listeners once the last page is closed', async () => {
    const { get, source } = await start();
    const abort = new AbortController();
    await get('/api/v1/stream?watch=yard', { signal: abort.signal });
    await vi.waitFor(() => expect(source.alertListeners.size + source.sceneListeners.size).toBe(2));
    abort.abort();
    await vi.waitFor(() => expect(source.alertListeners.size + source.sceneListeners.size).toBe(0));
  });

  test('ends when its session ends', async () => {
    const { get, post } = await start();
    const answer = await get('/api/v1/stream');
    await post('/api/v1/logout', {});
    await answer.text();
    expect((await get('/api/v1/stream')).status).toBe(401);
  });
});

test('the health answer of a gateway whose outbox is stuck is 503', async () => {
  const { url, health } = await start();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', reasons: [] });
  health.alive = { ok: false, reasons: ['the outbox has committed nothing for 31 s'] };
  const answer = await fetch(`${url}/healthz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'failing', reasons: ['the outbox has committed nothing for 31 s'] });
});

test('the metrics need a log-in or their token, also on this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-console-'));
  try {
    const { url, get } = await start({ folder });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect(await (await get('/metrics')).text()).toBe('forpost_info 1\n');
    const token = (await readFile(join(folder, 'metrics-token'), 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await fetch(`${url}/metrics`, { headers })).text()).toBe('forpost_info 1\n');
    expect((await fetch(`${url}/api/v1/status`, { headers })).status).toBe(401);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a log-in at the gateway survives a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-console-'));
  try {
    const before = await start({ folder });
    expect((await before.get('/api/v1/status')).status).toBe(200);
    await before.server.stop();
    const after = build({ folder });
    await after.server.start();
    const answer = await fetch(`${after.server.url}/api/v1/session`, { headers: before.headers });
    expect(await answer.json()).toMatchObject({ user: 'installer' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('the page', () => {
  test('comes from the gateway alone, under a content security policy that allows no other script', async () => {
    const { url } = await start();
    const answer = await fetch(url);
    const html = await answer.text();
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/\son[a-z]+=|style=/);
    expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/);
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
    for (const [, path] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      const file = await fetch(new URL(path!, url));
      expect(file.status, path).toBe(200);
      if (path!.endsWith('.ts')) {
        expect(file.headers.get('content-type')).toMatch(/^text\/javascript/);
        expect(await file.text()).not.toMatch(/import type|: string/);
      }
    }
  });

  test('is sent packed, in less than 100 kB in all', async () => {
    const { url } = await start();
    const html = await (await fetch(url)).text();
    const { get } = await import('node:http');
    const sizeOf = (path: string, encoding: string) =>
      new Promise<number>((resolve, reject) => {
        get(new URL(path, url), { headers: { 'accept-encoding': encoding } }, (answer) => {
          if (answer.headers['content-encoding'] !== (encoding === 'identity' ? undefined : encoding))
            reject(new Error(`${path} came as ${answer.headers['content-encoding']}`));
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          answer.on('end', () => resolve(bytes));
        }).on('error', reject);
      });
    const paths = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
    const total = async (encoding: string) =>
      (await Promise.all([...new Set(paths)].map((path) => sizeOf(path, encoding)))).reduce((sum, one) => sum + one, 0);
    const [plain, brotli, gzip] = [await total('identity'), await total('br'), await total('gzip')];
    expect(brotli).toBeLessThan(100_000);
    expect(gzip).toBeLessThan(plain / 2);
  });

  test('is not sent again while its files are unchanged', async () => {
    const { url } = await start();
    const etag = (await fetch(`${url}/page/main.ts`)).headers.get('etag')!;
    const again = await fetch(`${url}/page/main.ts`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  test.each([
    '/page/../server.ts',
    '/page/%2e%2e/server.ts',
    '/page/tsconfig.json',
    '/page/words.test.ts',
    '/vendor/lit/../../package.json',
    '/vendor/lit/package.json',
    '/vendor/fastify/fastify.js',
  ])('serves no other file: %s', async (path) => {
    const { url } = await start();
    const { hostname, port } = new URL(url);
    const { get } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      get({ hostname, port, path }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
    expect(status).toBe(404);
  });
});

describe('the page’s addresses', () => {
  test('without TLS, an address other than loopback is refused at the start', async () => {
    const { server } = build({ http: { host: '0.0.0.0', port: 0 } });
    await expect(server.start()).rejects.toMatchObject({
      code: 'FORPOST_CONFIG_INVALID',
      message: expect.stringMatching(/^http\.host 0\.0\.0\.0 without TLS .* add http\.tls/),
    });
  });

  test('a taken port is refused with its setting, and the other ports are released', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { server } = build({ http: { port } });
    await expect(server.start()).rejects.toMatchObject({
      code: 'FORPOST_PORT_TAKEN',
      message: `127.0.0.1:${port} is taken by another process: stop it, or set another one as http.port`,
    });
    await server.stop();
    await new Promise((resolve) => other.close(resolve));
  });

  test('with TLS the page is on HTTPS with a Secure cookie, and plain HTTP only redirects there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-tls-'));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=localhost',
    ];
    await promisify(execFile)('openssl', [...args, '-keyout', key, '-out', certificate]);
    const tls = { host: '127.0.0.1', port: 0, certificate, key };
    const { server } = build({ http: { port: 0, tls } });
    await server.start();
    const ask = (path: string, method: string, body?: string) =>
      new Promise<{ status: number | undefined; cookie: string }>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const request = httpsRequest(server.url + path, { method, headers, rejectUnauthorized: false }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode, cookie: String(answer.headers['set-cookie']) });
        });
        request.on('error', reject);
        request.end(body);
      });
    expect(server.url).toMatch(/^https:/);
    expect((await ask('/', 'GET')).status).toBe(200);
    const login = await ask('/api/v1/login', 'POST', JSON.stringify({ user: 'installer', password: 'ladder' }));
    expect(login.status).toBe(200);
    expect(login.cookie).toMatch(/; Secure/);

    const plain = await fetch(`${server.plainUrl}/?x=1`, { redirect: 'manual' });
    expect(plain.status).toBe(308);
    expect(plain.headers.get('location')).toBe(`https://127.0.0.1:${new URL(server.url).port}/?x=1`);
    expect((await fetch(`${server.plainUrl}/api/v1/login`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.plainUrl}/healthz`)).status).toBe(200);
    await rm(folder, { recursive: true });
  });

  test('without its certificate only the page over TLS is missing, until the certificate is there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-tls-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const { server } = build({ http: { port: 0, tls: { host: '127.0.0.1', port: 0, certificate, key } } });
    await server.start();
    expect((await fetch(`${server.plainUrl}/healthz`)).status).toBe(200);
    expect(server.problems()).toEqual([expect.stringContaining(`http.tls: ${certificate} is not there`)]);
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const options = { port: Number(new URL(server.url).port), host: '127.0.0.1', rejectUnauthorized: false };
        const socket = connect(options, () => {
          resolve(socket.getPeerX509Certificate()?.subject ?? '');
          socket.end();
        });
        socket.on('error', reject);
      });
    await expect(shown()).rejects.toThrow();
    for (const name of ['first', 'renewed']) {
      const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'];
      await promisify(execFile)('openssl', [...args, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate]);
      await server.reload();
      expect(await shown()).toBe(`CN=${name}`);
    }
    expect(server.problems()).toEqual([]);
    await server.stop();
  });
});

test('the page’s server can be stopped twice, and before its start', async () => {
  const { server } = build();
  await server.stop();
  await server.start();
  await server.stop();
  await server.stop();
});
