import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from './ports.ts';

/** A range for this test alone. */
const range = { first: 19_000 + 20 * (process.pid % 40), count: 20 };

test('a port belongs to one process at a time, and is free again when that process has ended', async () => {
  const code = `
    const { freePorts } = await import(${JSON.stringify(new URL('ports.ts', import.meta.url).href)});
    console.log(JSON.stringify(await freePorts(8, ${JSON.stringify(range)})));
    process.stdin.resume();`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void other.kill('SIGKILL'));
  const [line] = (await once(createInterface(other.stdout), 'line')) as [string];
  const theirs = JSON.parse(line) as number[];
  const listener = createServer();
  onTestFinished(() => void listener.close());
  const taken =
    range.first + Array.from({ length: range.count }, (_, i) => i).findIndex((i) => !theirs.includes(range.first + i));
  listener.listen(taken, '127.0.0.1');
  await once(listener, 'listening');

  const ours = await freePorts(11, range);
  expect(new Set([...theirs, taken, ...ours]).size).toBe(range.count);
  await expect(freePorts(1, range)).rejects.toThrow(`no port from ${range.first} to ${range.first + 19} is free`);

  other.kill('SIGKILL');
  await once(other, 'exit');
  expect((await freePorts(8, range)).sort()).toEqual(theirs.sort());
});
