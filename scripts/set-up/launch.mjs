// Sets the machine up with the system's Node, then runs a TypeScript entry point on Node 24 and passes signals and the
// exit status on.
//
// Always: one Ctrl-C gives the child one signal, although the terminal and npm send one each; a second Ctrl-C gives it
// a second; when this process ends, the child's standard input closes and the child stops.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root, SetUpError, setUp } from '../set-up.mjs';

/** The terminal's SIGINT and npm's copy of it arrive this close together; a person's second Ctrl-C comes later. */
const sameKeypressMs = 400;

/** Runs `entry`. `purpose`: 'start' | 'test'. Ends this process with the child's status. */
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
  // In its own process group: a Ctrl-C at the terminal reaches this process alone.
  const child = spawn(ready.node, [join(root, entry), ...args], {
    cwd: root,
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  child.stdin.on('error', () => {}); // the child ended; its exit status says why
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      const now = performance.now();
      if (now - last > sameKeypressMs) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      last = now;
    });
  child.once('error', (error) => {
    process.stderr.write(`cannot run ${ready.node}: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
