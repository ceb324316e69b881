import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { unless } from '../../../../test/harness/unless.ts';

/** the test runs in its own process, because this one may have loaded SQLite already */
const child = fileURLToPath(new URL('../testing/loaded-child.ts', import.meta.url));

test('SQLite’s library stays loaded after the writer’s thread has ended, so that the process does not crash', {
  ...unless(process.platform === 'linux' ? undefined : 'what is in memory is read from /proc'),
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [child]);
  expect(stdout.trim()).toBe('loaded');
});
