/**
 * Starts a gateway over the files of an earlier run or another machine: every file that a start reads, broken in every
 * way. No file that the gateway wrote itself keeps it from starting.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { makeCertificates, type TestCertificates } from '../scripts/kafka/certificates.ts';
import { freePorts } from '../test/harness/ports.ts';
import { type Judged, judge } from './config/judge.ts';
import { Gateway } from './gateway.ts';

let pem: TestCertificates;
let folder = '';
/** as an earlier run of the gateway left it */
let template = '';
let hash = '';
beforeAll(async () => {
  pem = await makeCertificates();
  hash = await hashPassword('a-password');
  folder = mkdtempSync(join(tmpdir(), 'forpost-start-'));
  template = join(folder, 'template');
  const first = await write('first', {});
  await started(first);
  cpSync(join(folder, 'first', 'data'), template, { recursive: true });
});
afterAll(async () => {
  await pem.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Parts {
  readonly gateway?: object;
  readonly site?: object;
}

/** A site's three files in a folder of their own. */
async function write(name: string, { gateway = {}, site = {} }: Parts): Promise<string> {
  const at = join(folder, name);
  mkdirSync(at, { mode: 0o750 });
  const [mqtt = 0, http = 0] = await freePorts(2);
  const file = (of: string, value: object) => writeFileSync(join(at, of), stringify(value), { mode: 0o640 });
  file('gateway.yaml', {
    gateway: 'test',
    data: 'data',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    log_level: 'info',
    mqtt: { port: mqtt },
    http: { port: http },
    uplink: [],
    ...gateway,
  });
  file('site.yaml', {
    site: { id: 'home', timezone: 'UTC' },
    devices: [{ id: 'meter', decoder: 'native' }],
    ...site,
  });
  file('secrets.yaml', { mqtt: { meter: hash }, console: { installer: hash } });
  if (template !== '' && name !== 'first') cpSync(template, join(at, 'data'), { recursive: true });
  return join(at, 'gateway.yaml');
}

interface Started {
  readonly judged: Judged;
  /** all that the log and the page said */
  readonly told: string;
}

/** Judges, starts and stops it. @throws where it does not start */
async function started(file: string): Promise<Started> {
  const judged = await judge(file);
  if (judged.loaded === undefined) throw new Error(judged.problems.join('\n'));
  const lines: string[] = [];
  const logger = createLogger('gateway', 'info', { write: (line) => void lines.push(line) });
  const { conditions: look, ...loaded } = judged.loaded;
  const gateway = new Gateway({
    ...loaded,
    configFile: file,
    conditions: { first: judged.warnings, find: look },
    clock: systemClock,
    random: Math.random,
    logger,
  });
  await gateway.start();
  const problems = gateway.problems();
  await gateway.stop();
  return { judged, told: [...lines, ...problems].join('\n') };
}

/** Ways to break a file. root can read a file of mode 0, but nobody can read a link to itself. */
const breaks: Readonly<Record<string, (path: string) => void>> = {
  empty: (path) => writeFileSync(path, ''),
  garbage: (path) => writeFileSync(path, '\0\u0001{"half": [', { mode: 0o600 }),
  'of another kind': (path) => writeFileSync(path, '[]', { mode: 0o600 }),
  unreadable: (path) => symlinkSync(path, path),
  'a folder': (path) => mkdirSync(path),
};
const ways = Object.keys(breaks);

/** Starts a gateway over broken files of its data folder, and once more: a start must not stop the next one. */
async function startedOver(name: string, parts: Parts, broken: readonly string[], how: string): Promise<Started> {
  const file = await write(name, parts);
  for (const path of broken.map((one) => join(file, '..', 'data', one))) {
    rmSync(path, { recursive: true, force: true });
    breaks[how]?.(path);
  }
  const first = await started(file);
  if (how === 'garbage' || how === 'a folder') await started(file);
  return first;
}

const kept: readonly (readonly [what: string, files: readonly string[], hows: readonly string[]])[] = [
  ['the events', ['outbox.db'], ways],
  ['the newest events', ['outbox.db-wal'], ['garbage', 'a folder']],
  [
    'everything else',
    [
      ...[
        'alarms.json',
        'host-health.json',
        'last-sync.json',
        'uplink-memory.json',
        'evidence-uploads.json',
        'gateway.lock',
      ],
      ...['outbox.db.epochs', 'outbox.db.ballast', 'evidence', 'models', 'live'],
    ],
    ways,
  ],
];

describe.concurrent('a broken file of the gateway’s own', () => {
  test.each(kept.flatMap(([what, files, hows]) => hows.map((how) => [what, how, files] as const)))(
    '%s, where each file is %s, stops neither this start nor the next',
    async (what, how, files) => {
      const parts = { gateway: { uplink: [{ kind: 'kafka', brokers: ['127.0.0.1:1'] }] } };
      const { told, judged } = await startedOver(`${what} ${how}`, parts, files, how);
      expect(judged.problems).toEqual([]);
      // an empty file or one of another kind has nothing to report
      if (how === 'empty' || how === 'of another kind') return;
      if (what === 'the events') expect(told).toMatch(/outbox/);
      if (what !== 'everything else') return;
      for (const words of [/active alarms/, /evidence/]) expect(told).toMatch(words);
      expect(judged.warnings.map(({ message }) => message).join('\n')).toContain('alarms.json (the active alarms)');
    },
  );
});

const away = '/nowhere/at-all.pem';

describe.concurrent('a change from outside', () => {
  const kafka = (tls: object) => ({ uplink: [{ kind: 'kafka', brokers: ['127.0.0.1:1'], tls }] });
  const conditions: readonly (readonly [what: string, parts: () => Parts, told: RegExp])[] = [
    [
      'an uplink’s certificate that has ended',
      () => ({ gateway: kafka(pem.expired) }),
      /uplink\[0\]\.tls\.certificate: .*has ended on 2020/,
    ],
    [
      'an uplink’s files that are not there',
      () => ({ gateway: kafka({ ca: away }) }),
      /uplink\[0\]\.tls\.ca: .*is not there/,
    ],
    ['an uplink’s key that is none', () => ({ gateway: kafka({ ...pem.client, key: pem.ca }) }), /holds no key/],
    [
      'a certificate of MQTT that is not there',
      () => ({ gateway: { mqtt: { port: 0, tls: { host: '127.0.0.1', port: 0, certificate: away, key: away } } } }),
      /mqtt\.tls: .*is not there: this port refuses connections/,
    ],
    [
      'a file of trusted keys that is not there',
      () => ({ gateway: { commands: { trusted_keys_file: away } } }),
      /no command by its keys/,
    ],
    [
      'a file of trusted keys that holds none',
      () => ({ gateway: { commands: { trusted_keys_file: pem.ca } } }),
      /is no key/,
    ],
    [
      'a model that is not there, and a camera’s CA',
      () => ({
        site: {
          cameras: [{ id: 'yard', url: 'rtsps://127.0.0.1:1/yard', detector: 'lost', ca: away }],
        },
      }),
      /model .{1,2}lost.{1,2} is not installed/,
    ],
  ];
  test.each(conditions)('%s disables only its own part, and is a problem on the page', async (what, parts, told) => {
    const file = await write(what.replaceAll('/', ' '), withPorts(parts(), await freePorts(4)));
    const { judged, told: said } = await started(file);
    expect(judged.problems).toEqual([]);
    expect(said).toMatch(told);
    expect(judged.warnings.map(({ message }) => message).join('\n')).toMatch(told);
  });
});

test('while another program has the page’s port, only the page is missing, and a problem says so', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const file = await write('a taken port', { gateway: { http: { port } } });
  expect((await started(file)).told).toMatch(
    new RegExp(`there is no page: 127\\.0\\.0\\.1:${port} is taken by another process`),
  );
});

/** 0 is for tests, and the schema takes none. */
function withPorts(parts: Parts, ports: number[]): Parts {
  return JSON.parse(JSON.stringify(parts).replaceAll('"port":0', () => `"port":${ports.pop()}`)) as Parts;
}

describe('a mistake in the configuration', () => {
  const files = ['gateway.yaml', 'site.yaml', 'secrets.yaml'] as const;
  test.each(files.flatMap((name) => [...ways, 'missing'].map((how) => [name, how] as const)))(
    '%s that is %s stops the start with the file’s name and words',
    async (name, how) => {
      const file = await write(`${name} ${how}`, {});
      const broken = join(file, '..', name);
      rmSync(broken);
      breaks[how]?.(broken);
      const { problems, loaded } = await judge(file);
      expect(loaded).toBeUndefined();
      expect(problems[0]).toMatch(new RegExp(`${name.replace('.', '\\.')}:\\d+:\\d+: [a-z"]`));
      expect(problems.join('\n')).not.toMatch(/\n\s+at |undefined/);
    },
  );

  test('a data folder that is a file stops the check and the start alike', async () => {
    const file = await write('data folder', {});
    rmSync(join(file, '..', 'data'), { recursive: true });
    writeFileSync(join(file, '..', 'data'), '');
    const { problems } = await judge(file);
    expect(problems).toEqual([expect.stringMatching(/gateway\.yaml:2:\d+: the data folder .*data is not a folder/)]);
  });
});
