import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { unless, withoutLinuxRoot } from '../test/harness/unless.ts';

const program = `
import { getPriority } from 'node:os';
const { raisePriority, lowerPriority } = await import(${JSON.stringify(new URL('./priority.ts', import.meta.url).href)});
raisePriority();
const first = getPriority();
lowerPriority();
console.log(JSON.stringify([first, getPriority()]));
`;

/** The tests themselves may run at low priority: `nice npm test`. */
const own = getPriority();

/** Nice values of a process that is started with these words: once after `raisePriority`, once after `lowerPriority`. */
function niceValues(...prefix: readonly string[]): unknown {
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return stdout === '' ? stderr : JSON.parse(stdout);
}

test(
  'it goes first by five from where it was started, and back there when it can wait',
  unless(withoutLinuxRoot),
  () => {
    expect(niceValues('nice', '-n', '10')).toEqual([own + 5, own + 10]);
  },
);

test(
  'without the system’s permission to go first, it keeps the nice value of its start',
  unless(withoutLinuxRoot),
  () => {
    expect(niceValues('setpriv', '--bounding-set', '-sys_nice', 'nice', '-n', '7')).toEqual([own + 7, own + 7]);
  },
);
