import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { capabilities } from '../capabilities.ts';
import type { CentreParts } from '../health/condition.ts';
import type { LedgerView } from '../ledger/schemas.ts';
import { allIsWell, healthOf, testServices } from '../testing/centre.ts';
import { exampleAlert, exampleEvent, exampleStatus } from '../testing/examples.ts';
import { buildApi } from './api.ts';
import { Capabilities } from './capability.ts';

let hash: string;
beforeAll(async () => {
  hash = await hashPassword('right');
});
const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

const ledger: LedgerView = {
  gateway: 'gw-1',
  assigned: 10,
  received: 8,
  shed: 0,
  missing: 0,
  waiting: 2,
  duplicates: 0,
  lanes: [],
  lanes_left_out: 0,
};

interface StartOptions {
  readonly clock?: Clock;
  readonly webFolder?: string;
  readonly reasons?: string[];
  readonly centre?: CentreParts;
  readonly storesAll?: () => boolean;
}

async function start(options: StartOptions = {}) {
  const clock = options.clock ?? systemClock;
  const { services, remove } = await testServices(clock, {
    ledger: async (gateway) => (gateway === 'gw-1' ? ledger : undefined),
    health: healthOf(options.centre, options.reasons),
    ...(options.storesAll === undefined ? {} : { storesAll: options.storesAll }),
  });
  releases.push(remove);
  const { history, gateways, live, commands } = services;
  const made = Capabilities.of(capabilities, services);
  const app: FastifyInstance = buildApi({
    capabilities: made,
    users: { hashOf: (name) => (name === 'admin' ? hash : undefined) },
    ...{ clock, logger: silentLogger(), webFolder: options.webFolder ?? join(tmpdir(), 'no-such-page') },
  });
  releases.push(() => app.close());
  await app.ready();
  const login = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: { user: 'admin', password: 'right' },
  });
  const cookie = `forpost-centre=${login.cookies[0]?.value}`;
  const get = async (url: string) => app.inject({ url, headers: { cookie } });
  return { app, history, gateways, live, commands, clock, cookie, get };
}

describe('a command to a gateway', () => {
  const sending = async () => {
    const { app, cookie, gateways, commands, get, history } = await start();
    gateways.take(exampleStatus({ commandKeys: [commands.publicKey.id] }));
    const post = (body: object, url = '/api/v1/gateways/gw-1/commands', headers: Record<string, string> = {}) =>
      app.inject({ method: 'POST', url, headers: { cookie, ...headers }, payload: body });
    return { gateways, commands, get, post, history };
  };

  test('is answered when it is safe, with its author, and listed', async () => {
    const { get, post } = await sending();
    const answer = await post({ kind: 'acknowledge', arguments: { alarm: 'a1' }, valid_s: 60 });
    expect(answer.statusCode).toBe(201);
    const view = answer.json() as { issued: string; expires: string };
    expect(view).toMatchObject({ kind: 'acknowledge', arguments: { alarm: 'a1' }, author: 'admin', state: 'sent' });
    expect(Date.parse(view.expires) - Date.parse(view.issued)).toBe(60_000);
    expect((await get('/api/v1/gateways/gw-1/commands')).json()).toEqual({ commands: [view] });
  });

  test.each([
    ['takes it', undefined, 'sent'],
    ['takes none of this centre', [], 'noted'],
  ])(
    'that acknowledges an alarm counts at the centre at once, with who said so, where the gateway %s',
    async (_, keys, state) => {
      const { gateways, get, post, history } = await sending();
      if (keys !== undefined) gateways.take(exampleStatus({ counter: 99, commandKeys: keys }));
      await history.insert([exampleAlert(1, Date.now() - 9e8, 'raised'), exampleAlert(2, Date.now() - 8e8, 'cleared')]);
      const list = async () => (await get('/api/v1/alarms')).json();
      expect(await list()).toMatchObject({ open: 1, alarms: [{ alarm: 'a1', open: true, acknowledged: false }] });
      const answer = await post({ kind: 'acknowledge', arguments: { alarm: 'a1' } });
      expect([answer.statusCode, answer.json()]).toMatchObject([201, { state, author: 'admin' }]);
      expect(await list()).toEqual({ open: 0, alarms: [], not_listed: [] });
      const since = new Date(Date.now() - 9e8).toISOString();
      expect((await get(`/api/v1/alarms?since=${since}`)).json().alarms).toMatchObject([
        { alarm: 'a1', open: false, acknowledged: true, acknowledged_by: 'admin', acknowledged_where: 'centre only' },
      ]);
    },
  );

  test('is refused where the gateway would refuse it for sure, with what to do', async () => {
    const { gateways, commands, post } = await sending();
    expect((await post({ kind: 'ping' }, '/api/v1/gateways/nobody/commands')).statusCode).toBe(404);
    gateways.take(exampleStatus({ counter: 99, commandKeys: [] }));
    const untrusted = await post({ kind: 'ping' });
    expect(untrusted.statusCode).toBe(409);
    expect((untrusted.json() as { detail: string }).detail).toContain(commands.publicKey.text);
  });

  test.each([
    ['no kind', {}],
    ['a kind that is none', { kind: 'Drop Tables' }],
    ['arguments that are a list', { kind: 'ping', arguments: [1] }],
    ['a validity of a second', { kind: 'ping', valid_s: 1 }],
    ['a validity of a year', { kind: 'ping', valid_s: 31_536_000 }],
    ['arguments beyond all bounds', { kind: 'ping', arguments: { text: 'x'.repeat(10_000) } }],
    ['a field that does not exist', { kind: 'ping', valid: 60 }],
  ])('with %s is told what is wrong', async (_, body) => {
    const { post } = await sending();
    expect((await post(body)).statusCode).toBe(400);
  });

  test('from the page of another site is not sent', async () => {
    const { get, post } = await sending();
    const url = '/api/v1/gateways/gw-1/commands';
    const answer = await post({ kind: 'ping' }, url, {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    });
    expect(answer.statusCode).toBe(403);
    expect((await get(url)).json()).toEqual({ commands: [] });
  });
});

test('staff take a gateway out of service and back, and every page can see it', async () => {
  const { app, cookie, gateways, get } = await start();
  gateways.take(exampleStatus());
  const set = (inService: unknown, id = 'gw-1') =>
    app.inject({
      method: 'POST',
      url: `/api/v1/gateways/${id}/service`,
      headers: { cookie },
      payload: { in_service: inService },
    });
  const shown = async () => (await get('/api/v1/gateways')).json().gateways[0].in_service;
  expect(await shown()).toBe(true);
  expect((await set(false)).json()).toEqual({ gateway: 'gw-1', in_service: false });
  expect(await shown()).toBe(false);
  expect((await set(true)).statusCode).toBe(200);
  expect(await shown()).toBe(true);
  expect([(await set(false, 'nobody')).statusCode, (await set('no')).statusCode]).toEqual([404, 400]);
});

describe('who may', () => {
  test.each([
    '/api/v1/events',
    '/api/v1/sites',
    '/api/v1/gateways',
    '/api/v1/gateways/gw-1/ledger',
    '/api/v1/gateways/gw-1/commands',
    '/api/v1/commands/key',
    '/api/v1/alarms',
    '/api/v1/series?device=a&metric=power_w',
    '/api/v1/metrics',
    '/api/v1/centre',
    '/api/v1/stream',
    '/openapi.json',
  ])('%s needs a log-in', async (url) => {
    const { app } = await start();
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([401, 'application/problem+json']);
    expect(answer.json()).toMatchObject({ status: 401, detail: 'log in to the centre' });
  });

  test('health is open, metrics are open to nobody without a log-in, this machine included', async () => {
    const { app, cookie } = await start();
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok', reasons: [] });
    expect((await app.inject({ url: '/metrics', headers: { host: 'localhost:8090' } })).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { cookie } })).statusCode).toBe(200);
  });

  test('the page of another site cannot log in or out with somebody’s browser', async () => {
    const { app, cookie } = await start();
    const headers = { cookie, origin: 'https://evil.example', host: 'centre.example' };
    expect((await app.inject({ method: 'POST', url: '/api/v1/logout', headers })).statusCode).toBe(403);
  });
});

describe('answers', () => {
  test('events come newest first, filtered, page by page, with when they were stored', async () => {
    const { history, get } = await start();
    const at = Date.UTC(2026, 0, 1);
    await history.insert([1, 2, 3, 4, 5].map((sequence) => exampleEvent({ sequence, time: at + sequence * 1000 })));
    await history.insert([exampleEvent({ sequence: 6, time: at, device: 'meter-2' })]);
    const first = (await get('/api/v1/events?device=meter-1&limit=3')).json();
    expect(first.events.map(({ sequence }: { sequence: string }) => sequence)).toEqual(['5', '4', '3']);
    expect(first.events[0]).toMatchObject({
      time: '2026-01-01T00:00:05.000Z',
      received: '2026-01-01T00:00:05.020Z',
      stored: expect.stringMatching(/Z$/),
    });
    const second = (
      await get(`/api/v1/events?device=meter-1&limit=3&cursor=${encodeURIComponent(first.cursor)}`)
    ).json();
    expect(second.events.map(({ sequence }: { sequence: string }) => sequence)).toEqual(['2', '1']);
    expect(second.cursor).toBeUndefined();
    const span = (await get('/api/v1/events?from=2026-01-01T00:00:02Z&to=2026-01-01T00:00:04Z')).json();
    expect(span.events).toHaveLength(2);
  });

  test.each([
    ['/api/v1/events?devcie=x', 'did you mean "device"'],
    ['/api/v1/events?limit=1001', 'limit must be from 1 to 1000'],
    ['/api/v1/events?from=yesterday', 'from is no RFC 3339 time'],
    ['/api/v1/events?to=2026-06-30T23:59:60Z', 'to is no RFC 3339 time'],
    ['/api/v1/alarms?since=2026-06-30T23:59:60Z', 'since is no RFC 3339 time'],
    ['/api/v1/series?device=a&metric=b_w&from=2026-06-30T23:59:60Z', 'from is no RFC 3339 time'],
    ['/api/v1/series?device=a&metric=b_w&from=0000-01-01T00:00:00Z&to=9999-12-31T00:00:00Z', 'too far apart'],
    ['/api/v1/events?lane=fast', 'lane must be one of alerts, telemetry'],
    ['/api/v1/events?gateway=A/B', 'gateway'],
    ['/api/v1/events?cursor=nonsense', 'cursor is not one that a page before has given'],
    ['/api/v1/series?metric=power_w', 'device'],
    ['/api/v1/series?device=a&metric=power_w&step=1', 'ask for a step of 30 s or more'],
    ['/api/v1/series?device=a&metric=power_w&step=700', 'must divide a day'],
    [
      '/api/v1/series?device=a&metric=power_w&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      '"from" must be before "to"',
    ],
    ['/api/v1/series?device=a&metric=power_w&tz=Mars/Base', '"Mars/Base" is not a time zone'],
    ['/api/v1/series?device=a&metric=power_w&agg=median', 'agg must be one of avg, min, max, sum, last, count'],
  ])('%s is answered with 400 and what to do', async (url, words) => {
    const answer = await (await start()).get(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(words);
  });

  test('gateways, sites and ledger say what is known', async () => {
    const { gateways, get } = await start();
    gateways.take(exampleStatus());
    const {
      gateways: [gateway],
    } = (await get('/api/v1/gateways')).json();
    expect(gateway).toMatchObject({
      gateway: 'gw-1',
      site: 'farm-7',
      online: true,
      backlog: { events: 2, bytes: 600 },
    });
    expect((await get('/api/v1/sites')).json()).toEqual({ sites: [{ site: 'farm-7', gateways: ['gw-1'], online: 1 }] });
    expect((await get('/api/v1/gateways/gw-1/ledger')).json()).toEqual(ledger);
    const unknown = await get('/api/v1/gateways/gw-9/ledger');
    expect([unknown.statusCode, unknown.json().detail]).toEqual([404, 'no gateway "gw-9" is known']);
  });

  test('an alarm is shown with its newest state and when it was raised', async () => {
    const { history, clock, get } = await start();
    const raised = clock.now() - 60_000;
    await history.insert([
      exampleAlert(1, raised, 'raised'),
      exampleAlert(2, raised + 5000, 'cleared'),
      exampleAlert(3, raised, 'raised', 'a2'),
    ]);
    const { alarms } = (await get('/api/v1/alarms')).json();
    expect(alarms).toHaveLength(2);
    const over = alarms.find(({ alarm }: { alarm: string }) => alarm === 'a1');
    expect(over).toMatchObject({
      active: false,
      change: 'cleared',
      severity: 'critical',
      value: 5100,
      raised: new Date(raised).toISOString(),
      changed: new Date(raised + 5000).toISOString(),
      ended: new Date(raised + 5000).toISOString(),
      // nobody has acknowledged it
      open: true,
    });
    expect(
      (await get(`/api/v1/alarms?since=${new Date(raised + 6000).toISOString()}`))
        .json()
        .alarms.map(({ alarm }: { alarm: string }) => alarm),
    ).toEqual(['a1', 'a2']);
  });

  test('a series has a step that fits where none is asked for, and says its unit', async () => {
    const { history, get } = await start();
    const at = Date.UTC(2026, 0, 1);
    await history.insert([exampleEvent({ sequence: 1, time: at }), exampleEvent({ sequence: 3, time: at + 1000 })]);
    const answer = (
      await get('/api/v1/series?device=meter-1&metric=power_w&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')
    ).json();
    expect(answer).toMatchObject({ step: 300, unit: 'W', agg: 'avg', tz: 'UTC', points: [{ time: at, value: 20 }] });
  });

  test('the metrics count what the parts count', async () => {
    const { get, gateways } = await start();
    gateways.take(exampleStatus());
    const { body } = await get('/metrics');
    for (const line of [
      'forpost_ingest_stored_total 42',
      'forpost_ingest_duplicates_total 3',
      'forpost_ingest_lag_records{topic="forpost.alerts",partition="0"} 7',
      'forpost_notifications_sent_total{channel="hook"} 5',
      'forpost_gateways{state="online"} 1',
      'forpost_api_streams 0',
    ])
      expect(body).toContain(line);
  });

  test('a centre that cannot do its work says why', async () => {
    const { app } = await start({ reasons: ['Kafka: connection refused'] });
    const answer = await app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'failing', reasons: ['Kafka: connection refused'] },
    ]);
  });

  test('the OpenAPI document names every address with its parameters', async () => {
    const { get } = await start();
    const { paths } = (await get('/openapi.json')).json();
    const names = paths['/api/v1/events'].get.parameters.map(({ name }: { name: string }) => name).sort();
    expect(names).toEqual(['cursor', 'device', 'from', 'gateway', 'lane', 'limit', 'site', 'to', 'type']);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/series', '/api/v1/gateways/{id}/ledger', '/api/v1/stream', '/readyz']),
    );
  });
});

describe('the page', () => {
  test('is served with a strict policy, and nothing outside its folder is', async () => {
    const webFolder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    releases.push(() => rm(webFolder, { recursive: true }));
    await writeFile(join(webFolder, 'index.html'), '<!doctype html><title>desk</title>');
    const { app } = await start({ webFolder });
    const page = await app.inject('/');
    expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    for (const url of ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json'])
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
  });

  test('is sent packed where the browser takes that, and plain where it does not', async () => {
    const webFolder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    releases.push(() => rm(webFolder, { recursive: true }));
    await writeFile(join(webFolder, 'index.html'), '<!doctype html>');
    await mkdir(join(webFolder, 'assets'));
    for (const [name, text] of Object.entries({ 'a.js': 'plain', 'a.js.br': 'brotli', 'a.js.gz': 'gzip' }))
      await writeFile(join(webFolder, 'assets', name), text);
    const { app } = await start({ webFolder });
    const asked = async (encoding: string) => {
      const { body, headers } = await app.inject({ url: '/assets/a.js', headers: { 'accept-encoding': encoding } });
      expect([headers['content-type'], headers.vary]).toEqual([
        expect.stringContaining('javascript'),
        'accept-encoding',
      ]);
      return [body, headers['content-encoding']];
    };
    expect(await asked('gzip, deflate, br')).toEqual(['brotli', 'br']);
    expect(await asked('gzip')).toEqual(['gzip', 'gzip']);
    expect(await asked('identity')).toEqual(['plain', undefined]);
  });

  test('that is not built says how to build it', async () => {
    const { app } = await start();
    const answer = await app.inject('/');
    expect([answer.statusCode, answer.json().detail]).toEqual([503, expect.stringContaining('npm run web')]);
  });
});

describe('what happens now', () => {
  /** Opens the stream over a real connection and gathers what it says. */
  async function listen(started: Awaited<ReturnType<typeof start>>) {
    await started.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = started.app.server.address() as AddressInfo;
    const messages: { event: string; data: Record<string, unknown> }[] = [];
    let ended = false;
    const call = request({ host: '127.0.0.1', port, path: '/api/v1/stream', headers: { cookie: started.cookie } });
    call.on('error', () => {
      ended = true;
    });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1];
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (event !== undefined && data !== undefined) messages.push({ event, data: JSON.parse(data) });
        }
      });
      response.on('close', () => {
        ended = true;
      });
      response.on('error', () => undefined);
    });
    call.end();
    releases.push(async () => call.destroy());
    const next = (event: string) =>
      vi.waitFor(() => {
        const found = messages.find((message) => message.event === event);
        if (found === undefined) throw new Error(`no ${event} yet`);
        return found.data;
      }, 10_000);
    return { messages, next, hasEnded: () => vi.waitFor(() => expect(ended).toBe(true), 5000) };
  }

  test('a page hears of events, alarms, gateways and ledgers without asking', async () => {
    const clock = new FakeClock();
    const started = await start({ clock });
    const { next } = await listen(started);
    await next('hello');
    const now = started.clock.now();
    started.live.stored([exampleEvent({ sequence: 1, time: now }), exampleAlert(1, now, 'raised')]);
    started.gateways.take(exampleStatus());
    const known = started.gateways.get('gw-1');
    if (known !== undefined) started.live.gateway(known);
    clock.advance(5000);
    expect(await next('events')).toMatchObject({
      skipped: 0,
      events: [{ id: 'gw-1/0011223344556677/telemetry/1' }, {}],
    });
    expect(await next('alert')).toMatchObject({ alarm: 'a1', active: true, message: 'more than 5 kW' });
    expect(await next('gateway')).toMatchObject({ gateway: { gateway: 'gw-1', online: true } });
    expect(await next('tick')).toMatchObject({ now: expect.any(String) });
    expect(await next('ledger')).toEqual(ledger);
    const { body } = await started.get('/metrics');
    expect(body).toContain('forpost_api_streams 1');
  });

  test('where other centres store too, a page is told to ask, and once more when they no longer do', async () => {
    const clock = new FakeClock();
    let storesAll = true;
    const started = await start({ clock, storesAll: () => storesAll });
    const { messages, next } = await listen(started);
    await next('hello');
    const told = () => messages.filter(({ event }) => event === 'elsewhere').length;
    const ticks = async (count: number) => {
      const before = messages.filter(({ event }) => event === 'tick').length;
      for (let i = 0; i < count; i++) clock.advance(4000);
      await vi.waitFor(() => expect(messages.filter(({ event }) => event === 'tick')).toHaveLength(before + count));
    };
    await ticks(5);
    expect(told()).toBe(0);
    storesAll = false;
    await ticks(6);
    expect(told()).toBe(2);
    storesAll = true;
    await ticks(6);
    expect(told()).toBe(3);
  });

  test('a page is told of what is wrong with the centre itself when it opens, and anybody may ask', async () => {
    const consumers = [{ state: 'connecting', reason: 'connect ECONNREFUSED' }] as const;
    const started = await start({ centre: { ...allIsWell, consumers } });
    const { next } = await listen(started);
    await next('hello');
    expect(await next('centre')).toMatchObject({ problems: ['Kafka: connect ECONNREFUSED'] });
    expect((await started.get('/api/v1/centre')).json()).toMatchObject({ ingest: { connected: false, unread: 7 } });
  });

  test('a stream ends with the log-in that opened it, and nothing more is listened to', async () => {
    const started = await start();
    const { next, hasEnded } = await listen(started);
    await next('hello');
    expect(started.live.subscribers).toBe(1);
    await started.app.inject({ method: 'POST', url: '/api/v1/logout', headers: { cookie: started.cookie } });
    await hasEnded();
    expect(started.live.subscribers).toBe(0);
  });

  test('a server that stops does not wait for open pages', async () => {
    const started = await start();
    const { next, hasEnded } = await listen(started);
    await next('hello');
    await started.app.close();
    await hasEnded();
  });
});
