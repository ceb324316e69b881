import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@forpost/shared/errors.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import { compileShim } from '../../../../test/harness/shim.ts';
import { draft, outboxIn, temporaryFolder } from '../testing/test-support.ts';
import { openReader } from './sqlite-reader.ts';

/** Starts an outbox in its own process. Returns its epoch once an event is confirmed; undefined: the process ended. */
async function startedElsewhere(folder: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const program = fileURLToPath(new URL('../testing/appending-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 2) child.kill('SIGKILL');
  }
  return lines.length >= 2 ? lines[0] : undefined;
}

test('a single failed read is repeated and does not count as damage', async ({ skip }) => {
  const shim = await compileShim(fileURLToPath(new URL('../testing/read-errors.c', import.meta.url))).catch(messageOf);
  if (typeof shim === 'string') return skip(shim);
  onTestFinished(() => shim.remove());
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outbox = outboxIn(folder);
  await outbox.start();
  await outbox.append({ events: Array.from({ length: 50 }, (_, n) => draft(n)) });
  await outbox.stop();
  for (const from of [1, 2, 5, 9, 14, 20, 27, 35]) {
    const epoch = await startedElsewhere(folder, { LD_PRELOAD: shim.file, READ_ERROR_FROM: String(from) });
    const aside = readdirSync(folder).filter((name) => name.includes('damaged'));
    expect([from, epoch === undefined, aside]).toEqual([from, false, []]);
  }
  const reader = openReader(outbox.file);
  expect(reader.read(asId(outbox.epoch), 'telemetry', 0, 100, 1e6).length).toBe(50);
  reader.close();
});
