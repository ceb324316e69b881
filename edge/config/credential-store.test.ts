import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { registerCredentialRoutes } from '../console/credential-routes.ts';
import { LogIns } from '../devices/log-ins.ts';
import { principalsOf } from '../devices/principals.ts';
import type { MqttSecret } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { writeCredentials } from './credential-changes.ts';
import { CredentialStore } from './credential-store.ts';

const site = {
  devices: [
    { id: 'meter', name: 'Main meter', decoder: 'native' },
    ...['pump', 'valve'].map((id) => ({ id, decoder: 'native' })),
  ],
  consumers: [{ id: 'panel', subscribe: ['#'] }],
} as unknown as Site;
const principals = principalsOf(site);
const fingerprint = `sha256:${'0a'.repeat(32)}`;

/** The API over a secrets file, with the log-ins of a running gateway. */
function rig({ hasClientCa = true, takesWrites = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = { secrets_file: join(folder, 'secrets.yaml'), data: folder };
  const meter = makeCredential();
  writeFileSync(file.secrets_file, `# kept\nmqtt:\n  meter: ${meter.hash} # the cellar\nconsole: {}\n`, {
    mode: 0o600,
  });
  const stored = () => parse(readFileSync(file.secrets_file, 'utf8')).mqtt as Record<string, MqttSecret>;
  const clock = new FakeClock(Date.UTC(2026, 10, 30));
  const logIns = new LogIns({ mqtt: stored(), principalOf: (id) => principals.get(id), clock });
  const events: string[] = [];
  const store = new CredentialStore({
    site: () => site,
    secretOf: (id) => logIns.secretOf(id),
    write: (changes) => {
      if (!takesWrites) throw new ForpostError('FORPOST_CONFIG_INVALID', 'the disk is full');
      events.push('written');
      return writeCredentials(file, changes);
    },
    alone: (run) => run(),
    live: {
      set: (changed) => logIns.set(changed),
      revoke: (id) => logIns.revoke(id),
      endInvalid: () => events.push('ended'),
    },
    clock,
    hasClientCa,
  });
  const app = Fastify();
  registerProblems(app);
  useSchemas(app);
  registerCredentialRoutes(app.withTypeProvider(), {
    credentials: store,
    authorOf: () => ({ kind: 'page', name: 'anna' }),
  });
  onTestFinished(() => app.close());
  const ask = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
    const answer = await app.inject({ method, url: `/api/v1/credentials${url}`, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json() };
  };
  const letsIn = async (user: string, password: string) =>
    (await logIns.authenticate(user, password, ''))?.principal.id === user;
  return { ask, letsIn, events, file, stored, clock, meter, logIns };
}

test('a rotated password is in one answer, only its hash is kept, and the old one ends at once', async () => {
  const { ask, letsIn, meter, file, events } = rig();
  const { status, body } = await ask('POST', '/meter/rotate', {});
  expect({ status, body }).toMatchObject({ status: 200, body: { id: 'meter', user: 'meter', graceUntil: null } });
  const text = readFileSync(file.secrets_file, 'utf8');
  expect(text).not.toContain(body.password);
  expect(text).toContain('# kept');
  expect(statSync(file.secrets_file).mode & 0o777).toBe(0o600);
  expect([await letsIn('meter', meter.password), await letsIn('meter', body.password)]).toEqual([false, true]);
  expect(events).toEqual(['written', 'ended']);
});

test('with a grace the old password is valid until its end, and the list says until when', async () => {
  const { ask, letsIn, meter, clock } = rig();
  const { body } = await ask('POST', '/meter/rotate', { graceS: 3600 });
  const until = rfc3339(clock.now() + 3_600_000);
  expect(body.graceUntil).toBe(until);
  const [first] = (await ask('GET', '')).body.credentials;
  expect(first).toMatchObject({ id: 'meter', name: 'Main meter', kind: 'device', password: 'made', graceUntil: until });
  expect([await letsIn('meter', meter.password), await letsIn('meter', body.password)]).toEqual([true, true]);
  clock.advance(3_600_000);
  expect([await letsIn('meter', meter.password), await letsIn('meter', body.password)]).toEqual([false, true]);
  expect((await ask('GET', '')).body.credentials[0].graceUntil).toBeNull();
});

test('a revocation closes connections before it is written, holds after a restart, and ends with a new password', async () => {
  const { ask, letsIn, meter, events, stored, clock } = rig();
  const { body } = await ask('POST', '/meter/revoke');
  expect(body).toEqual({ id: 'meter', revoked: rfc3339(clock.now()) });
  expect(events).toEqual(['ended', 'written', 'ended']);
  expect(await letsIn('meter', meter.password)).toBe(false);
  const again = new LogIns({ mqtt: stored(), principalOf: (id) => principals.get(id), clock });
  expect(await again.authenticate('meter', meter.password, '')).toBeUndefined();
  expect((await ask('GET', '')).body.credentials[0]).toMatchObject({ password: 'none', revoked: rfc3339(clock.now()) });
  const { password } = (await ask('POST', '/meter/rotate', {})).body;
  expect(await letsIn('meter', password)).toBe(true);
});

test('a person may choose a password of twelve letters or more, which is kept as a slow hash', async () => {
  const { ask, letsIn, stored } = rig();
  expect(await ask('POST', '/panel/rotate', { password: 'too short' })).toMatchObject({ status: 400 });
  const { body } = await ask('POST', '/panel/rotate', { password: 'the cat sat on the mat' });
  expect(body).toEqual({ id: 'panel', user: 'panel', graceUntil: null });
  expect(stored().panel).toMatch(/^\$argon2id\$/);
  expect(await letsIn('panel', 'the cat sat on the mat')).toBe(true);
});

test('a certificate is named by its PEM text, its SHA-256 or a name, belongs to one principal, and stays at a rotation', async () => {
  const { ask, logIns } = rig();
  const digits = 'AB:'.repeat(32).slice(0, -1);
  const set = (id: string, ...certificates: string[]) => ask('PUT', `/${id}/certificates`, { certificates });
  expect((await set('pump', `sha256:${digits}`, 'name:pump-7')).body.certificates).toEqual([
    `sha256:${'ab'.repeat(32)}`,
    'name:pump-7',
  ]);
  expect(await set('valve', 'name:pump-7')).toMatchObject({
    status: 422,
    body: { detail: 'the certificate name:pump-7 is that of "pump" already', detailI18n: {} },
  });
  expect(await set('valve', 'pump-7')).toMatchObject({ status: 422, body: { detailI18n: {} } });
  await ask('POST', '/pump/rotate', {});
  expect(logIns.acquaintance.recognise?.({ fingerprint: '', names: ['pump-7'] })?.principal.id).toBe('pump');
  expect((await set('pump')).body.certificates).toEqual([]);
});

test('one that loses its only certificate and has no password is revoked, because no gateway starts with an empty entry', async () => {
  const { ask, stored, file, clock } = rig();
  await ask('PUT', '/pump/certificates', { certificates: [fingerprint] });
  writeCredentials(file, [{ id: 'pump', kind: 'put', secret: { certificates: [fingerprint] } }]);
  await ask('PUT', '/pump/certificates', { certificates: [] });
  expect(stored().pump).toEqual({ revoked: rfc3339(clock.now()) });
});

test('at most eight certificates are added to one principal, and one more is refused before it is written', async () => {
  const { file, stored } = rig();
  const add = (n: number) =>
    writeCredentials(file, [{ id: 'pump', kind: 'add-certificate', certificate: `sha256:${`${n}`.repeat(64)}` }]);
  for (let n = 1; n <= 8; n++) add(n);
  expect(() => add(9)).toThrow('may have at most 8 certificates');
  expect((stored().pump as { certificates: string[] }).certificates).toHaveLength(8);
});

test('a name of a certificate is refused where no CA of clients’ certificates is configured', async () => {
  const { ask } = rig({ hasClientCa: false });
  expect(await ask('PUT', '/pump/certificates', { certificates: ['name:pump-7'] })).toMatchObject({ status: 422 });
  expect(await ask('PUT', '/pump/certificates', { certificates: [fingerprint] })).toMatchObject({ status: 200 });
});

test('an unknown id is answered with 404, and a grace of more than 30 days is refused', async () => {
  const { ask } = rig();
  for (const [method, path] of [
    ['POST', 'rotate'],
    ['POST', 'revoke'],
  ] as const)
    expect(await ask(method, `/nobody/${path}`, {})).toMatchObject({ status: 404, body: { detailI18n: {} } });
  expect(await ask('POST', '/meter/rotate', { graceS: 31 * 86_400 })).toMatchObject({ status: 400 });
});

test('a revocation that cannot be written says so, and keeps the client out all the same', async () => {
  const { ask, letsIn, meter, events } = rig({ takesWrites: false });
  expect(await ask('POST', '/meter/revoke')).toMatchObject({ status: 422, body: { detail: 'the disk is full' } });
  expect(events).toEqual(['ended']);
  expect(await letsIn('meter', meter.password)).toBe(false);
  expect(await ask('POST', '/pump/rotate', {})).toMatchObject({ status: 422 });
});
