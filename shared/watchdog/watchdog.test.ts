import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A process under `runUntilSignal` whose main thread runs each line of its standard input. */
const program = `
  import { createInterface } from 'node:readline';
  import { createLogger } from '@forpost/shared/logging.ts';
  import { runUntilSignal } from '@forpost/shared/run.ts';
  const root = { start: async () => undefined, stop: async () => undefined };
  await runUntilSignal(root, createLogger('watched'), () => ({}), { hangS: 0.6 });
  function hangsInALoop() { for (;;); }
  function hangsInAPattern() { /^(a+)+$/.test('a'.repeat(60) + '!'); }
  function hangsInMicrotasks() { queueMicrotask(hangsInMicrotasks); }
  function waits() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }
  const does = { hangsInALoop, hangsInAPattern, hangsInMicrotasks, waits, ping: () => console.log('pong') };
  createInterface({ input: process.stdin }).on('line', (line) => does[line]());
`;

let child: ChildProcess;
let folder: string;
let said: string[];
let ended: Promise<string | number>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-watchdog-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true });
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, ...env } });
  said = [];
  ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)));
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => said.push(line));
  await soon(() => said.some((line) => line.includes('ready'))).toBe(true);
}

const soon = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 10 });
const say = (line: string) => child.stdin?.write(`${line}\n`);

test.each(['hangsInALoop', 'hangsInAPattern', 'hangsInMicrotasks', 'waits'])(
  'a process whose main thread %s is ended, and the log has the stack of the hang',
  async (hang) => {
    await start();
    say(hang);
    expect(await ended).toBe('SIGKILL');
    const line = said.map((one) => JSON.parse(one)).find(({ level }) => level === 'fatal');
    expect(line).toMatchObject({ name: 'watched', msg: expect.stringContaining('has not answered for 0.6 s') });
    expect(line.stack[0]).toContain(hang);
    expect(line.stack.join('\n')).toContain('node:internal');
  },
);

test('a process stopped for longer than the hang limit (SIGSTOP, SIGCONT) goes on', async () => {
  await start();
  child.kill('SIGSTOP');
  const from = performance.now();
  // longer than the watchdog's limit
  await soon(() => performance.now() - from > 1500).toBe(true);
  child.kill('SIGCONT');
  say('ping');
  await soon(() => said.includes('pong')).toBe(true);
  const later = performance.now();
  await soon(() => performance.now() - later > 1000).toBe(true);
  say('ping');
  await soon(() => said.filter((line) => line === 'pong').length).toBe(2);
});

test('a process that a debugger may hold is not ended', async () => {
  await start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
  say('waits');
  const from = performance.now();
  await soon(() => performance.now() - from > 2000).toBe(true);
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
});

test('systemd hears that the process is up, and that its main thread runs', async () => {
  // records the messages that systemd’s own program would send
  const told = join(folder, 'told');
  const notify = join(folder, 'systemd-notify');
  await writeFile(notify, `#!/bin/sh\necho "$NOTIFY_SOCKET $1" >> '${told}'\n`);
  await chmod(notify, 0o755);
  await start({
    PATH: `${folder}:${process.env.PATH}`,
    NOTIFY_SOCKET: '/run/notify',
    WATCHDOG_USEC: '600000',
  });
  const lines = async () => (await readFile(told, 'utf8').catch(() => '')).trim().split('\n');
  const soonLines = () => expect.poll(lines, { timeout: 20_000, interval: 20 });
  await soonLines().toContain('/run/notify READY=1');
  await expect
    .poll(async () => (await lines()).filter((line) => line.endsWith('WATCHDOG=1')).length, { timeout: 20_000 })
    .toBeGreaterThan(2);
});
