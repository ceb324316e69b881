import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCredentialOf, parseMadeHash } from '@forpost/shared/made-credential.ts';
import { verifyPassword } from '@forpost/shared/password.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Secrets } from '../../edge/site/secrets.ts';
import { ensureSecrets, readCredentials } from './secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

const files = () => ({ secretsFile: join(folder, 'secrets.yaml'), credentialsFile: join(folder, 'credentials.json') });
const secrets = async (): Promise<Secrets> => parse(await readFile(files().secretsFile, 'utf8'));

const isRight = (password: string, hash: unknown) => {
  const made = parseMadeHash(String(hash));
  return made !== undefined && isCredentialOf(password, made);
};

async function ensure(mqttIds: readonly string[]) {
  const known = await readCredentials(files().credentialsFile);
  return ensureSecrets(known, files(), { mqttIds, cameras: ['yard'], sink: 'centre' });
}

test('the gateway gets hashes of the simulated devices’ passwords', async () => {
  const { mqtt, console, cameras, token } = await ensure(['meter']);
  const written = await secrets();
  expect(isRight(mqtt.meter!, written.mqtt.meter!)).toBe(true);
  expect(await verifyPassword(console.installer!, written.console.installer!)).toBe(true);
  expect(written.cameras).toEqual(cameras);
  expect(written.uplink).toEqual({ centre: { token } });
});

test('only this user can read the two password files', async () => {
  await ensure(['meter']);
  for (const file of Object.values(files())) expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a second start keeps all passwords and gives a new device one', async () => {
  const first = await ensure(['meter']);
  const before = await secrets();
  const second = await ensure(['meter', 'oven']);
  const after = await secrets();
  expect(second).toMatchObject(first);
  expect(after.mqtt.meter).toBe(before.mqtt.meter);
  expect(isRight(second.mqtt.oven!, after.mqtt.oven!)).toBe(true);
});

test('a device that left the site has no line in the secrets, and gets its old password when it returns', async () => {
  const first = await ensure(['meter', 'probe']);
  await ensure(['meter']);
  expect(Object.keys((await secrets()).mqtt)).toEqual(['meter']);
  const again = await ensure(['meter', 'probe']);
  expect(again.mqtt.probe).toBe(first.mqtt.probe);
  expect(isRight(first.mqtt.probe!, (await secrets()).mqtt.probe!)).toBe(true);
});

test('a hash that was written by hand stays, and lost credentials are made again', async () => {
  await ensure(['meter']);
  const written = await secrets();
  await writeFile(files().secretsFile, stringify({ ...written, mqtt: { meter: 'by-hand' } }));
  await ensure(['meter']);
  expect((await secrets()).mqtt.meter).toBe('by-hand');
  await rm(files().credentialsFile);
  const anew = await ensure(['meter']);
  expect(isRight(anew.mqtt.meter!, (await secrets()).mqtt.meter!)).toBe(true);
});
