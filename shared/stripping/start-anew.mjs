/**
 * Starts this process anew (execve: same process id, same open files) with what can only be set at a start: prepared
 * code in every thread (stripped.mjs), and limits of memory.
 *
 *   first ── prepare, execve ──► anew (everything is set: `startAnew` comes back at once)
 *     └── the system has no execve ──► goes on as it is, with more memory
 *
 * Always: what somebody has set otherwise, on the command line or in the environment, stays as it is.
 */
import { prepare } from './stripped.mjs';

const preload = new URL('./preload.mjs', import.meta.url).href;

/**
 * A gateway of 50 devices holds some 35 MB of objects. V8 plans for the machine's memory and not for that: left alone
 * it lets garbage grow to several times as much before it looks. `--max-old-space-size` is not only the limit at which
 * a leak ends the process: from it V8 also takes by what factor a heap may grow between two collections.
 */
const gatewayFlags = ['--max-semi-space-size=2', '--max-old-space-size=512'];

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

/** @param {string} flag */
function nameOf(flag) {
  return flag.split('=', 1)[0];
}
