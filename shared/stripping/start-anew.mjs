/**
 * Starts this process anew (execve: same process id, same open files) with what can only be set at a start: prepared
 * code in every thread (stripped.mjs), and limits of memory.
 *
 *   first ── prepare, execve ──► anew (everything is set: `startAnew` comes back at once)
 *     └── the system has no execve ──► goes on as it is, with more memory
 *
 * Always: what somebody has set otherwise, on the command line or in the environment, stays as it is.
 */
import { setFlagsFromString } from 'node:v8';
import { prepare } from './stripped.mjs';

const preload = new URL('./preload.mjs', import.meta.url).href;

/**
 * Young objects' room, MB (one of its halves). The thread that talks MQTT makes most of them: with 8 instead of 2 it
 * acknowledges 15 to 40 % more, for 10 MB; the outbox's and the uplink's threads hardly gain (`modestThreads`).
 */
const mainSemiSpaceMb = 8;
const threadSemiSpaceMb = 2;

/**
 * A gateway of 50 devices holds some 35 MB of objects. V8 plans for the machine's memory and not for that: left alone
 * it lets garbage grow to several times as much before it looks. `--max-old-space-size` is not only the limit at which
 * a leak ends the process: from it V8 also takes by what factor a heap may grow between two collections.
 *
 * The room between the heap and that limit is then no larger than the one for young objects, and V8 takes that alone for
 * a reason to collect the whole heap: each 300 ms at 150 alerts a second, 5 to 10 ms each. `--incremental-marking-soft-trigger`
 * has it wait until 40 % of that room is used.
 */
const gatewayFlags = [
  `--max-semi-space-size=${mainSemiSpaceMb}`,
  '--max-old-space-size=512',
  '--incremental-marking-soft-trigger=40',
];

/** glibc: one arena for all threads, and memory is given back early instead of kept for later. Others ignore it. */
const gatewayEnvironment = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '65536' };

/** @param {'gateway' | 'cloud'} command */
export async function startAnew(command) {
  const isGateway = command === 'gateway';
  const nodeOptions = process.env.NODE_OPTIONS ?? '';
  const given = [...process.execArgv, ...nodeOptions.split(' ')].map(nameOf);
  const flags = isGateway ? gatewayFlags.filter((flag) => !given.includes(nameOf(flag))) : [];
  const isPreloaded = nodeOptions.includes(preload);
  if (isPreloaded && flags.length === 0) return;
  const { problem } = prepare();
  if (problem !== undefined)
    process.stderr.write(
      `forpost: cannot keep its prepared code (${problem}): it goes on, with some 40 MB more. "forpost prepare", run by whoever owns the installation, mends that.\n`,
    );
  const environment = {
    ...(isGateway ? gatewayEnvironment : {}),
    ...process.env,
    NODE_OPTIONS: isPreloaded ? nodeOptions : `${nodeOptions} --import ${preload}`.trim(),
  };
  const args = [process.execPath, ...process.execArgv, ...flags, ...process.argv.slice(1)];
  try {
    process.execve(process.execPath, args, environment);
  } catch {
    // not on this system
    await import('./preload.mjs');
  }
}

/** For the threads that are started from now on; what somebody has set otherwise stays for them too. */
export function modestThreads() {
  if (process.execArgv.includes(gatewayFlags[0] ?? ''))
    setFlagsFromString(`--max-semi-space-size=${threadSemiSpaceMb}`);
}

/** @param {string} flag */
function nameOf(flag) {
  return flag.split('=', 1)[0];
}
