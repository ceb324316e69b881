/** The centre's API: which requests need a log-in, what it answers, and how it refuses a wrong request. */
import { describe, expect, test } from 'vitest';
import { exampleLedger, startApi } from '../testing/api.ts';
import { exampleAlert, exampleEvent, exampleStatus } from '../testing/examples.ts';

describe('access', () => {
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
  ])('a request for %s needs a log-in', async (url) => {
    const { app } = await startApi();
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([401, 'application/problem+json']);
    expect(answer.json()).toMatchObject({ status: 401, detail: 'log in to the centre' });
  });

  test('health needs no log-in; metrics need one, also on the centre’s own machine', async () => {
    const { app, cookie } = await startApi();
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok', reasons: [] });
    expect((await app.inject({ url: '/metrics', headers: { host: 'localhost:8090' } })).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { cookie } })).statusCode).toBe(200);
  });

  test('another website cannot log a user out in the user’s browser', async () => {
    const { app, cookie } = await startApi();
    const headers = { cookie, origin: 'https://evil.example', host: 'centre.example' };
    expect((await app.inject({ method: 'POST', url: '/api/v1/logout', headers })).statusCode).toBe(403);
  });
});

describe('answers', () => {
  test('events are listed newest first, filtered and page by page, with the time of storing', async () => {
    const { history, get } = await startApi();
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
    ['/api/v1/events?cursor=nonsense', 'cursor is not the cursor of an earlier page'],
    ['/api/v1/series?metric=power_w', 'device'],
    ['/api/v1/series?device=a&metric=power_w&step=1', 'ask for a step of 30 s or more'],
    ['/api/v1/series?device=a&metric=power_w&step=700', 'must divide a day'],
    [
      '/api/v1/series?device=a&metric=power_w&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      '"from" must be before "to"',
    ],
    ['/api/v1/series?device=a&metric=power_w&tz=Mars/Base', '"Mars/Base" is not a time zone'],
    ['/api/v1/series?device=a&metric=power_w&agg=median', 'agg must be one of avg, min, max, sum, last, count'],
  ])('%s is answered with 400 and a sentence that says what to change', async (url, words) => {
    const answer = await (await startApi()).get(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(words);
  });

  test('the API shows the gateways, sites and ledgers that the centre knows', async () => {
    const { gateways, get } = await startApi();
    gateways.applyStatus(exampleStatus());
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
    expect((await get('/api/v1/gateways/gw-1/ledger')).json()).toEqual(exampleLedger);
    const unknown = await get('/api/v1/gateways/gw-9/ledger');
    expect([unknown.statusCode, unknown.json().detail]).toEqual([404, 'no gateway "gw-9" is known']);
  });

  test('an alarm is listed with its newest state and the time at which it was raised', async () => {
    const { history, clock, get } = await startApi();
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
      // it is not acknowledged
      open: true,
    });
    expect(
      (await get(`/api/v1/alarms?since=${new Date(raised + 6000).toISOString()}`))
        .json()
        .alarms.map(({ alarm }: { alarm: string }) => alarm),
    ).toEqual(['a1', 'a2']);
  });

  test('a series without a requested step gets a fitting one, and names its unit', async () => {
    const { history, get } = await startApi();
    const at = Date.UTC(2026, 0, 1);
    await history.insert([exampleEvent({ sequence: 1, time: at }), exampleEvent({ sequence: 3, time: at + 1000 })]);
    const answer = (
      await get('/api/v1/series?device=meter-1&metric=power_w&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')
    ).json();
    expect(answer).toMatchObject({ step: 300, unit: 'W', agg: 'avg', tz: 'UTC', points: [{ time: at, value: 20 }] });
  });

  test('the metrics contain the counts of ingest, notifier and gateways', async () => {
    const { get, gateways } = await startApi();
    gateways.applyStatus(exampleStatus());
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

  test('a centre that is not ready says why', async () => {
    const { app } = await startApi({ reasons: ['Kafka: connection refused'] });
    const answer = await app.inject('/readyz');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'failing', reasons: ['Kafka: connection refused'] },
    ]);
  });

  test('the OpenAPI document has the routes with their parameters', async () => {
    const { get } = await startApi();
    const { paths } = (await get('/openapi.json')).json();
    const names = paths['/api/v1/events'].get.parameters.map(({ name }: { name: string }) => name).sort();
    expect(names).toEqual(['cursor', 'device', 'from', 'gateway', 'lane', 'limit', 'site', 'to', 'type']);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/series', '/api/v1/gateways/{id}/ledger', '/api/v1/stream', '/readyz']),
    );
  });
});
