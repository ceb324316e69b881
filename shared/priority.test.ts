import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const program = `
import { getPriority } from 'node:os';
const { goFirst, goAsGiven } = await import(${JSON.stringify(new URL('./priority.ts', import.meta.url).href)});
goFirst();
const first = getPriority();
goAsGiven();
console.log(JSON.stringify([first, getPriority()]));
`;

/** Nice values of a process that is started by these words: once it goes first, and once it can wait again. */
function niceValues(...prefix: readonly string[]): unknown {
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return stdout === '' ? stderr : JSON.parse(stdout);
}

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

test.skipIf(!isLinuxRoot)('it goes first by five from where it was started, and back there when it can wait', () => {
  expect(niceValues('nice', '-n', '10')).toEqual([5, 10]);
});

test.skipIf(!isLinuxRoot)('where the system does not let it go first, it stays where it was started', () => {
  expect(niceValues('setpriv', '--bounding-set', '-sys_nice', 'nice', '-n', '7')).toEqual([7, 7]);
});
