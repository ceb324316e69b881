import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { claimFolder } from './claim.ts';

const folder = mkdtempSync(join(tmpdir(), 'forpost-claim-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('one demo runs on a folder at a time; a second one learns its process id', async () => {
  const first = await claimFolder(folder);
  if (!('claim' in first)) throw new Error('nobody else has it');
  expect(await claimFolder(folder)).toEqual({ holder: { pid: process.pid, since: expect.any(Number) } });
  expect(await claimFolder(`${folder}-other`)).toHaveProperty('claim');
  first.claim.release();
  expect(await claimFolder(folder)).toHaveProperty('claim');
});

test('a killed demo releases its folder', async () => {
  const module = new URL('claim.ts', import.meta.url).href;
  const killed = join(folder, 'killed');
  const script = `
    const { claimFolder } = await import(${JSON.stringify(module)});
    console.log('claim' in (await claimFolder(${JSON.stringify(killed)})));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  expect(String(await once(child.stdout, 'data'))).toContain('true');
  expect(await claimFolder(killed)).toMatchObject({ holder: { pid: child.pid } });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await claimFolder(killed)).toHaveProperty('claim');
});
