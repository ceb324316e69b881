import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCloud } from '../../cloud/config/load.ts';
import { judge } from '../../edge/config/judge.ts';
import { loadInstallation } from '../../edge/config/load-installation.ts';
import { loadSite } from '../../edge/config/load-site.ts';
import { uploadTarget } from '../../edge/evidence/upload-target.ts';
import { parseOptions } from './options.ts';
import { ensureSecrets, readCredentials, sha256 } from './secrets.ts';
import { prepareSettings, probeDevice } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function prepare(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const known = await readCredentials(join(folder, 'credentials.json'));
  const settings = await prepareSettings(parseOptions(args, env), sha256(known.token), folder);
  await ensureSecrets(known, settings, settings);
  return settings;
}

test.each([
  ['another Kafka', [], { FORPOST_KAFKA: 'kafka.example.org:9092' }],
  ['no Kafka', ['--no-kafka'], {}],
  ['other ports', ['--port-offset', '1000'], {}],
  ['no options', [], {}],
  ['no camera', ['--no-camera'], {}],
  ['neither Kafka nor camera, and a check', ['--no-kafka', '--no-camera', '--check'], {}],
  ['a check', ['--check'], {}],
  ['a check without Kafka', ['--check', '--no-kafka'], {}],
] as const)('with %s, gateway and centre get a valid configuration', async (_what, args, env) => {
  const { gatewayFile, cloudFile } = await prepare(args, env);
  expect((await judge(gatewayFile)).problems).toEqual([]);
  expect(() => loadCloud(cloudFile)).not.toThrow();
});

test('a port offset moves every port in every file', async () => {
  const plain = await prepare([]);
  const moved = await prepare(['--port-offset', '1000']);
  for (const [name, port] of Object.entries(plain.ports)) expect(moved.ports).toHaveProperty(name, port + 1000);
  const texts = await Promise.all(
    [moved.gatewayFile, moved.siteFile, moved.cloudFile].map((file) => readFile(file, 'utf8')),
  );
  for (const port of [2883, 9080, 10092, 9554, 9090, 9091]) expect(texts.join()).toMatch(new RegExp(`\\b${port}\\b`));
});

test('the copies keep the comments, and the site has the probe only during a check', async () => {
  const checked = await readFile((await prepare(['--check'])).siteFile, 'utf8');
  expect(checked).toContain(probeDevice);
  expect(checked).toContain('# hysteresis: the alarm clears only below this');
  const plain = await readFile((await prepare([])).siteFile, 'utf8');
  expect(plain).not.toContain(probeDevice);
});

test('the centre can fetch the pictures of alarms, with Kafka and without', async () => {
  for (const args of [[], ['--no-kafka']]) {
    const settings = await prepare(args);
    const installation = loadInstallation(settings.gatewayFile);
    const { secrets } = loadSite(installation.site_file, installation.secrets_file);
    const target = uploadTarget(installation, secrets);
    const { token } = await readCredentials(settings.credentialsFile);
    expect(target).toMatchObject({ url: `http://127.0.0.1:${settings.ports.centre}`, token });
    const { gateways } = loadCloud(settings.cloudFile);
    expect(gateways?.['demo-gateway']).toMatchObject({ token_sha256: sha256(token) });
  }
});

test('a changed copy stays; an unchanged copy follows the options', async () => {
  const first = await prepare([]);
  const drawn = (await readFile(first.siteFile, 'utf8')).replace('name: Gate area', 'name: My gate');
  await writeFile(first.siteFile, drawn);
  const second = await prepare(['--no-kafka']);
  expect(second.kept).toEqual([first.siteFile]);
  expect(await readFile(second.siteFile, 'utf8')).toBe(drawn);
  expect(await readFile(second.gatewayFile, 'utf8')).toContain('kind: http');
  const checked = await prepare(['--check']);
  expect(await readFile(checked.siteFile, 'utf8')).toContain('My gate');
  expect(await readFile(first.siteFile, 'utf8')).toBe(drawn);
});

test('a site without its camera has no camera rules', async () => {
  const { cameras, siteFile } = await prepare(['--no-camera']);
  expect(cameras).toEqual([]);
  expect(await readFile(siteFile, 'utf8')).not.toMatch(/^cameras:|camera: yard/m);
  expect(parseOptions([], { FORPOST_WITHOUT_CAMERA: 'ffmpeg is missing on this machine' }).withoutCamera).toBe(
    'ffmpeg is missing on this machine',
  );
});

test('a wrong option is reported with the values that are allowed', () => {
  expect(() => parseOptions(['--seconds', 'many'], {})).toThrow(
    '--seconds must be a whole number from 5 to 86400, not "many"',
  );
  expect(() => parseOptions(['--chek'], {})).toThrow(/--chek/);
  expect(() => parseOptions([], { FORPOST_KAFKA: 'kafka' })).toThrow('FORPOST_KAFKA must be host:port, not "kafka"');
  expect(() => parseOptions(['--fresh', '--keep'], {})).toThrow(/use only one/);
});

test('the demo keeps the reason why there is no Kafka', () => {
  expect(parseOptions([], { FORPOST_WITHOUT_KAFKA: 'java cannot be had here' }).kafka).toEqual({
    kind: 'none',
    reason: 'java cannot be had here',
  });
  expect(parseOptions([], { FORPOST_KAFKA: 'k:9092' }).kafka).toEqual({ kind: 'existing', broker: 'k:9092' });
});
