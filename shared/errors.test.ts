import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../test/harness/root.ts';
import { errorCodes } from './errors.ts';

test('every error code is raised somewhere in the code, and has its meaning and remedy in sentences', () => {
  const sources = globSync('{edge,cloud,shared,scripts}/**/*.{ts,mjs}', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/*.test.*', 'shared/errors.ts'],
  }).map((file) => readFileSync(`${root}/${file}`, 'utf8'));
  for (const [code, { means, remedy }] of Object.entries(errorCodes)) {
    expect(
      sources.some((text) => text.includes(code)),
      code,
    ).toBe(true);
    for (const sentence of [means, remedy]) expect(sentence, code).toMatch(/^[A-Z`].*\.$/);
  }
});
