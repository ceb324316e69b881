import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Child, type ChildOptions } from './child.ts';

let folder: string;
const children: Child[] = [];
const patience = { timeout: 20_000 };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-child-'));
});
afterEach(async () => {
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.stop()));
  await rm(folder, { recursive: true });
});

async function make(script: string, more: Partial<ChildOptions> = {}): Promise<{ child: Child; said: string[] }> {
  const file = join(folder, 'child.mjs');
  await writeFile(file, script);
  const said: string[] = [];
  const child = new Child({
    name: 'kafka',
    args: [file],
    log: join(folder, 'child.log'),
    readyWithinMs: 10_000,
    clock: systemClock,
    random: () => 0,
    report: (line) => said.push(line),
    ...more,
  });
  children.push(child);
  return { child, said };
}

const up = 'process.stdout.write(\'{"ready":{"port":1}}\\n\'); process.stdin.resume();';
const gone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true; // no such process
  }
};

test('a process is up when it says so, and its log keeps what it says, but no secret', async () => {
  const { child } = await make(`console.log('log-in: admin / secret'); console.error('warming up'); ${up}`, {
    secret: /log-in/,
  });
  expect(await child.start()).toEqual({ port: 1 });
  expect(child.running).toBe(true);
  await vi.waitFor(async () => expect(await readFile(child.log, 'utf8')).toContain('warming up'), patience);
  expect(await readFile(child.log, 'utf8')).not.toContain('secret');
});

test('a process that ends before it is up is told with the tail of its log', async () => {
  const { child } = await make('console.error("port 9092 is taken"); process.exit(3)');
  await expect(child.start()).rejects.toThrow(/kafka ended with 3:\n {4}port 9092 is taken[\s\S]*child\.log/);
});

test('a process that says it cannot is not up', async () => {
  const { child } = await make('console.log(JSON.stringify({ ready: false, message: "no Java" })); process.exit(1)');
  await expect(child.start()).rejects.toThrow(/no Java/);
});

test('a stop is SIGTERM, and nothing is left', async () => {
  const { child, said } = await make(
    `process.on('SIGTERM', () => { console.log('orderly'); process.exit(0); }); ${up}`,
  );
  await child.start();
  const { pid } = child;
  await child.stop();
  expect(gone(pid!)).toBe(true);
  expect(await readFile(child.log, 'utf8')).toContain('orderly');
  expect(said).toEqual([]);
});

test('one that does not stop is killed at the deadline', async () => {
  const clock = new FakeClock();
  const { child, said } = await make(`process.on('SIGTERM', () => console.log('no')); ${up}`, { clock });
  await child.start();
  const stopped = child.stop();
  await vi.waitFor(async () => expect(await readFile(child.log, 'utf8')).toContain('no'), patience);
  clock.advance(25_000);
  await stopped;
  expect(child.running).toBe(false);
  expect(said.join()).toMatch(/did not stop within 25 s/);
});

test('one that ends by itself is reported and comes back, a bounded number of times', async () => {
  const clock = new FakeClock();
  const { child, said } = await make(up, { clock });
  await child.start();
  for (let i = 1; i <= 5; i++) {
    process.kill(child.pid!, 'SIGKILL');
    await vi.waitFor(() => expect(said.filter((line) => line.includes('starts again'))).toHaveLength(i), patience);
    clock.advance(21_000);
    await vi.waitFor(() => expect(said.filter((line) => line === 'kafka is back')).toHaveLength(i), patience);
  }
  process.kill(child.pid!, 'SIGKILL');
  await vi.waitFor(() => expect(said.at(-1)).toMatch(/for the 6th time and stays down/), patience);
});

test('a pause is no accident, and a start after it brings it back', async () => {
  const { child, said } = await make(up);
  await child.start();
  await child.pause();
  expect(child.running).toBe(false);
  await child.start();
  expect(child.running).toBe(true);
  expect(said).toEqual([]);
});

test('a process whose log was taken away is told of all the same, and comes back with a new one', async () => {
  const logs = join(folder, 'logs');
  const { child, said } = await make(up, { log: join(logs, 'child.log'), clock: systemClock });
  await child.start();
  const { pid = 0 } = child;
  await rm(logs, { recursive: true });
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(said.join()).toContain('is gone'), patience);
  await vi.waitFor(() => expect(said).toContain('kafka is back'), patience);
});
