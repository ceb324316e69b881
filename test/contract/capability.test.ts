/**
 * The contract of the centre's capabilities, and the proof that a new one is a folder and one line: the notes of
 * example-capability/ join the registry of a whole centre, and no other code mentions them.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { buildApi } from '../../cloud/api/api.ts';
import { Capabilities, type CapabilityKind } from '../../cloud/api/capability.ts';
import { type CentreServices, capabilities } from '../../cloud/capabilities.ts';
import { Service } from '../../cloud/service.ts';
import { testServices } from '../../cloud/testing/centre.ts';
import { eventJson } from '../../cloud/testing/events.ts';
import { logIn } from '../harness/centre.ts';
import { freePorts } from '../harness/ports.ts';
import { type NoteCount, notes } from './example-capability/capability.ts';

let hash: string;
beforeAll(async () => {
  hash = await hashPassword('right');
});
const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** An API of these capabilities, with users who may see and users who may act. */
async function api(kinds: readonly CapabilityKind<CentreServices>[]) {
  const { services, remove } = await testServices(systemClock);
  releases.push(remove);
  const app = buildApi({
    capabilities: Capabilities.of(kinds, services),
    users: { hashOf: () => hash, roleOf: (name) => (name === 'wall' ? 'viewer' : 'operator') },
    clock: systemClock,
    logger: silentLogger(),
    webFolder: join(tmpdir(), 'no-such-page'),
  });
  releases.push(() => app.close());
  return app;
}

const bare = (name: string, more: Partial<CapabilityKind<CentreServices>> = {}): CapabilityKind<CentreServices> => ({
  name,
  create: () => ({}),
  ...more,
});

test('every route of every capability declares its right, and has a description in the OpenAPI document', async () => {
  const routes: { readonly of: string; readonly url: string; readonly right: unknown; readonly said: boolean }[] = [];
  let of = '';
  const listening = bare('listening', {
    create: () => ({
      routes: (scope) =>
        scope.addHook('onRoute', ({ url, config, schema }) => {
          const { hide, summary } = (schema ?? {}) as { readonly hide?: boolean; readonly summary?: string };
          if (of !== '') routes.push({ of, url, right: config?.right, said: hide === true || Boolean(summary) });
        }),
    }),
  });
  const named = capabilities.map((kind) => ({
    ...kind,
    create(services: CentreServices) {
      const made = kind.create(services);
      return {
        routes(...scope: Parameters<NonNullable<typeof made.routes>>) {
          of = kind.name;
          made.routes?.(...scope);
          of = '';
        },
      };
    },
  }));
  await (await api([listening, ...named])).ready();
  expect(routes.filter(({ right, said }) => right === undefined || !said)).toEqual([]);
  expect(routes.filter(({ url }) => !/^\/(api\/v1\/|healthz$|readyz$|metrics$)/.test(url))).toEqual([]);
  expect(new Set(routes.map((route) => route.of))).toEqual(new Set(capabilities.map(({ name }) => name)));
});

test('a route that declares no right keeps the API from starting, and the error names the route', async () => {
  const app = await api([
    ...capabilities,
    bare('careless', {
      create: () => ({ routes: (scope) => void scope.get('/api/v1/careless', async () => ({})) }),
    }),
  ]);
  await expect(async () => app.ready()).rejects.toThrow('/api/v1/careless declares no right');
});

test('a changing route with only the right to see keeps the API from starting', async () => {
  const app = await api([
    bare('careless', {
      create: () => ({
        routes: (scope) => void scope.post('/api/v1/careless', { config: { right: 'see' } }, async () => ({})),
      }),
    }),
  ]);
  await expect(async () => app.ready()).rejects.toThrow("/api/v1/careless changes something: its right is 'act'");
});

test.each([
  ['a name', 'the name "events"', { name: 'events' }],
  ['a kind of registry records', 'the registry kind "gateway-site"', { registryKinds: ['gateway-site'] }],
])('two capabilities never share %s', async (_, words, change) => {
  await expect(api([...capabilities, bare('late', change)])).rejects.toThrow(words);
});

describe('a centre with one more capability in its registry', () => {
  let folder: string;
  let service: Service;
  let base: string;
  let part: NoteCount | undefined;
  const token = 'token-of-gw-1';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forpost-capability-'));
    const [port = 0] = await freePorts(1);
    base = `http://127.0.0.1:${port}`;
    service = new Service({
      config: {
        data: folder,
        http: { port },
        gateways: { 'gw-1': { token_sha256: createHash('sha256').update(token).digest('hex') } },
      },
      clock: systemClock,
      random: Math.random,
      logger: silentLogger(),
      capabilities: [...capabilities, notes((made) => (part = made))],
    });
    await service.start();
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('answers its routes to people and gateways, keeps its records, and asks the history in its own SQL', async () => {
    const { password = '' } = (await readFirstLogin(folder)) ?? {};
    const cookie = await logIn(base, 'admin', password);
    const note = `${base}/api/v1/gateways/gw-1/note`;
    const headers = { cookie, 'content-type': 'application/json' };
    expect((await fetch(note)).status).toBe(401);
    expect((await fetch(note, { headers })).status).toBe(404);
    const bearer = { authorization: `Bearer ${token}` };
    const sent = await fetch(`${base}/ingest/v1/events`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/x-ndjson' },
      body: `${eventJson(1)}\n${eventJson(2)}\n`,
    });
    expect(sent.status).toBe(200);
    const body = JSON.stringify({ text: 'in the cellar' });
    expect((await fetch(note, { method: 'POST', headers, body })).status).toBe(204);
    const answer = await (await fetch(note, { headers })).json();
    expect(answer).toEqual({ text: 'in the cellar', author: 'admin', events: 2 });
    expect(await (await fetch(`${base}/ingest/v1/note`, { headers: bearer })).json()).toEqual({
      text: 'in the cellar',
    });
    expect(part?.count).toBe(1);
    const { paths } = (await (await fetch(`${base}/openapi.json`, { headers })).json()) as {
      readonly paths: Record<string, Record<string, { readonly summary: string }>>;
    };
    expect(paths['/api/v1/gateways/{id}/note']?.get?.summary).toBe('The note on a gateway');
  });

  test('starts its part with the centre and stops it with the centre', async () => {
    expect(part?.running).toBe(true);
    await service.stop();
    expect(part?.running).toBe(false);
  });
});

test('a viewer reads a new capability and changes nothing of it', async () => {
  const app = await api([notes(() => {})]);
  const login = await app.inject({
    method: 'POST',
    url: '/api/v1/login',
    payload: { user: 'wall', password: 'right' },
  });
  const cookie = `forpost-centre=${login.cookies[0]?.value}`;
  const url = '/api/v1/gateways/gw-1/note';
  expect((await app.inject({ url, headers: { cookie } })).statusCode).toBe(404);
  const write = await app.inject({ method: 'POST', url, headers: { cookie }, payload: { text: 'x' } });
  expect(write.statusCode).toBe(403);
});
