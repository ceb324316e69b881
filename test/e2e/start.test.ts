/**
 * `npm start` on a machine without apt, ffmpeg, GStreamer, Java and Maven: its PATH is a folder of links. And a second
 * `npm start` beside it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takenPorts } from '../../scripts/demo/ports.ts';
import { demoPorts } from '../../scripts/demo/settings.ts';
import { freePorts } from '../harness/ports.ts';
import { root } from '../harness/root.ts';
import { until } from '../harness/site.ts';

let folder: string;
let offset: number;
let demo: string;
let running: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-start-'));
  offset = await freeOffset();
  demo = join(root, `.forpost/demo-${offset}`);
  for (const command of ['sh', 'env', 'uname']) {
    const found = spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, join(folder, command));
  }
  symlinkSync(process.execPath, join(folder, 'node'));
  symlinkSync(npm(), join(folder, 'npm'));
});

afterAll(() => {
  running?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  rmSync(demo, { recursive: true, force: true });
});

/** An offset at which all ports of the demo are free, below the ports of tests and connections. */
async function freeOffset(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1, { first: 2_000, count: 8_000 });
    const portOffset = port - 1883;
    const wanted = Object.entries(demoPorts({ portOffset })).map(([what, number]) => [number, what] as const);
    if ((await takenPorts(wanted)).length === 0) return portOffset;
  }
}

/** the system's npm, run by the node on that PATH */
function npm(): string {
  return spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
}

function start(...args: readonly string[]): ChildProcess {
  const env = { PATH: folder, HOME: process.env.HOME, FORPOST_CACHE: join(folder, 'no-cache') };
  return spawn(process.execPath, ['scripts/start.mjs', '--port-offset', String(offset), ...args], {
    cwd: root,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
}

test('without apt, ffmpeg and Java the demo runs without camera and Kafka, and names the missing programs', async () => {
  running = start();
  running.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  await until('the demo is up', () => /Forpost is up/.test(said), 90_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`);
  });
  expect(said).toMatch(
    /This system has no apt: install them with its own package manager \(their Debian names: ffmpeg /,
  );
  expect(said).toMatch(/no camera \(ffmpeg .*missing on this machine\)/);
  expect(said).toContain('no Kafka (java and maven are missing on this machine)');
});

test('a second npm start reports the running demo and changes nothing, and the first one still ends with Ctrl-C', async () => {
  const logs = join(demo, 'logs');
  const before = {
    file: statSync(logs).ino,
    names: readdirSync(logs),
    config: readFileSync(join(demo, 'secrets.yaml')),
  };
  for (const more of [[], ['--fresh']]) {
    const second = start(...more);
    let words = '';
    second.stderr?.on('data', (chunk) => {
      words += String(chunk);
    });
    // 'close' comes after the last output, 'exit' may come before it
    expect(await once(second, 'close')).toEqual([1, null]);
    expect(words).toMatch(/This demo is already running \(process \d+, since .*\); nothing was changed\./);
    expect(words).toContain(`npm start -- --port-offset ${offset + 1000}`);
  }
  const after = {
    file: statSync(logs).ino,
    names: readdirSync(logs),
    config: readFileSync(join(demo, 'secrets.yaml')),
  };
  expect(after).toEqual(before);
  const first = running as ChildProcess;
  const ended = once(first, 'close');
  first.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(said).toMatch(/stopped\n$/);
});
