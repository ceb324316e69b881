/**
 * Starts this process anew (execve: same process id, same open files) with settings that only a start can set: prepared
 * code in every thread (stripped.mjs), and limits of memory.
 *
 *   first ── prepare, execve ──► anew (everything is set: `startAnew` returns at once)
 *     └── the system has no execve ──► continues unchanged, with more memory
 *
 * Always: settings on the command line or in the environment stay as somebody set them.
 */
import { setFlagsFromString } from 'node:v8';
import { prepare } from './stripped.mjs';

const preload = new URL('./preload.mjs', import.meta.url).href;

/**
 * Space for young objects, MB (one of its halves). The thread that speaks MQTT makes most of them: with 8 instead of 2 it
 * acknowledges 15 to 40 % more, for 10 MB; the threads of outbox and uplink hardly gain (`modestThreads`).
 */
const mainSemiSpaceMb = 8;
const threadSemiSpaceMb = 2;

/**
 * A gateway of 50 devices holds some 35 MB of objects. V8 plans by the machine's memory: by default it lets garbage grow to
 * several times as much before it collects. `--max-old-space-size` sets the limit at which a leak ends the process, and also
 * the factor by which a heap may grow between two collections.
 *
 * The heap's room to grow until the next collection is then no larger than the space for young objects. This alone
 * makes V8 collect the whole heap: every 300 ms at 150 alerts a second, 5 to 10 ms each.
 * `--incremental-marking-soft-trigger` makes V8 wait until 40 % of that room is used.
 */
const gatewayFlags = [
  `--max-semi-space-size=${mainSemiSpaceMb}`,
  '--max-old-space-size=512',
  '--incremental-marking-soft-trigger=40',
];

/** glibc: one arena for all threads, and free memory returns to the system early. Other libraries ignore it. */
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
      `forpost: cannot store its prepared code (${problem}): it runs without, with some 40 MB more memory. To correct that, the owner of the installation runs "forpost prepare".\n`,
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

/** For threads that start from now on; settings of others stay for them too. */
export function modestThreads() {
  if (process.execArgv.includes(gatewayFlags[0] ?? ''))
    setFlagsFromString(`--max-semi-space-size=${threadSemiSpaceMb}`);
}

/** @param {string} flag */
function nameOf(flag) {
  return flag.split('=', 1)[0];
}
