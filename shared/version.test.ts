import { execFileSync, type StdioOptions } from 'node:child_process';
import { expect, test } from 'vitest';
import { notBefore } from './version.ts';

const dayMs = 86_400_000;

test('the earliest plausible time is near the newest commit, and never later', ({ skip }) => {
  let written: number;
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
    const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio } as const;
    written = Number(execFileSync('git', ['log', '-1', '--format=%ct'], options)) * 1000;
  } catch {
    return skip('there is no git, or this is no clone: nothing to compare with');
  }
  expect(notBefore, 'shared/version.ts: notBefore must not be in the future').toBeLessThanOrEqual(written + dayMs);
  expect(written - notBefore, 'shared/version.ts: raise notBefore to today').toBeLessThan(90 * dayMs);
});
