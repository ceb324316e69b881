/** shared/files.ts writes durable files and syncs their folders; other writers are listed here with a reason. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../harness/root.ts';

const naming =
  /\b(rename|renameSync|link|linkSync|writeFile|writeFileSync|appendFile|appendFileSync|copyFile|copyFileSync|cp|cpSync|createWriteStream)\b/;

/** Files that create names on disk without shared/files.ts, and why a power cut loses nothing there. */
const excepted: Readonly<Record<string, string>> = {
  'edge/vision/process/picture.ts': 'a live picture is replaced twice a second, and gone with the process',
  'edge/vision/models.ts': 'the download of a model: the finished file is moved by shared/files.ts',
  'edge/outbox/sqlite/writer/opening.ts': 'the new outbox syncs the folder with its first log',
  'edge/outbox/sqlite/writer/writer-disk.ts': 'syncs the folder itself; a rescue that a power cut ends goes on',
  'edge/backup/restore-folder.ts': 'the old folder is renamed aside; the rename of the restored one syncs their parent',
  'shared/stripping/stripped.mjs': 'prepared code is made again',
  'cloud/web/vite.config.ts': 'the build of the page',
};

test('every file that must survive a power cut is written by shared/files.ts, which syncs its folder', () => {
  const sources = globSync('{edge,cloud,shared}/**/*.{ts,mjs}', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/testing/**', '**/*.test.*', 'shared/files/**'],
  });
  const writers = sources.filter((file) => {
    const imports = [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(/import \{([^}]*)\} from 'node:fs(\/promises)?'/g),
    ];
    return imports.some(([, names = '']) => naming.test(names));
  });
  expect(sources.length).toBeGreaterThan(500);
  expect(writers.toSorted()).toEqual(Object.keys(excepted).toSorted());
});
