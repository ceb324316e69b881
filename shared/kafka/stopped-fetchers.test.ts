import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const runnerFile = createRequire(import.meta.url).resolve('kafkajs/src/consumer/runner');
const own = new URL('./stopped-fetchers.ts', import.meta.url).href;

/** Stops a kafkajs consumer while a broker goes, in a process of its own, because that process may hang for ever. */
const program = (mended: boolean) => `
import { createRequire } from 'node:module';
${mended ? `(await import(${JSON.stringify(own)})).endStoppedFetchers(${JSON.stringify(import.meta.url)});` : ''}
const Runner = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(runnerFile)});
const logger = { namespace: () => logger, debug() {}, info() {}, warn() {}, error() {} };
const pause = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
let brokers = ['1', '2', '3'];
const consumerGroup = {
  groupId: 'g', memberId: 'm', isLeader: () => false, getNodeIds: () => brokers,
  connect: async () => {}, joinAndSync: async () => {}, leave: async () => {}, heartbeat: async () => {},
  fetch: async (broker) => { await pause(broker === '1' ? 10 : 200); return []; },
};
const runner = new Runner({
  logger, consumerGroup, instrumentationEmitter: { emit() {} }, concurrency: 1, heartbeatInterval: 10,
  retry: { retries: 2, initialRetryTime: 10 }, onCrash() {}, autoCommit: false,
});
await runner.start();
await pause(50);
brokers = ['1', '2'];
// the first fetcher fails at once, and kafkajs waits for the others
await pause(50);
void runner.stop();
await pause(600);
console.log('alive');
process.exit(0);
`;

function comesBack(mended: boolean, withinMs: number): boolean {
  const args = ['--input-type=module', '-e', program(mended)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: withinMs });
  if (stderr !== '') throw new Error(stderr);
  return stdout.includes('alive');
}

test('a consumer that stops while the brokers change does not block its thread', () => {
  expect(comesBack(true, 20_000)).toBe(true);
});

test('kafkajs alone would block it: if this test fails, kafkajs has been fixed', () => {
  // on a busy machine the fetchers may happen to end in time
  const tries = [1, 2, 3];
  expect(tries.some(() => !comesBack(false, 3_000))).toBe(true);
});
