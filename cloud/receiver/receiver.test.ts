import { createHash, randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { instanceHeader } from '@forpost/shared/event/codec.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import fastify, { type InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import type { GatewayLimits } from '../config/limits.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import type { Admission } from '../ingest/admission.ts';
import { eventJson, gatewayStatus } from '../testing/events.ts';
import { refusalsInRussian } from '../testing/russian-refusals.ts';
import { BodyRoom } from './body-room.ts';
import { HistoryDelivery } from './delivery.ts';
import { type ReceiverOptions, receiverPlugin } from './receiver.ts';

const tokens: Record<string, string> = { 'gw-1': 'token-of-gateway-one', 'gw-2': 'token-of-gateway-two' };
const gateways = Object.fromEntries(
  Object.entries(tokens).map(([id, token]) => [id, { token_sha256: createHash('sha256').update(token).digest('hex') }]),
);

/** A receiver without Kafka, on a history in memory. */
async function aReceiver(more: Partial<ReceiverOptions> = {}) {
  const history = new MemoryHistory(systemClock);
  const stored: string[] = [];
  const statuses: string[] = [];
  const poison: string[] = [];
  const delivery = new HistoryDelivery({
    history,
    events: {
      stored: (events) => stored.push(...events.map(({ id }) => id)),
      status: ({ gateway, counter }) => statuses.push(`${gateway} ${counter}`),
      repeated: () => undefined,
      poison: ({ reason }) => void poison.push(reason),
    },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  await delivery.start();
  let down = false;
  const app = fastify();
  refusalsInRussian(app, /nobody there|^gw-1 (is not|was replaced)/);
  await app.register(receiverPlugin, {
    gateways: () => gateways,
    delivery: {
      events: async (gateway, received) => {
        if (down) throw new ForpostError('FORPOST_SINK_UNREACHABLE', 'Kafka: nobody there');
        await delivery.events(gateway, received);
      },
      status: (status) => delivery.status(status),
    },
    maxBytes: 100_000,
    maxUnpackedBytes: 200_000,
    maxEventBytes: 50_000,
    ...more,
  });
  const post = (lines: readonly string[], change: InjectOptions = {}) =>
    app.inject({
      method: 'POST',
      url: '/ingest/v1/events',
      ...change,
      headers: {
        authorization: `Bearer ${tokens['gw-1']}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'zstd',
        ...change.headers,
      },
      body: change.body ?? zstdCompressSync(Buffer.from(lines.join('\n'))),
    });
  return {
    app,
    history,
    stored,
    statuses,
    poison,
    post,
    goDown: () => {
      down = true;
    },
  };
}

test('an address that guesses tokens is answered 429 with Retry-After; known gateways from there and other addresses are not affected', async () => {
  const clock = new FakeClock();
  const { app, post } = await aReceiver({ clock });
  const guess = (remoteAddress: string) =>
    post([eventJson(1)], { remoteAddress, headers: { authorization: `Bearer ${randomBytes(32).toString('hex')}` } });
  const statuses: number[] = [];
  for (let i = 0; i < 100; i++) statuses.push((await guess('203.0.113.7')).statusCode);
  expect(statuses.filter((status) => status === 401)).toHaveLength(30);
  expect(new Set(statuses.slice(30))).toEqual(new Set([429]));
  const slowed = await guess('203.0.113.7');
  expect([slowed.headers['retry-after'], slowed.headers.connection]).toEqual(['1', 'close']);
  const without = await app.inject({ method: 'PUT', url: '/ingest/v1/status', remoteAddress: '203.0.113.7' });
  expect(without.statusCode).toBe(429);
  expect((await post([eventJson(1)], { remoteAddress: '203.0.113.7' })).statusCode).toBe(200);
  expect((await guess('203.0.113.8')).statusCode).toBe(401);
  // addresses of one IPv6 network count together
  for (let i = 0; i < 30; i++) await guess(`2001:db8::${i.toString(16)}`);
  expect((await guess('2001:db8::ffff')).statusCode).toBe(429);
  clock.advance(2_000);
  expect([(await guess('203.0.113.7')).statusCode, (await guess('203.0.113.7')).statusCode]).toEqual([401, 401]);
  expect((await guess('203.0.113.7')).statusCode).toBe(429);
});

describe('the receiver', () => {
  test('accepts events only when the history has stored them, and reports each once', async () => {
    const { post, history, stored } = await aReceiver();
    const lines = [eventJson(1), eventJson(2), eventJson(7, { lane: 'alerts' })];
    const answer = await post(lines);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      accepted: [
        { lane: 'telemetry', epoch: 'e1', from: '1', through: '2' },
        { lane: 'alerts', epoch: 'e1', from: '7', through: '7' },
      ],
    });
    expect(await history.received({ gateway: 'gw-1', epoch: 'e1', lane: 'telemetry' })).toEqual([[1, 2]]);
    expect((await post(lines)).statusCode, 'the same batch again is as good').toBe(200);
    expect(stored).toEqual(['gw-1/e1/telemetry/1', 'gw-1/e1/telemetry/2', 'gw-1/e1/alerts/7']);
  });

  test('no event of an incomplete body is stored', async () => {
    const { post, stored } = await aReceiver();
    const whole = zstdCompressSync(Buffer.from(Array.from({ length: 500 }, (_, i) => eventJson(i + 1)).join('\n')));
    for (const left of [whole.length - 1, whole.length >> 1, 3])
      expect((await post([], { body: whole.subarray(0, left) })).statusCode).toBe(400);
    expect(stored).toEqual([]);
  });

  test('accepts uncompressed lines too, and an empty batch as a check of the token', async () => {
    const { post, stored } = await aReceiver();
    const plain = { headers: { 'content-encoding': 'identity' }, body: `${eventJson(1)}\n` };
    expect((await post([], plain)).statusCode).toBe(200);
    expect((await post([])).json()).toEqual({ accepted: [] });
    expect(stored).toHaveLength(1);
  });

  test.each([
    ['no token', {}, 401],
    ['a wrong one', { authorization: 'Bearer token-of-gateway-onf' }, 401],
    ['a hash in place of a token', { authorization: `Bearer ${gateways['gw-1']?.token_sha256}` }, 401],
    ['something else than a token', { authorization: 'Basic Z3ctMTp4' }, 401],
  ])('%s is no way in', async (_, headers, status) => {
    const { app } = await aReceiver();
    const answer = await app.inject({
      method: 'POST',
      url: '/ingest/v1/events',
      headers: { 'content-type': 'application/x-ndjson', ...headers },
      body: eventJson(1),
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test('a batch with another gateway’s event is refused, and none of its events is stored', async () => {
    const { app, post, stored, statuses } = await aReceiver();
    const answer = await post([eventJson(1), eventJson(1, { gateway: 'gw-2' })]);
    expect(answer.statusCode).toBe(403);
    expect(answer.json().detail).toContain('cannot speak for "gw-2"');
    const status = await app.inject({
      method: 'PUT',
      url: '/ingest/v1/status',
      headers: { authorization: `Bearer ${tokens['gw-1']}`, 'content-type': 'application/json' },
      body: JSON.stringify(gatewayStatus({ gateway: asId('gw-2') })),
    });
    expect(status.statusCode).toBe(403);
    expect([stored, statuses]).toEqual([[], []]);
  });

  test('a batch with a line that is no event is refused for good, and the answer names the line', async () => {
    const { post, stored } = await aReceiver();
    const answer = await post([eventJson(1), '{"specversion":"1.0"}']);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toMatch(/^line 2: /);
    expect(stored).toEqual([]);
  });

  test('a body that is too large, packed or unpacked, or of another type is refused', async () => {
    const { post } = await aReceiver();
    expect((await post([], { body: randomBytes(150_000) })).statusCode).toBe(413);
    expect((await post([' '.repeat(5_000_000)])).statusCode).toBe(413);
    expect((await post([], { body: Buffer.from('not zstd at all') })).statusCode).toBe(400);
    expect((await post([], { headers: { 'content-encoding': 'br' } })).statusCode).toBe(415);
    expect((await post([], { headers: { 'content-type': 'text/plain' } })).statusCode).toBe(415);
  });

  test('an event that is too large is refused by its line, together with the whole batch', async () => {
    const { post, stored } = await aReceiver();
    const answer = await post([eventJson(1), eventJson(2).padEnd(50_001)]);
    expect(answer.statusCode).toBe(413);
    expect(answer.json().detail).toBe('line 2: an event of 50001 bytes, and 50000 is the most');
    expect(stored).toEqual([]);
    expect((await post([eventJson(1), eventJson(2).padEnd(50_000)])).statusCode).toBe(200);
  });

  test('answers "later" while neither Kafka nor the history stores events', async () => {
    const { post, goDown } = await aReceiver();
    goDown();
    const answer = await post([eventJson(1)]);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json().detail).toContain('nobody there');
  });

  test('passes a gateway’s state on, and refuses a body that is no state', async () => {
    const { app, statuses } = await aReceiver();
    const put = (body: string) =>
      app.inject({
        method: 'PUT',
        url: '/ingest/v1/status',
        headers: { authorization: `Bearer ${tokens['gw-1']}`, 'content-type': 'application/json' },
        body,
      });
    expect((await put(JSON.stringify(gatewayStatus({ counter: 5 })))).statusCode).toBe(204);
    expect((await put('{"gateway":"gw-1"}')).statusCode).toBe(400);
    expect(statuses).toEqual(['gw-1 5']);
  });

  test('the same id with other content is an alarm at the centre', async () => {
    const { post, poison } = await aReceiver();
    await post([eventJson(1, { power: 1 })]);
    expect((await post([eventJson(1, { power: 2 })])).statusCode).toBe(200);
    expect(poison).toEqual([expect.stringContaining('other content')]);
  });
});

describe('one gateway against all others', () => {
  const limits: GatewayLimits = { events_per_second: 10, bytes_per_second: 1_000_000, alerts_per_second: 10 };
  const lines = (lane: 'alerts' | 'telemetry', from: number, count: number, gateway = 'gw-1') =>
    Array.from({ length: count }, (_, i) => eventJson(from + i, { lane, gateway }));

  test('a gateway beyond its limit gets 429 and sends later; its alerts and other gateways are not affected, and no event is lost', async () => {
    const clock = new FakeClock();
    const { post, stored } = await aReceiver({ clock, limitsOf: () => limits });
    const telemetry = { headers: { 'forpost-lane': 'telemetry' } };
    expect((await post(lines('telemetry', 1, 200), telemetry)).statusCode, 'a burst may overdraw').toBe(200);
    const refused = await post(lines('telemetry', 201, 1), telemetry);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '10']);
    expect(refused.json().detail).toBe('the gateway "gw-1" sends more than its limit: send it again later');
    expect((await post(lines('telemetry', 201, 1))).statusCode, 'an older gateway names no lane').toBe(429);
    expect((await post(lines('alerts', 1, 20), { headers: { 'forpost-lane': 'alerts' } })).statusCode).toBe(200);
    const other = { headers: { authorization: `Bearer ${tokens['gw-2']}`, 'forpost-lane': 'telemetry' } };
    expect((await post(lines('telemetry', 1, 1, 'gw-2'), other)).statusCode).toBe(200);
    clock.advance(10_100);
    expect((await post(lines('telemetry', 201, 1), telemetry)).statusCode).toBe(200);
    expect(stored).toHaveLength(222);
  });

  test.each([
    ['nothing but line ends', '\n'.repeat(4_000_000)],
    ['zeros', '\0'.repeat(4_000_000)],
  ])('a small body that unpacks to millions of bytes of %s is refused while it is being unpacked', async (_, text) => {
    const { post } = await aReceiver({ maxUnpackedBytes: 16_000_000 });
    const body = zstdCompressSync(Buffer.from(text));
    expect(body.length).toBeLessThan(1_000);
    const answer = await post([], { body });
    expect(answer.statusCode).toBe(413);
    expect(answer.json().detail).toContain('packed more than 1000 times');
  });

  test('bodies of one gateway use at most its share of memory, and a refused body uses none', async () => {
    const room = new BodyRoom({ maxBytesOfGateway: 300_000, maxBytes: 500_000, maxBodiesOfGateway: 3 });
    const { post } = await aReceiver({ room });
    const large = lines('telemetry', 1, 300);
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(large)));
    const codes = answers.map(({ statusCode }) => statusCode).toSorted();
    expect(codes).toContain(200);
    expect(codes.at(-1)).toBe(429);
    await expect.poll(() => room.bytes).toBe(0);
    expect((await post(large)).statusCode).toBe(200);
  });

  test.each(['gzip', 'deflate', 'br', 'zstd, zstd', 'gzip, zstd'])(
    'a body in %s is refused unread',
    async (encoding) => {
      const { post } = await aReceiver();
      expect((await post([], { headers: { 'content-encoding': encoding }, body: 'x' })).statusCode).toBe(415);
    },
  );

  test('an event, a state or a source of another site than the gateway’s own is refused with the reason', async () => {
    const admission: Admission = {
      ready: true,
      count: () => undefined,
      turnedAway: () => undefined,
      superseded: () => undefined,
      refusal: ({ gateway, site }) => (site === 'home' ? undefined : `${gateway} is not of ${site}`),
    };
    const { app, post, stored, statuses } = await aReceiver({ admission });
    const elsewhere = eventJson(1).replaceAll('"home"', '"bank"').replaceAll('/sites/home/', '/sites/bank/');
    const answer = await post([eventJson(2), elsewhere]);
    expect([answer.statusCode, answer.json().detail]).toEqual([403, 'gw-1 is not of bank']);
    const claims = await post([eventJson(1).replace('/sites/home/', '/sites/bank/')]);
    expect(claims.statusCode).toBe(403);
    expect(claims.json().detail).toContain('source "/sites/bank/gateways/gw-1/devices/meter" is not that of its site');
    const status = await app.inject({
      method: 'PUT',
      url: '/ingest/v1/status',
      headers: { authorization: `Bearer ${tokens['gw-1']}`, 'content-type': 'application/json' },
      body: JSON.stringify(gatewayStatus({ site: asId('bank') })),
    });
    expect(status.statusCode).toBe(403);
    expect([stored, statuses]).toEqual([[], []]);
  });

  test('events and states from a box that a restored box has replaced are refused before their body is read', async () => {
    const admission: Admission = {
      ready: true,
      count: () => undefined,
      turnedAway: () => undefined,
      refusal: () => undefined,
      superseded: ({ gateway, instance }) => (instance === 'new' ? undefined : `${gateway} was replaced`),
    };
    const { app, post, stored, statuses } = await aReceiver({ admission });
    const [asOld, asNew] = [{}, { headers: { [instanceHeader]: 'new' } }];
    const answer = await post([eventJson(1)], asOld);
    expect([answer.statusCode, answer.json().detail]).toEqual([403, 'gw-1 was replaced']);
    expect((await post([], asOld)).statusCode, 'the request before anything is sent').toBe(403);
    const headers = { authorization: `Bearer ${tokens['gw-1']}`, 'content-type': 'application/json' };
    const body = JSON.stringify(gatewayStatus());
    expect((await app.inject({ method: 'PUT', url: '/ingest/v1/status', headers, body })).statusCode).toBe(403);
    expect([stored, statuses]).toEqual([[], []]);
    expect((await post([eventJson(1)], asNew)).statusCode).toBe(200);
    expect(stored).toHaveLength(1);
  });
});
