import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { root } from '../../test/harness/root.ts';
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

test('a process is up after its ready line, and its log keeps the output without secrets', async () => {
  const { child } = await make(`console.log('log-in: admin / secret'); console.error('warming up'); ${up}`, {
    secret: /log-in/,
  });
  expect(await child.start()).toEqual({ port: 1 });
  expect(child.running).toBe(true);
  await vi.waitFor(async () => expect(await readFile(child.log, 'utf8')).toContain('warming up'), patience);
  expect(await readFile(child.log, 'utf8')).not.toContain('secret');
});

test('a process that ends before its ready line is reported with the tail of its log', async () => {
  const { child } = await make('console.error("port 9092 is taken"); process.exit(3)');
  await expect(child.start()).rejects.toThrow(/kafka ended with 3:\n {4}port 9092 is taken[\s\S]*child\.log/);
});

test('a process whose ready line says false is not up', async () => {
  const { child } = await make('console.log(JSON.stringify({ ready: false, message: "no Java" })); process.exit(1)');
  await expect(child.start()).rejects.toThrow(/no Java/);
});

test('a process’s `nice` is added to the nice value of the demo itself', async () => {
  const script = join(folder, 'less-urgent.mjs');
  await writeFile(
    script,
    "import { getPriority } from 'node:os'; console.log(JSON.stringify({ ready: getPriority() })); process.stdin.resume();",
  );
  const options = { name: 'kafka', args: [script], log: join(folder, 'child.log'), readyWithinMs: 10_000, nice: 3 };
  const demo = `
    import { Child } from ${JSON.stringify(new URL('child.ts', import.meta.url))};
    import { systemClock } from '@forpost/shared/clock.ts';
    const options = ${JSON.stringify(options)};
    const child = new Child({ ...options, clock: systemClock, random: () => 0, report: () => {} });
    console.log(await child.start());
    await child.stop();`;
  const args = ['-n', '4', process.execPath, '--input-type=module', '--eval', demo];
  const { stdout } = await promisify(execFile)('nice', args, { cwd: root });
  expect(Number(stdout)).toBe(Math.min(19, getPriority() + 4 + 3));
});

test('stop sends SIGTERM and leaves no process behind', async () => {
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

test('a process that ignores SIGTERM is killed at the deadline', async () => {
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

test('a process that ends by itself is reported and restarted, a bounded number of times', async () => {
  const clock = new FakeClock();
  const { child, said } = await make(up, { clock });
  await child.start();
  for (let i = 1; i <= 5; i++) {
    process.kill(child.pid!, 'SIGKILL');
    await vi.waitFor(() => expect(said.filter((line) => line.includes('restarts in'))).toHaveLength(i), patience);
    clock.advance(21_000);
    await vi.waitFor(() => expect(said.filter((line) => line === 'kafka is back')).toHaveLength(i), patience);
  }
  process.kill(child.pid!, 'SIGKILL');
  await vi.waitFor(() => expect(said.at(-1)).toMatch(/for the 6th time and is not restarted/), patience);
});

test('a paused process is not reported, and start brings it back', async () => {
  const { child, said } = await make(up);
  await child.start();
  await child.pause();
  expect(child.running).toBe(false);
  await child.start();
  expect(child.running).toBe(true);
  expect(said).toEqual([]);
});

test('a process whose log was deleted is still reported, and restarts with a new log', async () => {
  const logs = join(folder, 'logs');
  const { child, said } = await make(up, { log: join(logs, 'child.log'), clock: systemClock });
  await child.start();
  const { pid = 0 } = child;
  await rm(logs, { recursive: true });
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(said.join()).toContain('was deleted'), patience);
  await vi.waitFor(() => expect(said).toContain('kafka is back'), patience);
});
