/**
 * A new decoder, rule kind, local action, sink, command kind, channel and detector, each as one new file and one entry
 * in its registry: the test copies Forpost's sources, adds the seven entries, and changes nothing else. The copy then
 * checks configurations that use the new kinds, and runs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sealCommand } from '@forpost/shared/event/command.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { signingKey } from '../../cloud/commands/key.ts';
import { root } from '../harness/root.ts';
import { TestSite, until } from '../harness/site.ts';

/** Each registry's new file; `entry`: the entry in the registry's list, or table. */
const additions = {
  'decoder.ts': { registry: 'edge/devices/decoders/registry.ts', entry: 'added' },
  'rule-kind.ts': { registry: 'edge/rules/kinds/registry.ts', entry: 'added' },
  'action.ts': { registry: 'edge/alerts/actions/registry.ts', entry: 'added(parts)' },
  'command-kind.ts': { registry: 'edge/commands/kinds/registry.ts', entry: 'added' },
  'sink.ts': { registry: 'edge/uplink/sinks/registry.ts', entry: 'added' },
  'channel.ts': { registry: 'cloud/notify/channels/registry.ts', entry: 'added' },
  'detector.ts': { registry: 'edge/vision/process/detectors/registry.ts', entry: 'brightness: added' },
};

const run = promisify(execFile);
let copy: string;
let site: TestSite | undefined;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'forpost-copy-'));
  for (const folder of ['edge', 'cloud', 'shared', 'test/e2e/new-kinds'])
    await cp(join(root, folder), join(copy, folder), {
      recursive: true,
      filter: (path) => !/node_modules|\.test\.ts$/.test(path),
    });
  await cp(join(root, 'package.json'), join(copy, 'package.json'));
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, { registry, entry }] of Object.entries(additions)) {
    const path = join(copy, registry);
    const text = await readFile(path, 'utf8');
    const up = registry
      .split('/')
      .slice(1)
      .map(() => '..');
    const isTable = entry.includes(': ');
    const changed = isTable
      ? text.replace(/(?<=>> = )\{/, `{ ${entry}, `)
      : text.replace(/(?<== |return )\[/, `[${entry}, `);
    expect(changed).not.toBe(text);
    await writeFile(path, `import { added } from '${up.join('/')}/test/e2e/new-kinds/${file}';\n${changed}`);
  }
});
afterAll(async () => {
  await site?.stop();
  await rm(copy, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly text: string;
}

async function forpost(main: 'edge' | 'cloud', ...words: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await run(process.execPath, [join(copy, main, 'main.ts'), ...words]);
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

test('a site uses a decoder, a rule, an action, a sink and a command that each are one new file and one entry', async () => {
  site = await TestSite.start({
    devices: ['oven'],
    uplink: 'none',
    centre: false,
    gatewayMain: join(copy, 'edge/main.ts'),
    prepare: async (folder) => {
      await mkdir(join(folder, 'out'));
      const change = async (name: string, edit: (value: Record<string, unknown>) => void) => {
        const value = parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
        edit(value);
        await writeFile(join(folder, name), stringify(value));
      };
      const write = (separator: string, factor: number, out: string, key: string) =>
        Promise.all([
          change('site.yaml', (value) => {
            value.devices = [{ id: 'oven', decoder: 'lines', separator }];
            value.rules = [{ id: 'jump', kind: 'jump', device: 'oven', metric: 'temperature_c', factor }];
          }),
          change('secrets.yaml', (value) => {
            value.uplink = { folder: { [key]: 'a-key' } };
          }),
          change('gateway.yaml', (value) => {
            value.uplink = [{ kind: 'folder', folder: out }];
          }),
        ]);
      const check = () => forpost('edge', 'check', join(folder, 'gateway.yaml'));
      await write('=', 1, '/tmp', 'token');
      const wrong = await check();
      expect(wrong.code).toBe(1);
      expect(wrong.text).toContain('everybody may write to /tmp');
      await write('=', 1, 'out', 'key');
      const told = await check();
      expect(told.text).toContain('"=" stands between a name and its value');
      expect(told.text).toContain('a factor of 1 is no jump');
      await write('|', 2, 'out', 'key');
      const right = await check();
      expect(right).toMatchObject({ code: 0, text: expect.stringContaining(`uplink to the folder ${folder}/out`) });
    },
  });
  const { folder } = site;
  const display = await site.connect('wall-display');
  const spoken: string[] = [];
  display.on('message', (_, payload) => spoken.push(payload.toString()));
  await display.subscribeAsync('forpost/spoken');
  const oven = await site.connect('oven');
  for (const value of [20, 21, 50]) await oven.publishAsync('lines/oven', `temperature_c=${value}|x`, { qos: 1 });
  await until('the action speaks', () => spoken.includes('oven: temperature_c jumped'));
  const events = async () => readFile(join(folder, 'out/events'), 'utf8');
  await until('the alarm is in the folder', async () => (await events()).includes('temperature_c jumped'));
  expect(await events()).toContain('a-key {');
  await until('the readings are in the folder', async () => (await events()).includes('"temperature_c":21'));

  const { privateKey } = await signingKey(join(folder, 'centre', 'command-key.pem'));
  const now = Date.now();
  const command = { id: 'c-1', gateway: asId<'gateway'>('test-gateway'), kind: 'greet', arguments: { name: 'oven' } };
  const times = { issued: new Date(now).toISOString(), expires: new Date(now + 60_000).toISOString() };
  await writeFile(join(folder, 'out/command'), sealCommand({ ...command, author: 'anna', ...times }, privateKey));
  await until('the command has run', async () => (await events()).includes('Forpost oven, started 0 min ago'));
  await oven.endAsync();
  await display.endAsync();
});

test('a centre notifies by a channel that is one new file and one entry', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-centre-'));
  const file = join(folder, 'cloud.yaml');
  const write = (box: string) =>
    writeFile(file, `data: .\nhttp: {}\nnotify: [{ id: desk, kind: letters, file: ${box}, severity: info }]\n`);
  await write('letters.doc');
  expect(await forpost('cloud', 'cloud', 'check', '--config', file)).toMatchObject({
    code: 1,
    text: expect.stringContaining('a letter box is a .txt'),
  });
  await write('letters.txt');
  const right = await forpost('cloud', 'cloud', 'check', '--config', file);
  expect(right.text).toContain('1 channel (letters)');
  await run(process.execPath, [join(copy, 'test/e2e/new-kinds/notify-once.ts'), file]);
  expect(await readFile(join(folder, 'letters.txt'), 'utf8')).toBe('the oven is hot\n');
  await rm(folder, { recursive: true });
});

test('a camera uses a detector that is one new file and one entry', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-detector-'));
  const models = join(folder, 'data/models');
  await mkdir(models, { recursive: true });
  const card = { name: 'lamps', kind: 'brightness', inputSize: 64, classes: ['lamp'], measuredMs: 1, source: 'a test' };
  const writeModel = async (least: string) => {
    const sha256 = createHash('sha256').update(least).digest('hex');
    await writeFile(join(models, 'lamps.onnx'), least);
    await writeFile(join(models, 'lamps.json'), JSON.stringify({ ...card, sha256 }));
  };
  const files = 'data: data\nsite_file: site.yaml\nsecrets_file: secrets.yaml\n';
  await writeFile(join(folder, 'gateway.yaml'), `gateway: gw-1\n${files}mqtt: {}\nhttp: {}\nuplink: []\n`);
  await writeFile(join(folder, 'secrets.yaml'), 'mqtt: {}\nconsole: {}\n', { mode: 0o600 });
  const check = async (classes: string) => {
    const camera = `{ id: yard, url: "rtsp://10.0.0.7/s", detector: lamps, classes: [${classes}] }`;
    await writeFile(
      join(folder, 'site.yaml'),
      `site: { id: home, timezone: UTC }\ndevices: []\ncameras: [${camera}]\n`,
    );
    return forpost('edge', 'check', join(folder, 'gateway.yaml'));
  };
  await writeModel('200');
  expect((await check('person')).text).toContain('the model "lamps" knows no "person"');
  const right = await check('lamp');
  expect(right.code).toBe(0);
  expect(right.text).not.toContain('lamps');
  const detect = async () => {
    const { stdout } = await run(process.execPath, [join(copy, 'test/e2e/new-kinds/detect-once.ts'), models, 'lamps']);
    return JSON.parse(stdout) as unknown;
  };
  expect(await detect()).toEqual([{ class: 'lamp', score: 250 / 255, box: [0.5, 0.5, 0.25, 0.5] }]);
  await writeModel('255');
  expect(await detect()).toEqual([]);
  await writeModel('bright');
  await expect(detect()).rejects.toThrow('has no number in it');
  await rm(folder, { recursive: true });
});
