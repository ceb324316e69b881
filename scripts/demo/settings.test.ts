import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCloud } from '../../cloud/config/load.ts';
import { checkFiles } from '../../edge/config/check.ts';
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
  ['a check', ['--check'], {}],
  ['a check without Kafka', ['--check', '--no-kafka'], {}],
] as const)('with %s, gateway and centre get a configuration that is right', async (_what, args, env) => {
  const { gatewayFile, cloudFile } = await prepare(args, env);
  expect((await checkFiles(gatewayFile)).problems).toEqual([]);
  expect(() => loadCloud(cloudFile)).not.toThrow();
});

test('an offset moves every port, in every file', async () => {
  const plain = await prepare([]);
  const moved = await prepare(['--port-offset', '1000']);
  for (const [name, port] of Object.entries(plain.ports)) expect(moved.ports).toHaveProperty(name, port + 1000);
  const texts = await Promise.all(
    [moved.gatewayFile, moved.siteFile, moved.cloudFile].map((file) => readFile(file, 'utf8')),
  );
  for (const port of [2883, 9080, 10092, 9554, 9090, 9091]) expect(texts.join()).toMatch(new RegExp(`\\b${port}\\b`));
});

test('the copies keep the comments, and the probe is in the site only while it is checked', async () => {
  const checked = await readFile((await prepare(['--check'])).siteFile, 'utf8');
  expect(checked).toContain(probeDevice);
  expect(checked).toContain('# hysteresis: ends only below this');
  const plain = await readFile((await prepare([])).siteFile, 'utf8');
  expect(plain).not.toContain(probeDevice);
});

test('without options the files beside the demo are used as they stand', async () => {
  const settings = await prepareSettings(parseOptions([], {}), '0'.repeat(64));
  for (const file of [settings.gatewayFile, settings.siteFile, settings.cloudFile])
    expect(file).toMatch(/scripts\/demo\/\w+\.yaml$/);
});

test('a wrong option is told in words', () => {
  expect(() => parseOptions(['--seconds', 'many'], {})).toThrow(
    '--seconds is a whole number from 5 to 86400, not "many"',
  );
  expect(() => parseOptions(['--chek'], {})).toThrow(/--chek/);
  expect(() => parseOptions([], { FORPOST_KAFKA: 'kafka' })).toThrow('FORPOST_KAFKA is host:port, not "kafka"');
  expect(() => parseOptions(['--fresh', '--keep'], {})).toThrow(/not both/);
});

test('why there is no Kafka is kept for who watches', () => {
  expect(parseOptions([], { FORPOST_WITHOUT_KAFKA: 'java cannot be had here' }).kafka).toEqual({
    kind: 'none',
    reason: 'java cannot be had here',
  });
  expect(parseOptions([], { FORPOST_KAFKA: 'k:9092' }).kafka).toEqual({ kind: 'existing', broker: 'k:9092' });
});
