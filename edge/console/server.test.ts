/** The API of the gateway's page: status, alarms, dead letters, pictures, scenes, health and metrics. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build, consoleServersForEachTest, start } from './testing/server.ts';
import { activeAlarm, earlierAlarm, refusedView } from './testing/source.ts';
import type { DeadLetterView, EarlierAlarmsView } from './view.ts';

consoleServersForEachTest();

test('without a log-in only the page’s files, the log-in and the health are open', async () => {
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

test('dead letters are listed by device, shortened, with the payload as text or else in hex', async () => {
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

test('motion masks are saved, and stay unchanged if a request leaves them out', async () => {
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

test('the health answer of a gateway whose outbox is stuck is 503', async () => {
  const { url, health } = await start();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', reasons: [] });
  health.alive = { ok: false, reasons: ['the outbox has committed nothing for 31 s'] };
  const answer = await fetch(`${url}/healthz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'failing', reasons: ['the outbox has committed nothing for 31 s'] });
});

test('the metrics need a log-in or their token, even on loopback', async () => {
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

test('a log-in survives a restart of the gateway', async () => {
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

test('the page’s server can be stopped twice, and before its start', async () => {
  const { server } = build();
  await server.stop();
  await server.start();
  await server.stop();
  await server.stop();
});
