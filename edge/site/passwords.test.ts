import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyPassword } from '@forpost/shared/password.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { setPassword } from './passwords.ts';

let folder: string;
let installation: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-passwords-'));
  installation = join(folder, 'gateway.yaml');
  await writeFile(
    installation,
    'gateway: g\ndata: data\nsite_file: site.yaml\nsecrets_file: secrets.yaml\nmqtt: {}\nhttp: {}\nuplink: []\n',
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a new password is kept only as a hash, readable by its owner alone', async () => {
  const password = await setPassword(installation, 'mqtt', 'meter');
  const file = join(folder, 'secrets.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(password);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const secrets = parse(text) as { mqtt: Record<string, string>; console: object };
  expect(await verifyPassword(password, secrets.mqtt.meter ?? '')).toBe(true);
  expect(secrets.console).toEqual({});
});

test('other passwords and the comments of the file stay', async () => {
  const file = join(folder, 'secrets.yaml');
  await writeFile(file, '# by hand\nmqtt:\n  old: kept # the oven\nconsole: {}\n');
  await setPassword(installation, 'console', 'installer');
  const text = await readFile(file, 'utf8');
  expect(text).toContain('# by hand');
  expect(text).toContain('old: kept # the oven');
  expect(Object.keys((parse(text) as { console: object }).console)).toEqual(['installer']);
});
