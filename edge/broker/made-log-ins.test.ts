import { systemClock } from '@forpost/shared/clock.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { afterEach, expect, test } from 'vitest';
import { DeviceRegistry } from '../devices/registry.ts';
import type { Site } from '../site/site.ts';
import { Bench, connectPacket, type RawClient } from './testing/broker.ts';

let bench: Bench | undefined;
afterEach(() => bench?.stop());

const devices = 5000;
/** connections at a time; all come from one address */
const atOnce = 250;
/** with argon2id these log-ins would take 200 s of processor time */
const withinMs = 40_000;

/** the return code of CONNACK; undefined: no CONNACK came */
function returnCode(client: RawClient): number | undefined {
  return client.whole('connack')[0]?.[1];
}

test('5,000 devices with made credentials log in within seconds while another client guesses passwords', async () => {
  const credentials = Array.from({ length: devices }, makeCredential);
  const ids = credentials.map((_, n) => `meter-${n}`);
  const site = { devices: ids.map((id) => ({ id, decoder: 'native' })), consumers: [] } as unknown as Site;
  const mqtt = Object.fromEntries(ids.map((id, n) => [id, credentials[n]?.hash ?? '']));
  const registry = new DeviceRegistry({ site, secrets: { mqtt, console: {} }, clock: systemClock });
  const { authenticate, acquaintance } = registry.logIns;
  bench = new Bench({ authenticate, acquaintance, limits: { maxConnections: devices } });
  await bench.broker.start();
  const logIn = async (user: string, password: string): Promise<RawClient> => {
    const client = await bench!.raw();
    client.send(connectPacket(user, { password, clientId: user }));
    return client;
  };
  const began = performance.now();
  const guesses = await Promise.all(ids.slice(0, 100).map((id, n) => logIn(id, `guess ${n}`)));
  for (let first = 0; first < devices; first += atOnce) {
    const part = ids.slice(first, first + atOnce);
    const clients = await Promise.all(part.map((id, n) => logIn(id, credentials[first + n]?.password ?? '')));
    await expect
      .poll(() => clients.every((client) => returnCode(client) !== undefined), { timeout: 20_000, interval: 5 })
      .toBe(true);
    for (const client of clients) expect(returnCode(client)).toBe(0);
  }
  expect(performance.now() - began).toBeLessThan(withinMs);
  for (const guess of guesses) expect(returnCode(guess)).not.toBe(0);
});

test('guesses at a device’s name from its own address do not delay its first log-in', async () => {
  const { password, hash } = makeCredential();
  const site = { devices: [{ id: 'meter', decoder: 'native' }], consumers: [] } as unknown as Site;
  const { authenticate, acquaintance } = new DeviceRegistry({
    site,
    secrets: { mqtt: { meter: hash }, console: {} },
    clock: systemClock,
  }).logIns;
  bench = new Bench({ authenticate, acquaintance });
  await bench.broker.start();
  const logIn = async (guess: string): Promise<RawClient> => {
    const client = await bench!.raw();
    client.send(connectPacket('meter', { password: guess, clientId: 'meter' }));
    return client;
  };
  const guesses = await Promise.all(Array.from({ length: 80 }, (_, n) => logIn(`guess ${n}`)));
  await expect
    .poll(() => guesses.filter((guess) => guess.closed && returnCode(guess) === undefined).length, {
      timeout: 20_000,
      interval: 5,
    })
    .toBeGreaterThan(0);
  const own = await logIn(password);
  await expect.poll(() => returnCode(own), { timeout: 5_000, interval: 5 }).toBe(0);
});
