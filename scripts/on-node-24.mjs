// Runs a TypeScript entry point on Node 24: on the present Node when it is new enough, else on the one of the
// dependency `node@24`. Plain JavaScript, so that any Node can print the message below.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;
const [entry, ...args] = process.argv.slice(2);
const bundled = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const tooOld = Number.parseInt(process.versions.node, 10) < oldestNode;
if (tooOld && !existsSync(bundled)) {
  process.stderr.write(
    `forpost needs Node ${oldestNode} or newer; this is Node ${process.versions.node}. Run "npm start" or "npm test" once: they bring Node ${oldestNode}.\n`,
  );
  process.exit(1);
}
const child = spawn(tooOld ? bundled : process.execPath, [entry, ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
