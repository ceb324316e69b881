/**
 * Loaded into the gateway (NODE_OPTIONS --import): measures the processor time of its main thread between two looks at its
 * timers. An alert in a busy gateway waits for this, and no other process changes it. SIGUSR2 prints the measurements since
 * the last one, as one line of JSON on standard error.
 */
import { isMainThread } from 'node:worker_threads';

const everyMs = 1;

if (isMainThread && process.argv.includes('gateway')) {
  let turns = [];
  let asked = 0;
  let before = used();
  setInterval(() => {
    const now = used();
    turns.push(now - before);
    before = now;
  }, everyMs).unref();
  process.on('SIGUSR2', () => {
    turns.sort((a, b) => a - b);
    const at = (share) => turns[Math.min(turns.length - 1, Math.floor(share * turns.length))] ?? 0;
    process.stderr.write(
      `${JSON.stringify({ asked: ++asked, turns: turns.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: turns.at(-1) ?? 0, heapMb: heapMb() })}\n`,
    );
    turns = [];
  });
}

function used() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The heap after a garbage collection, if the gateway was started with access to one. */
function heapMb() {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
