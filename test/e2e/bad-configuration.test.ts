/** A wrong configuration stops the start; the message names file, line and mistake, and the nearest correct spelling. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../harness/ports.ts';
import { root, TestProcess } from '../harness/process.ts';

let folder: string;

const installation = (mqtt: number, http: number) => `gateway: shed
data: data
site_file: site.yaml
secrets_file: secrets.yaml
mqtt:
  port: ${mqtt}
http:
  port: ${http}
uplink: []
`;
const site = `site:
  id: home
  timezone: Europe/Berlin
devices:
  - id: meter
    decoder: native
cameras:
  - id: yard
    url: rtsp://127.0.0.1:1/yard
    zones:
      - id: gate
        points: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
rules:
  - id: overload
    kind: threshold
    device: meter
    metric: power_w
    above: 5000
    when: hour >= 8
  - id: intruder
    kind: zone-entered
    camera: yard
    zone: gate
`;
const secrets = `mqtt:
  meter: "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
console:
  installer: "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-config-'));
  const [mqtt = 0, http = 0] = await freePorts(2);
  await writeFile(join(folder, 'gateway.yaml'), installation(mqtt, http));
  await writeFile(join(folder, 'site.yaml'), site);
  await writeFile(join(folder, 'secrets.yaml'), secrets);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function forpost(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'forpost.mjs'), ...args], { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, output: stdout + stderr });
    });
  });
}

async function replace(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, file), text.replace(from, to));
}

test('a correct configuration passes the check', async () => {
  const { code, output } = await forpost('check', join(folder, 'gateway.yaml'));
  expect(output).not.toMatch(/:\d+:\d+:/);
  expect(code).toBe(0);
});

test('a model that crashed before is a warning of the check, and does not stop the start', async () => {
  const models = join(folder, 'data', 'models');
  await mkdir(models, { recursive: true, mode: 0o700 });
  const card = {
    name: 'wild',
    kind: 'yolox',
    inputSize: 416,
    classes: ['person'],
    measuredMs: 10,
    source: 'wild.onnx',
  };
  await writeFile(join(models, 'wild.json'), JSON.stringify({ ...card, sha256: '0'.repeat(64) }));
  await writeFile(join(models, 'wild.onnx'), '');
  await writeFile(join(models, 'wild.crashes'), 'took the vision process down 3 times in a row\n');
  await replace('site.yaml', 'yard\n    zones', 'yard\n    detector: wild\n    zones');
  const { code, output } = await forpost('check', join(folder, 'gateway.yaml'));
  expect(output).toMatch(
    /^warning: \S+site\.yaml:10:\d+: camera "yard": the model "wild" took the vision process down/m,
  );
  expect(output).toMatch(/^gateway shed, site home/m);
  expect(code).toBe(0);
});

test('the check warns of files that every user of the machine may read or change, and of a weak hash', async () => {
  for (const [file, mode] of [['secrets.yaml', 0o644] as const, ['site.yaml', 0o666] as const])
    await chmod(join(folder, file), mode);
  await replace('secrets.yaml', 'm=19456,t=2', 'm=64,t=1');
  const { code, output } = await forpost('check', join(folder, 'gateway.yaml'));
  const warnings = output.split('\n').filter((line) => line.startsWith('warning: '));
  expect(warnings.map((line) => line.replaceAll(`${folder}/`, '').slice('warning: '.length))).toEqual([
    expect.stringMatching(
      /^secrets\.yaml:2:\d+: mqtt\.meter is an argon2id hash that costs too little \(m=64, t=1\).*"forpost devices password meter"/,
    ),
    'secrets.yaml holds secrets and everybody on this machine may read it (mode 644): chmod o= secrets.yaml',
    'everybody on this machine may change site.yaml (mode 666): chmod o-w site.yaml',
  ]);
  expect(code).toBe(0);
});

const mistakes: readonly (readonly [what: string, file: string, from: string, to: string, output: RegExp])[] = [
  ['an unknown key', 'gateway.yaml', '  port:', '  prot:', /gateway\.yaml:6:\d+: .*prot.*port/s],
  [
    'a missing site file',
    'gateway.yaml',
    'site_file: site.yaml',
    'site_file: sight.yaml',
    /gateway\.yaml:3[\s\S]*sight\.yaml|sight\.yaml[\s\S]*(not|no)/,
  ],
  ['a bad CEL condition', 'site.yaml', 'when: hour >= 8', 'when: hour >= "eight"', /site\.yaml:19:\d+: /],
  ['a condition that is not CEL', 'site.yaml', 'when: hour >= 8', 'when: hour >=', /site\.yaml:19:\d+: /],
  [
    'a zone that crosses itself',
    'site.yaml',
    '[0.9, 0.1], [0.9, 0.9]',
    '[0.9, 0.9], [0.9, 0.1]',
    /site\.yaml:1[12]:\d+: .*gate/,
  ],
  ['a corner outside the picture', 'site.yaml', '[0.9, 0.1]', '[1.9, 0.1]', /site\.yaml:12:\d+: /],
  [
    'a rule about an unknown device',
    'site.yaml',
    'device: meter',
    'device: metre',
    /site\.yaml:16:\d+: .*metre.*meter/s,
  ],
  ['a rule about an unknown zone', 'site.yaml', 'zone: gate', 'zone: gata', /site\.yaml:23:\d+: .*gata.*gate/s],
  [
    'an unknown kind of rule',
    'site.yaml',
    'kind: threshold',
    'kind: treshold',
    /site\.yaml:15:\d+: .*treshold.*threshold/s,
  ],
  ['an unknown decoder', 'site.yaml', 'decoder: native', 'decoder: nativ', /site\.yaml:6:\d+: .*nativ.*native/s],
  ['a file that is not YAML', 'gateway.yaml', 'uplink: []', 'uplink: [', /gateway\.yaml:\d+:\d+: /],
  [
    'a device without a password',
    'site.yaml',
    '  - id: meter\n',
    '  - id: meter-2\n    decoder: native\n  - id: meter\n',
    /meter-2/,
  ],
];

test.each(mistakes)(
  '%s stops the start, with a message that says where and why',
  async (_what, file, from, to, output) => {
    await replace(file, from, to);
    const started = await forpost('gateway', '--config', join(folder, 'gateway.yaml'));
    expect(started.output).toMatch(output);
    expect(started.output).not.toMatch(/\n\s+at .*\.ts:/);
    expect(started.code).toBe(1);
  },
);

test('a port that is in use stops the start, with one line that names it', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await replace(
    'gateway.yaml',
    (await readFile(join(folder, 'gateway.yaml'), 'utf8')).match(/mqtt:\n {2}port: \d+/)?.[0] ?? '',
    `mqtt:\n  port: ${port}`,
  );
  const { code, output } = await forpost('gateway', '--config', join(folder, 'gateway.yaml'));
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`${port}.*(taken|in use)|(taken|in use).*${port}`));
  await new Promise((resolve) => server.close(resolve));
});

test('a second gateway on the same data folder ends with one line, and the first gateway works on', async () => {
  const [mqtt = 0, http = 0] = await freePorts(2);
  await writeFile(join(folder, 'second.yaml'), installation(mqtt, http));
  const first = await TestProcess.start('gateway', ['forpost.mjs', 'gateway', '-c', join(folder, 'gateway.yaml')]);
  onTestFinished(() => first.stop());
  const second = await forpost('gateway', '--config', join(folder, 'second.yaml'));
  expect(second.code).toBe(1);
  expect(second.output.trim().split('\n').at(-1)).toMatch(/data is in use by another gateway/);
  expect(second.output).not.toMatch(/\n\s+at /);
  expect(first.running).toBe(true);
  // the lock ends with its process: after a crash the gateway can start again
  await first.kill();
  const third = await TestProcess.start('gateway', ['forpost.mjs', 'gateway', '-c', join(folder, 'second.yaml')]);
  await third.stop();
});

test('a missing configuration file and an unknown command each give one line', async () => {
  const missing = await forpost('gateway', '--config', join(folder, 'nowhere.yaml'));
  expect(missing.code).toBe(1);
  expect(missing.output).toMatch(/nowhere\.yaml/);
  const unknown = await forpost('gatway');
  expect(unknown.code).toBe(1);
  expect(unknown.output).toMatch(/gateway/);
});

test('the demo’s configuration, which people copy, passes the check', async () => {
  await cp(join(root, 'scripts/demo'), join(folder, 'demo'), { recursive: true });
  const { output } = await forpost('check', join(folder, 'demo', 'gateway.yaml'));
  // the demo makes its secrets at the first start; nothing else may be wrong
  expect(output.split('\n').filter((line) => /:\d+:\d+:/.test(line) && !/secrets/.test(line))).toEqual([]);
});

test('check and schema work for the centre’s cloud.yaml too', async () => {
  const file = join(folder, 'cloud.yaml');
  await writeFile(file, 'data: data\nhttp: {}\nnotifi: []\n');
  const [checked, named, schema] = await Promise.all([
    forpost('check', file),
    forpost('cloud', 'check', file),
    forpost('schema', 'cloud'),
  ]);
  expect(checked).toEqual({
    code: 1,
    output: expect.stringMatching(/cloud\.yaml:3:1: .*did you mean "notify"\?\n1 problem found\n$/),
  });
  expect(named).toEqual(checked);
  expect(JSON.parse(schema.output)).toMatchObject({ title: 'Forpost: cloud.yaml' });
});
