/** Prints every forbidden import; ends with 1 when there is one. */
import { root } from '../test/steps.ts';
import { checkLayers } from './check.ts';

const { files, problems } = await checkLayers(root);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${files} files, ${problems.length} forbidden imports\n`);
process.exit(problems.length > 0 || files === 0 ? 1 : 0);
