import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCredentialOf, parseMadeHash } from '@forpost/shared/made-credential.ts';
import { verifyPassword } from '@forpost/shared/password.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { setMissingPasswords, setPassword } from './passwords.ts';

let folder: string;
let installation: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-passwords-'));
  installation = join(folder, 'gateway.yaml');
  await writeFile(
    installation,
    'gateway: g\ndata: data\nsite_file: site.yaml\nsecrets_file: secrets.yaml\nmqtt: {}\nhttp: {}\nuplink: []\n',
  );
  await writeFile(
    join(folder, 'site.yaml'),
    'site: { id: s, timezone: Europe/Berlin }\ndevices: [{ id: meter, decoder: native }]\nconsumers: [{ id: panel, subscribe: ["#"] }]\n',
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
  const hash = parseMadeHash(secrets.mqtt.meter ?? '');
  expect(hash !== undefined && isCredentialOf(password, hash)).toBe(true);
  expect(secrets.console).toEqual({});
});

test('every device and consumer without a password gets one in one change, and nobody gets a second one', async () => {
  const first = await setPassword(installation, 'mqtt', 'panel');
  const made = setMissingPasswords(installation);
  expect(made.map(({ id }) => id)).toEqual(['meter']);
  expect(setMissingPasswords(installation)).toEqual([]);
  const { mqtt } = parse(await readFile(join(folder, 'secrets.yaml'), 'utf8')) as { mqtt: Record<string, string> };
  for (const { id, password } of [...made, { id: 'panel', password: first }]) {
    const hash = parseMadeHash(mqtt[id] ?? '');
    expect(hash !== undefined && isCredentialOf(password, hash)).toBe(true);
  }
});

test('the password of a person who opens the page is kept as a slow hash', async () => {
  const password = await setPassword(installation, 'console', 'installer');
  const secrets = parse(await readFile(join(folder, 'secrets.yaml'), 'utf8')) as { console: { installer: string } };
  expect(await verifyPassword(password, secrets.console.installer)).toBe(true);
});

test('a viewer is listed once among the viewers, and stays one with a new password', async () => {
  const file = join(folder, 'secrets.yaml');
  await writeFile(file, 'mqtt: {}\nconsole: {}\nviewers:\n  - hall # the wall\n');
  await setPassword(installation, 'console', 'shop', true);
  await setPassword(installation, 'console', 'shop', true);
  await setPassword(installation, 'console', 'shop');
  await setPassword(installation, 'console', 'installer');
  const text = await readFile(file, 'utf8');
  expect(text).toContain('- hall # the wall');
  const secrets = parse(text) as { console: object; viewers: string[] };
  expect([Object.keys(secrets.console), secrets.viewers]).toEqual([
    ['shop', 'installer'],
    ['hall', 'shop'],
  ]);
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

test('each password is one line of a map that people can read, whatever the file began with', async () => {
  const file = join(folder, 'secrets.yaml');
  await writeFile(file, 'mqtt: {}\nconsole:\n');
  await setPassword(installation, 'mqtt', 'meter');
  await setPassword(installation, 'mqtt', 'panel');
  await setPassword(installation, 'console', 'installer');
  expect((await readFile(file, 'utf8')).replaceAll(/\$(argon2id|forpost-hmac-sha256)\S+/g, 'HASH')).toBe(
    'mqtt:\n  meter: HASH\n  panel: HASH\nconsole:\n  installer: HASH\n',
  );
});

test('a name that the site does not have gets no password, because the gateway would not start with it', async () => {
  await expect(setPassword(installation, 'mqtt', 'metre')).rejects.toMatchObject({
    code: 'FORPOST_ARGUMENT_INVALID',
    message: expect.stringMatching(/site\.yaml has no device or consumer "metre"; did you mean "meter"\?/),
  });
  await expect(stat(join(folder, 'secrets.yaml'))).rejects.toThrow('ENOENT');
});

/** whom the service runs as, in these tests */
const service = 65_534;

test('a secrets file that root makes (sudo) is the service’s, and only it may read it', async ({ skip }) => {
  if (process.geteuid?.() !== 0) return skip('files of another user need root');
  await mkdir(join(folder, 'data'));
  await chown(join(folder, 'data'), service, service);
  const file = join(folder, 'secrets.yaml');
  await setPassword(installation, 'mqtt', 'meter');
  const { uid, gid, mode } = await stat(file);
  expect([uid, gid, mode & 0o777]).toEqual([service, service, 0o600]);
});

test('owner, group, mode and link of the secrets file stay, whoever sets a password', async ({ skip }) => {
  if (process.geteuid?.() !== 0) return skip('files of another user need root');
  const [file, real] = [join(folder, 'secrets.yaml'), join(folder, 'real.yaml')];
  await writeFile(real, 'mqtt: {}\nconsole: {}\n');
  await symlink('real.yaml', file);
  await chown(real, service, 1000);
  await chmod(real, 0o640);
  await setPassword(installation, 'mqtt', 'meter');
  const { uid, gid, mode } = await stat(real);
  expect([uid, gid, mode & 0o777]).toEqual([service, 1000, 0o640]);
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect(await readFile(real, 'utf8')).toContain('meter: $forpost-hmac-sha256');
});

test('two passwords that are set at once are both kept', async () => {
  await Promise.all([setPassword(installation, 'mqtt', 'meter'), setPassword(installation, 'mqtt', 'panel')]);
  const { mqtt } = parse(await readFile(join(folder, 'secrets.yaml'), 'utf8')) as { mqtt: object };
  expect(Object.keys(mqtt).sort()).toEqual(['meter', 'panel']);
});

test.each([
  ['a folder', async (file: string) => void (await mkdir(file)), 'cannot be read'],
  ['in a folder that is not there', async () => undefined, 'cannot be written'],
])('a secrets file that is %s is reported in one sentence', async (_, prepare, why) => {
  const name = why === 'cannot be read' ? 'secrets.yaml' : 'nowhere/secrets.yaml';
  await prepare(join(folder, name));
  const text = await readFile(installation, 'utf8');
  await writeFile(installation, text.replace('secrets.yaml', name));
  await expect(setPassword(installation, 'mqtt', 'meter')).rejects.toMatchObject({
    code: 'FORPOST_CONFIG_INVALID',
    message: expect.stringContaining(why),
  });
});
