/** `npm run -s reference`: writes docs/reference from schemas and code, and names the changed files. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { requireNode } from '@forpost/shared/node-version.ts';
import { referenceFiles, referenceFolder } from './files.ts';

requireNode();
await mkdir(new URL('schemas/', referenceFolder), { recursive: true });
let changed = 0;
for (const [name, text] of Object.entries(await referenceFiles())) {
  const file = new URL(name, referenceFolder);
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
  await writeFile(file, text);
  process.stdout.write(`docs/reference/${name}\n`);
  changed++;
}
process.stdout.write(changed === 0 ? 'docs/reference is up to date\n' : `${changed} files written\n`);
// the described parts hold timers, which would keep the process running
process.exit(0);
