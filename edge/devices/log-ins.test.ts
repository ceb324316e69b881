import { FakeClock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword, isPasswordHash, PasswordVerifier } from '@forpost/shared/password.ts';
import { expect, test } from 'vitest';
import type { MqttSecret } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { LogIns } from './log-ins.ts';
import { principalsOf } from './principals.ts';

const now = Date.UTC(2026, 10, 30, 9);
const site = {
  devices: [
    { id: 'oven', decoder: 'native' },
    { id: 'plug', decoder: 'tasmota', topic: 'tasmota_A1' },
    { id: 'lamp', decoder: 'tasmota', topic: 'tasmota_A2' },
  ],
  consumers: [{ id: 'display', subscribe: ['forpost/alerts/#'] }],
} as unknown as Site;
const principals = principalsOf(site);

/** Slow hashes cost nothing here: the hash of «x» is «slow x». */
const verifier = () => new PasswordVerifier({ verify: async (password, hash) => hash === `slow ${password}` });

function logIns(mqtt: Record<string, MqttSecret>, clock = new FakeClock(now), check = verifier()) {
  return new LogIns({ mqtt, principalOf: (id) => principals.get(id), clock, verifier: check });
}

async function whoIs(all: LogIns, user: string, password: string, clientId = ''): Promise<string | undefined> {
  return (await all.authenticate(user, password, clientId))?.principal.id;
}

test('a device logs in with its own password and may use its own topics, a consumer without publish filters publishes nothing', async () => {
  const all = logIns(
    { oven: await hashPassword('heat'), display: await hashPassword('look') },
    new FakeClock(now),
    new PasswordVerifier(),
  );
  expect((await all.authenticate('oven', 'heat', ''))?.principal).toEqual({
    kind: 'device',
    id: 'oven',
    publish: ['forpost/devices/oven/readings', 'forpost/devices/oven/events', 'forpost/devices/oven/status'],
    subscribe: ['forpost/devices/oven/commands'],
  });
  expect((await all.authenticate('display', 'look', ''))?.principal).toEqual({
    kind: 'consumer',
    id: 'display',
    publish: [],
    subscribe: ['forpost/alerts/#'],
  });
  expect(await whoIs(all, 'oven', 'look')).toBeUndefined();
  expect(await whoIs(all, 'oven', '')).toBeUndefined();
});

test('a log-in fails for a name that is not in the configuration, and for one without a password', async () => {
  const all = logIns({ stranger: 'slow x', plug: 'plain text' });
  expect(await whoIs(all, 'stranger', 'x')).toBeUndefined();
  expect(await whoIs(all, 'plug', 'plain text')).toBeUndefined();
  expect(await whoIs(all, 'oven', 'nobody')).toBeUndefined();
  expect(await whoIs(all, 'constructor', 'x')).toBeUndefined();
});

test('the log-in of an unknown name takes as long as one with a wrong password', async () => {
  const asked: string[] = [];
  const check = new PasswordVerifier({
    verify: async (_password, hash) => {
      asked.push(hash);
      return true;
    },
  });
  const all = logIns({ lamp: { revoked: rfc3339(now) } }, new FakeClock(now), check);
  for (const user of ['stranger', 'oven', 'lamp']) expect(await whoIs(all, user, user)).toBeUndefined();
  expect(asked.map(isPasswordHash)).toEqual([true, true, true]);
});

test('a made credential is checked at once, a wrong one as slowly as the password of an unknown name', async () => {
  const made = makeCredential();
  const asked: string[] = [];
  const verify = async (_password: string, hash: string) => {
    asked.push(hash);
    return false;
  };
  const all = logIns({ oven: made.hash, display: 'slow look' }, new FakeClock(now), new PasswordVerifier({ verify }));
  const recall = (user: string, password: string) => all.acquaintance.recall(user, password, '');
  expect(recall('oven', made.password)).toMatchObject({ principal: { kind: 'device', id: 'oven' } });
  expect(await whoIs(all, 'oven', made.password)).toBe('oven');
  expect(asked).toEqual([]);
  for (const user of ['oven', 'stranger']) {
    expect(recall(user, 'guessed')).toBeUndefined();
    expect(await whoIs(all, user, 'guessed')).toBeUndefined();
    expect(recall(user, 'guessed')).toBe('wrong');
  }
  expect(asked).toHaveLength(2);
  expect(new Set(asked).size).toBe(1);
  expect(recall('display', made.password)).toBeUndefined();
  const next = makeCredential();
  expect(all.renew({ display: 'slow look', oven: next.hash })).toEqual(['oven']);
  expect(recall('oven', made.password)).toBeUndefined();
  expect(recall('oven', next.password)).toMatchObject({ principal: { id: 'oven' } });
});

test('a password that is replaced while it is being checked opens no connection', async () => {
  const checks: ((right: boolean) => void)[] = [];
  const check = new PasswordVerifier({ verify: () => new Promise((resolve) => checks.push(resolve)) });
  const all = logIns({ oven: 'slow heat', plug: 'slow light' }, new FakeClock(now), check);
  const [replaced, revoked] = [whoIs(all, 'oven', 'heat'), whoIs(all, 'plug', 'light')];
  await expect.poll(() => checks.length).toBe(2);
  all.set({ oven: 'slow new' });
  all.revoke('plug');
  for (const right of checks) right(true);
  expect(await Promise.all([replaced, revoked])).toEqual([undefined, undefined]);
});

test.each(['made', 'chosen'])('an old %s password is valid until the end of its grace, and no longer', async (kind) => {
  const [old, next] = [makeCredential(), makeCredential()];
  const clock = new FakeClock(now);
  const [oldHash, newHash] =
    kind === 'made' ? [old.hash, next.hash] : [`slow ${old.password}`, `slow ${next.password}`];
  const until = rfc3339(now + 60_000);
  const all = logIns({ oven: { password: newHash, before: { password: oldHash, until } } }, clock);
  const byOld = await all.authenticate('oven', old.password, '');
  expect(await whoIs(all, 'oven', next.password)).toBe('oven');
  expect(all.standing('oven', byOld?.credential ?? '')).toBe('valid');
  expect(all.nextEnd).toBe(now + 60_000);
  clock.advance(60_000);
  expect(all.standing('oven', byOld?.credential ?? '')).toBe('replaced');
  expect(await whoIs(all, 'oven', old.password)).toBeUndefined();
  expect(all.acquaintance.recall('oven', old.password, '')).not.toMatchObject({ principal: {} });
  expect(await whoIs(all, 'oven', next.password)).toBe('oven');
  expect(all.nextEnd).toBeUndefined();
});

test('a revoked device cannot log in, whatever file is read again, until it gets a new credential', async () => {
  const made = makeCredential();
  const all = logIns({ oven: made.hash });
  const before = await all.authenticate('oven', made.password, '');
  all.revoke('oven');
  expect(all.standing('oven', before?.credential ?? '')).toBe('revoked');
  all.renew({ oven: made.hash });
  expect(await whoIs(all, 'oven', made.password)).toBeUndefined();
  all.set({ oven: { password: made.hash, revoked: rfc3339(now) } });
  expect(await whoIs(all, 'oven', made.password)).toBeUndefined();
  const next = makeCredential();
  all.set({ oven: next.hash });
  expect(await whoIs(all, 'oven', next.password)).toBe('oven');
});

test('a certificate counts by its SHA-256, or by a name that the CA vouches for, and for its own principal alone', () => {
  const fingerprint = 'ab'.repeat(32);
  const all = logIns({
    oven: { certificates: [`sha256:${fingerprint}`] },
    plug: { certificates: ['name:plug-7'] },
  });
  const recognise = (shown: string, ...names: string[]) =>
    all.acquaintance.recognise?.({ fingerprint: shown, names })?.principal.id;
  expect(all.wantsCertificates).toBe(true);
  expect(recognise(fingerprint)).toBe('oven');
  expect(recognise('cd'.repeat(32), 'other', 'plug-7')).toBe('plug');
  expect(recognise('cd'.repeat(32), 'oven', 'plug')).toBeUndefined();
  expect(recognise('plug-7')).toBeUndefined();
  all.revoke('plug');
  expect(recognise('cd'.repeat(32), 'plug-7')).toBeUndefined();
  all.set({ oven: 'slow heat', plug: { revoked: rfc3339(now) } });
  expect(recognise(fingerprint)).toBeUndefined();
  expect(all.wantsCertificates).toBe(false);
});

test('devices with one fixed user name are told apart by their client ids; none logs in by its own id', async () => {
  const fixed = { user: 'DVES_USER', password: 'slow fixed' };
  const all = logIns({
    oven: fixed,
    plug: { ...fixed, client_id: 'DVES_A1' },
    lamp: { ...fixed, client_id: 'DVES_A2' },
  });
  expect(await whoIs(all, 'DVES_USER', 'fixed', 'DVES_A1')).toBe('plug');
  expect(await whoIs(all, 'DVES_USER', 'fixed', 'DVES_A2')).toBe('lamp');
  expect(await whoIs(all, 'DVES_USER', 'fixed', 'another')).toBe('oven');
  expect(await whoIs(all, 'plug', 'fixed', 'DVES_A1')).toBeUndefined();
  expect(await whoIs(all, 'DVES_USER', 'wrong', 'DVES_A1')).toBeUndefined();
  expect(all.acquaintance.idOf('DVES_USER', 'DVES_A1')).toBe('plug');
});
