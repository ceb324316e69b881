import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { classArchive } from './class-archive.ts';
import { ensureKafka } from './download.ts';
import { javaMajor } from './java.ts';
import { startKafka } from './kafka.ts';
import { testClient } from './testing.ts';
import { createTopics } from './topics.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'forpost-kafka-'));
  folders.push(made);
  return made;
}

/** Runs `node main.ts …` until its line on standard output. */
async function runMain(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  return { child, ended, said: JSON.parse(String(line)) };
}

test('the demo’s broker announces itself, keeps its records, and ends with the process that started it', async () => {
  const data = await folder();
  const first = await runMain(['--port', '0', '--data', data]);
  expect(first.said).toMatchObject({ ready: true, brokers: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)] });
  const kept = Array.from({ length: 20 }, (_, i) => ({ topic: `kept-${i}`, numPartitions: 3 }));
  await createTopics(testClient(first.said.brokers), kept);
  first.child.stdin.end();
  expect(await first.ended).toEqual([0, null]);
  expect(() => process.kill(first.said.pid, 0), 'the broker is gone').toThrow();

  const again = await startKafka({ dataFolder: data, port: 0 });
  const after = testClient(again.brokers).admin();
  await after.connect();
  for (const { topic } of kept) expect(await after.fetchTopicOffsets(topic)).toHaveLength(3);
  await after.disconnect();
  await again.stop();
}, 90_000);

test('a broker starts despite an archive of classes that this Java cannot use', async () => {
  const jars = await ensureKafka();
  // beside the jars, because a hard link cannot leave its file system
  const cacheFolder = await mkdtemp(join(dirname(jars), 'other-'));
  folders.push(cacheFolder);
  const copy = join(cacheFolder, basename(jars));
  await mkdir(copy);
  for (const name of await readdir(jars)) if (!name.includes('.jsa')) await link(join(jars, name), join(copy, name));
  await writeFile(classArchive(copy), 'of another Java');
  const kafka = await startKafka({ cacheFolder, dataFolder: await folder(), port: 0 });
  expect(kafka.startMs).toBeGreaterThan(0);
  await kafka.stop();
}, 90_000);

test('a taken port is reported in one line', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { said, ended } = await runMain(['--port', String(port), '--data', await folder()]);
  expect(said).toMatchObject({ ready: false, reason: 'port-taken', message: expect.stringContaining(`:${port}`) });
  expect(await ended).toEqual([1, null]);
  server.close();
}, 90_000);

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "24" 2025-03-18', 24],
  ['command not found', undefined],
])('reads the version of Java from %s', (output, major) => {
  expect(javaMajor(output)).toBe(major);
});
