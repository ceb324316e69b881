/** Which modules of the page come before its first paint. */
import { expect, test } from 'vitest';
import { modulesBefore } from './page-modules.ts';

const importMap = { lit: '/vendor/lit/index.js', 'lit/': '/vendor/lit/', '@forpost/shared/texts/': '/texts/' };

function modulesOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return modulesBefore(['/page/main.ts'], importMap, async (path) => files[path]);
}

test('the modules that are imported on the way to the first paint come with the page', async () => {
  const found = await modulesOf({
    '/page/main.ts': `import { html } from 'lit';\nimport './parts/a.ts';\nexport { b } from '../page/b.ts';`,
    '/page/parts/a.ts': `import {\n  type Words,\n  words,\n} from '@forpost/shared/texts/words.ts';\nimport '../main.ts';`,
    '/page/b.ts': `import { repeat } from 'lit/directives/repeat.js';`,
    '/texts/words.ts': '',
    '/vendor/lit/index.js': 'import"./core.js";export*from"lit/async.js";',
    '/vendor/lit/core.js': '',
    '/vendor/lit/async.js': '',
    '/vendor/lit/directives/repeat.js': '',
  });
  expect(found.toSorted()).toEqual([
    '/page/b.ts',
    '/page/main.ts',
    '/page/parts/a.ts',
    '/texts/words.ts',
    '/vendor/lit/async.js',
    '/vendor/lit/core.js',
    '/vendor/lit/directives/repeat.js',
    '/vendor/lit/index.js',
  ]);
});

test('modules that the page loads later, types, and files that are not served do not come with the page', async () => {
  const found = await modulesOf({
    '/page/main.ts': `import type { View } from './view.ts';\nexport type { Other } from './other.ts';
      import { gone } from './gone.ts';\nconst load = () => import('./set-up/areas.ts');`,
    '/page/view.ts': '',
    '/page/other.ts': '',
    '/page/set-up/areas.ts': '',
  });
  expect(found).toEqual(['/page/main.ts']);
});
