// The raw limit of memory for comparison: Node, the broker library and two idle threads, without any of Forpost.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { Aedes } from 'aedes';

const idle = "require('node:worker_threads').parentPort.on('message', () => {})";
for (let n = 0; n < 2; n++) await once(new Worker(idle, { eval: true }), 'online');
const broker = await Aedes.createBroker();
createServer(broker.handle).listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.stdout.write('{"ready":{}}\n');
});
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();
