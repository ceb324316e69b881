/**
 * A gateway whose token was stolen, against a real centre: its events silence no other gateway, fill no memory and cannot pass
 * for another's. Without Kafka the receiver refuses; over Kafka nothing can be refused.
 */
import { request as httpRequest } from 'node:http';
import { zstdCompressSync } from 'node:zlib';
import { asId } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AlarmsAnswer } from '../../cloud/alarms/schemas.ts';
import type { EventsAnswer, EventView } from '../../cloud/events/schemas.ts';
import { kafkaClient, zstd } from '../../cloud/kafka/client.ts';
import { gatewayStatus } from '../../cloud/testing/events.ts';
import { leadersReady } from '../../scripts/kafka/topics.ts';
import { TestKafka } from '../harness/site.ts';
import { type Gateway, startCentre, tokens } from './hostile/centre.ts';
import { alarm, eventOf, life, listShares, tenAlarms } from './hostile/events.ts';

beforeEach(() => {
  life.epoch++;
});
const releases: (() => Promise<unknown>)[] = [];
const onRelease = (release: () => Promise<unknown>) => void releases.push(release);
async function releaseAll(): Promise<void> {
  for (const release of releases.splice(0).reverse()) await release();
}
afterAll(releaseAll);

test('800 alarms a second with a stolen token silence no other gateway: its alarms are notified within 5 s and listed, and the flood is an alarm', async () => {
  onTestFinished(releaseAll);
  const { notified, api, send } = await startCentre(onRelease);
  expect((await send('good', [eventOf('gw-good', 1)])).status).toBe(200);
  let sequence = 1;
  const codes = new Set<number>();
  const flood = setInterval(() => {
    const lines = Array.from({ length: 80 }, () => alarm('gw-bad', sequence++));
    void send('bad', lines).then(
      ({ status }) => codes.add(status),
      () => undefined,
    );
  }, 100);
  onTestFinished(() => clearInterval(flood));
  await expect.poll(() => notified.length).toBeGreaterThan(10);
  const took = await tenAlarms(notified, 300, (n) => send('good', [alarm('gw-good', n)]));
  expect(Math.max(...took)).toBeLessThan(5_000);
  const flooding = async () => (await api<AlarmsAnswer>('/api/v1/alarms?gateway=gw-bad&limit=10')).alarms[0];
  await expect
    .poll(flooding, { timeout: 25_000, interval: 500 })
    .toMatchObject({ rule: 'centre-flood', raised_by: 'centre', active: true });
  clearInterval(flood);
  expect([...codes].toSorted()).toEqual([200, 429]);
  const shares = await listShares(api);
  expect(shares).toMatchObject({ good: 10, more: [{ gateway: 'gw-bad', open: expect.any(Number) }] });
  expect(shares.bad).toBeGreaterThan(100);
  const together = () => notified.some(({ gateway, grouped = 0 }) => gateway === 'gw-bad' && grouped > 100);
  await expect.poll(together, { timeout: 15_000 }).toBe(true);
  expect(notified.filter(({ gateway }) => gateway === 'gw-bad').length).toBeLessThan(200);
});

test('over Kafka 3,000 alarms a second of one gateway hide no other gateway’s from people, list and stream; a false site goes to the dead letters', async () => {
  onTestFinished(releaseAll);
  const kafka = await TestKafka.start();
  onRelease(() => kafka.remove());
  const { notified, api } = await startCentre(onRelease, kafka);
  const client = kafkaClient({ brokers: kafka.brokers }, 'test', silentLogger());
  await leadersReady(client, ['forpost.telemetry', 'forpost.alerts', 'forpost.status', 'forpost.registry']);
  const producer = client.producer({ idempotent: false });
  await producer.connect();
  onRelease(() => producer.disconnect());
  const produce = (gateway: Gateway, values: readonly string[]) =>
    producer.send({
      topic: 'forpost.alerts',
      messages: values.map((value) => ({ key: `gw-${gateway}`, value, partition: partitionOf(`gw-${gateway}`, 3) })),
      acks: -1,
      compression: zstd,
    });
  await produce('good', [alarm('gw-good', 100)]);
  await produce('bad', [alarm('gw-bad', 1)]);
  await expect.poll(() => notified.length, { timeout: 30_000 }).toBe(2);
  let sequence = 2;
  let flooding = true;
  const flood = (async () => {
    while (flooding) {
      const next = performance.now() + 100;
      await produce(
        'bad',
        Array.from({ length: 300 }, () => alarm('gw-bad', sequence++)),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
  })();
  const took = await tenAlarms(notified, 500, (n) => produce('good', [alarm('gw-good', n)]));
  const rule = async () => (await api<AlarmsAnswer>('/api/v1/alarms?gateway=gw-bad&limit=10')).alarms[0]?.rule;
  await expect.poll(rule, { timeout: 25_000, interval: 500 }).toBe('centre-flood');
  flooding = false;
  await flood;
  expect(Math.max(...took)).toBeLessThan(5_000);
  await expect.poll(async () => (await listShares(api)).good, { timeout: 15_000, interval: 500 }).toBe(11);
  await produce('bad', [alarm('gw-bad', sequence).replaceAll('site-of-gw-bad', 'site-of-gw-good')]);
  const reasons = async () =>
    (await api<{ dead_letters: { recent: { reason: string }[] } }>('/api/v1/centre')).dead_letters.recent.map(
      ({ reason }) => reason,
    );
  await expect
    .poll(reasons, { timeout: 30_000, interval: 500 })
    .toEqual([expect.stringContaining('belongs to the site "site-of-gw-bad" and says "site-of-gw-good"')]);
});

describe('one centre without Kafka', () => {
  let centre: Awaited<ReturnType<typeof startCentre>>;
  beforeAll(async () => {
    centre = await startCentre(onRelease);
  });
  afterAll(releaseAll);

  test('events of 900 KB dated 9999 are listed at their time of receipt on small pages, and each one is whole at its address', async () => {
    const { api, ask, send } = centre;
    const huge = { values: { power_w: 1 }, note: 'n'.repeat(900_000) };
    for (let i = 1; i <= 20; i++)
      expect((await send('bad', [eventOf('gw-bad', i, { time: Date.UTC(9999, 11, 31), data: huge })])).status).toBe(
        200,
      );
    expect((await send('good', [eventOf('gw-good', 1)])).status).toBe(200);
    const started = performance.now();
    const page = await (await ask('/api/v1/events?limit=1000')).text();
    expect(page.length).toBeLessThan(2_100_000);
    expect(performance.now() - started).toBeLessThan(5_000);
    const { events } = JSON.parse(page) as EventsAnswer;
    expect(events[0]?.gateway).toBe('gw-good');
    expect(events).toHaveLength(21);
    expect(events[1]).toMatchObject({
      time: '9999-12-31T00:00:00.000Z',
      doubted: 'future',
      shortened: expect.any(Number),
    });
    const whole = await api<EventView>(`/api/v1/events/${events[1]?.id}`);
    expect(whole.data).toEqual(huge);
    const year = await api<{ points: unknown[] }>(
      `/api/v1/series?device=gate&gateway=gw-bad&metric=power_w&agg=count&from=${new Date(Date.now() - 3_600_000).toISOString()}`,
    );
    expect(year.points).not.toEqual([]);
  });

  test('small bodies that unpack to millions of bytes, and endless bodies, harm only their own gateway', async () => {
    const { notified, post, send, port, rssMb } = centre;
    for (let i = 1; i <= 20; i++) await send('good', [eventOf('gw-good', i)]);
    const before = await rssMb();
    const bombs = [Buffer.from('\n'.repeat(16_000_000)), Buffer.alloc(16_000_000)].map((bytes) =>
      zstdCompressSync(bytes),
    );
    const packed = zstdCompressSync(
      Buffer.from(`${eventOf('gw-bad', 1, { data: { a: 'x'.repeat(900_000) } })}\n`.repeat(17)),
    );
    const nested = zstdCompressSync(
      Buffer.from(`${eventOf('gw-bad', 1, { data: { a: Array.from({ length: 300_000 }, () => []) } })}\n`.repeat(10)),
    );
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => [...bombs, packed, nested][i % 4] ?? Buffer.alloc(0)).map((body) =>
        post('bad', body),
      ),
    );
    for (const { status } of answers) expect([400, 403, 413, 429]).toContain(status);
    expect((await rssMb()) - before).toBeLessThan(250);

    // twenty bodies that begin and never end
    const slow = Array.from({ length: 20 }, () => {
      const request = httpRequest({
        host: '127.0.0.1',
        port,
        path: '/ingest/v1/events',
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.bad}`,
          'content-type': 'application/x-ndjson',
          'content-length': 4_000_000,
        },
      });
      const answered = new Promise<number>((resolve) =>
        request.on('response', ({ statusCode = 0 }) => resolve(statusCode)),
      );
      request.on('error', () => undefined);
      request.write('x'.repeat(3_000_000));
      return { request, answered };
    });
    onTestFinished(() => void slow.map(({ request }) => request.destroy()));
    await expect.poll(() => Promise.race([...slow.map(({ answered }) => answered), Promise.resolve(0)])).toBe(429);
    const took = await tenAlarms(notified, 20, (n) => send('good', [alarm('gw-good', n)]));
    expect(Math.max(...took)).toBeLessThan(5_000);
    expect((await rssMb()) - before).toBeLessThan(300);
  });

  test('a status of 2 MB and a flood of large events end no open page’s stream', async () => {
    const { base, cookie, send, status } = centre;
    const stream = await fetch(`${base}/api/v1/stream`, { headers: { cookie } });
    const received: string[] = [];
    let ended = false;
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream.body ?? []) received.push(decoder.decode(chunk, { stream: true }));
      ended = true;
    })().catch(() => {
      ended = true;
    });
    onTestFinished(() => void stream.body?.cancel().catch(() => undefined));
    const device = (i: number) => ({
      id: `d${i % 500}`,
      name: 'x'.repeat(2_000),
      connected: true,
      lastSeen: null,
      messages: 1,
      deadLetters: 0,
      values: {},
    });
    const large = gatewayStatus({
      gateway: asId('gw-bad'),
      site: asId('site-of-gw-bad'),
      devices: Array.from({ length: 1_000 }, (_, i) => device(i)),
    });
    expect((await status('bad', JSON.stringify(large))).status).toBe(204);
    for (let i = 0; i < 3; i++)
      await send(
        'bad',
        Array.from({ length: 10 }, (_, n) =>
          eventOf('gw-bad', i * 10 + n + 1, { data: { values: {}, a: 'y'.repeat(300_000) } }),
        ),
      );
    await send('good', [alarm('gw-good', 1)]);
    await expect.poll(() => received.join('').includes(`somebody at the gate (${life.epoch}-1)`)).toBe(true);
    await expect.poll(() => received.join('').includes('too large to be shown whole')).toBe(true);
    await expect.poll(() => received.join('').includes('event: tick'), { timeout: 10_000 }).toBe(true);
    expect(ended).toBe(false);
    expect(received.join('').length).toBeLessThan(1_000_000);
  });

  test('the centre refuses and reports events with a foreign site or source; after staff moved the gateway it takes them', async () => {
    const { api, ask, send, status } = centre;
    expect((await send('bad', [eventOf('gw-bad', 1)])).status).toBe(200);
    const claimed = await send('bad', [eventOf('gw-bad', 2, { site: 'site-of-gw-good' })]);
    expect([claimed.status, ((await claimed.json()) as { detail: string }).detail]).toEqual([
      403,
      expect.stringContaining('belongs to the site "site-of-gw-bad" and says "site-of-gw-good"'),
    ]);
    const source = eventOf('gw-bad', 2).replace('/gateways/gw-bad', '/gateways/gw-good');
    expect((await send('bad', [source])).status).toBe(403);
    const state = gatewayStatus({ gateway: asId('gw-bad'), site: asId('site-of-gw-good') });
    expect((await status('bad', JSON.stringify(state))).status).toBe(403);
    const alarms = async () => (await api<AlarmsAnswer>('/api/v1/alarms')).alarms;
    await expect.poll(async () => (await alarms())[0]?.rule).toBe('centre-claims-site');
    const { events } = await api<EventsAnswer>('/api/v1/events?site=site-of-gw-good&limit=1000');
    expect(new Set(events.map(({ gateway }) => gateway))).toEqual(new Set(['gw-good']));

    const move = (site: string) =>
      ask('/api/v1/gateways/gw-bad/site', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ site }),
      });
    expect((await move('Not An Id')).status).toBe(400);
    expect(await (await move('new-site')).json()).toMatchObject({
      site: 'new-site',
      former: [{ site: 'site-of-gw-bad' }],
    });
    expect((await send('bad', [eventOf('gw-bad', 2, { site: 'new-site' })])).status).toBe(200);
    expect((await send('bad', [eventOf('gw-bad', 3)])).status, 'what was still on its way').toBe(200);
  });
});
