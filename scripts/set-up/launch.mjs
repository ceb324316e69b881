// From the system's Node to the project's: sets up, then runs a TypeScript entry point on Node 24 and passes on what
// people and supervisors want of it.
//
// Always: one Ctrl-C is one signal to the child, although the terminal and npm both send one; a second one is passed
// on as a second one; when this process is gone, the child's standard input closes and it stops.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root, SetUpError, setUp } from '../set-up.mjs';

/** The terminal's SIGINT and npm's own copy of it are this close together; a person's second Ctrl-C is not. */
const sameKeypressMs = 400;

/** `purpose`: 'start' | 'test'. Ends this process with the child's status. */
export async function launch(purpose, entry, args) {
  if (purpose === 'start' && (args.includes('--help') || args.includes('-h'))) {
    process.stdout.write(readFileSync(join(root, 'scripts/demo/help.txt'), 'utf8'));
    return;
  }
  const kafka = args.includes('--no-kafka') ? 'none' : process.env.FORPOST_KAFKA === undefined ? 'own' : 'existing';
  const camera = !args.includes('--no-camera');
  const begun = Date.now();
  let ready;
  try {
    ready = await setUp(purpose, { kafka, camera });
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  const env = { ...process.env, FORPOST_STOP_WITH_PARENT: '1', FORPOST_STARTED_AT: String(begun) };
  if (ready.withoutKafka !== undefined) {
    env.FORPOST_WITHOUT_KAFKA = ready.withoutKafka;
    if (purpose === 'test') process.stderr.write(`Tests that need Kafka will fail: ${ready.withoutKafka}\n`);
  }
  if (ready.withoutCamera !== undefined) env.FORPOST_WITHOUT_CAMERA = ready.withoutCamera;
  // in a process group of its own: a Ctrl-C at the terminal reaches this process, and only it
  const child = spawn(ready.node, [join(root, entry), ...args], {
    cwd: root,
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  child.stdin.on('error', () => {}); // it ended: its status says so
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      const now = performance.now();
      if (now - last > sameKeypressMs) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      last = now;
    });
  child.once('error', (error) => {
    process.stderr.write(`${ready.node} could not be run: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
