// Runs a TypeScript entry point on Node 24: on this Node where it is new enough, else on the one that the project's
// dependency `node@24` brought. Plain JavaScript, so that any Node reaches the line that says what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;
const [entry, ...args] = process.argv.slice(2);
const bundled = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const tooOld = Number.parseInt(process.versions.node, 10) < oldestNode;
if (tooOld && !existsSync(bundled)) {
  process.stderr.write(
    `forpost needs Node ${oldestNode} or newer, and this is ${process.versions.node}: run "npm start" or "npm test" once, which bring their own.\n`,
  );
  process.exit(1);
}
const child = spawn(tooOld ? bundled : process.execPath, [entry, ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
