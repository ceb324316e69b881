import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { Counts } from './reporter.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let output: string;
let counts: Counts;

beforeAll(async () => {
  // inside the checkout, so that the files find vitest
  const folder = await mkdtemp(join(root, 'node_modules/.reporter-'));
  const file = (name: string, body: string) =>
    writeFile(join(folder, name), `import { beforeAll, describe, expect, test } from 'vitest';\n${body}\n`);
  await file(
    'mixed.test.mjs',
    `test('adds', () => expect(1 + 1).toBe(2));
     test('differs', () => expect({ watts: 5000 }).toEqual({ watts: 4000 }));
     test('has its reason', (context) => context.skip('there is no camera here'));
     test.skip('has none', () => {});`,
  );
  await file(
    'hook.test.mjs',
    `describe('a site', () => {
       beforeAll(() => { throw new Error('the broker did not start'); });
       test('never gets that far', () => {});
     });`,
  );
  await file(
    'suite.test.mjs',
    `const without = { skip: true, meta: { skipReason: 'FORPOST_SERVER names none' } };
     const longName = 'a server whose name is longer than Vitest shows '.repeat(20);
     describe('outer', without, () => describe('inner', () => test('answers', () => {})));
     describe.each([{ longName }])('the $longName', () => test('is asked', without, () => {}));
     test.skip('is asked again (skipped: a title is no reason)', () => {});`,
  );
  await file('broken.test.mjs', `import './nowhere.mjs';`);
  const result = join(folder, 'result.json');
  await writeFile(join(folder, 'vitest.config.mjs'), 'export default { test: { include: ["*.test.mjs"] } };\n');
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder];
  const reporter = `--reporter=${join(root, 'scripts/test/reporter.ts')}`;
  output = await new Promise((resolve) => {
    const env = { ...process.env, FORPOST_TEST_RESULT: result, NO_COLOR: '1' };
    execFile(process.execPath, [...vitest, reporter], { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  counts = JSON.parse(await readFile(result, 'utf8'));
  await rm(folder, { recursive: true });
});

test('a broken test, a broken hook, a file that does not load, and a skip without a reason count as failed', () => {
  expect(counts).toEqual({ passed: 1, failed: 5, skipped: 4 });
});

test('failures are shown in full', () => {
  expect(output).toMatch(/failed \d\/5: mixed\.test\.mjs › differs/);
  expect(output).toMatch(/-\s+"watts": 4000/);
  expect(output).toMatch(/\+\s+"watts": 5000/);
  expect(output).toMatch(/failed \d\/5: hook\.test\.mjs › a site\n[\s\S]*the broker did not start/);
  expect(output).toMatch(/failed \d\/5: broken\.test\.mjs\n[\s\S]*nowhere\.mjs/);
  expect(output).toMatch(/mixed\.test\.mjs › has none\n +skipped without a reason/);
  expect(output).toMatch(/suite\.test\.mjs › is asked again .*\n +skipped without a reason/);
});

test('every skip is listed with its reason', () => {
  expect(output).toMatch(/skipped: mixed\.test\.mjs › has its reason\n +because there is no camera here/);
  expect(output).toMatch(
    /skipped: hook\.test\.mjs › a site > never gets that far\n +because what comes before it failed/,
  );
  expect(output).toMatch(/skipped: suite\.test\.mjs › outer > inner > answers\n +because FORPOST_SERVER names none/);
  expect(output).toMatch(/skipped: suite\.test\.mjs › the a server .* > is asked\n +because FORPOST_SERVER names none/);
});

test('each file prints one line of progress', () => {
  expect(output).toMatch(/\d\/4 ✗ mixed\.test\.mjs {2}4 tests, 2 skipped, \d+\.\d s · 1 FAILED/);
});
