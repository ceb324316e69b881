/** The centre as a process: log-ins and tokens, what a restart keeps, and what happens with a damaged history. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFirstLogin } from '../../cloud/access/users.ts';
import type { CentreView } from '../../cloud/health/schemas.ts';
import { kafkaClient, zstd } from '../../cloud/kafka/client.ts';
import { alertJson } from '../../cloud/notify/testing/recording-channel.ts';
import { eventJson, gatewayStatus } from '../../cloud/testing/events.ts';
import { eventsOf, logIn } from '../harness/centre.ts';
import { writeCentreFile } from '../harness/configuration.ts';
import { TestKafka } from '../harness/kafka.ts';
import { freePorts } from '../harness/ports.ts';
import { root, TestProcess, until } from '../harness/process.ts';

const run = promisify(execFile);
let folder: string;
let data: string;
let file: string;
let base: string;
let kafka: TestKafka;
let channel: Server;
let notified: string[];
let centre: TestProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-centre-access-'));
  data = join(folder, 'centre');
  const [port = 0] = await freePorts(1);
  base = `http://127.0.0.1:${port}`;
  kafka = await TestKafka.start();
  notified = [];
  channel = createServer((request, response) => {
    if (request.method === 'POST') notified.push(String(request.headers['idempotency-key']));
    response.end();
  });
  await new Promise<void>((resolve) => channel.listen(0, '127.0.0.1', resolve));
  const webhook = `http://127.0.0.1:${(channel.address() as AddressInfo).port}/`;
  file = await writeCentreFile(folder, { port, kafka: { brokers: kafka.brokers, development: true }, webhook });
  await start();
});
afterAll(async () => {
  await centre?.stop();
  channel?.close();
  await kafka?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  centre = await TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', file]);
}
const cli = async (...args: string[]) =>
  (await run(process.execPath, ['forpost.mjs', 'cloud', 'user', ...args, '--config', file], { cwd: root })).stdout;
const status = async (cookie: string, path = '/api/v1/centre') =>
  (await fetch(base + path, { headers: { cookie } })).status;
const problems = async (cookie: string) =>
  ((await (await fetch(`${base}/api/v1/centre`, { headers: { cookie } })).json()) as CentreView).problems;

test('the first password stands in no log, and a log-in stays valid when the centre is killed and started again', async () => {
  const first = await readFirstLogin(data);
  expect((await stat(join(data, 'first-password'))).mode & 0o777).toBe(0o600);
  expect(centre?.lines.join('\n')).toContain(join(data, 'first-password'));
  expect(centre?.lines.join('\n')).not.toContain(first?.password);
  const cookie = await logIn(base, 'admin', first?.password ?? '');
  await centre?.kill();
  await start();
  expect(await status(cookie)).toBe(200);
  expect((await fetch(`${base}/metrics`)).status).toBe(401);
  const token = (await readFile(join(data, 'metrics-token'), 'utf8')).trim();
  expect((await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
});

test('users are added, changed and removed while the centre runs, and their open sessions and streams end', async () => {
  const password = /wall \(viewer\): (\S+)/.exec(await cli('add', 'wall', '--role', 'viewer'))?.[1] ?? '';
  const wall = await logIn(base, 'wall', password);
  expect(await status(wall)).toBe(200);
  const order = {
    method: 'POST',
    headers: { cookie: wall, 'content-type': 'application/json' },
    body: '{"kind":"ping"}',
  };
  expect((await fetch(`${base}/api/v1/gateways/gw-1/commands`, order)).status).toBe(403);

  const admin = await logIn(base, 'admin', (await readFirstLogin(data))?.password ?? '');
  const stream = await fetch(`${base}/api/v1/stream`, { headers: { cookie: admin } });
  const ended = (async () => {
    for await (const _ of stream.body ?? []) void _;
  })();
  const changed = spawnSync(
    process.execPath,
    ['forpost.mjs', 'cloud', 'user', 'password', 'admin', '--stdin', '--config', file],
    { cwd: root, input: 'a password of my own\n', encoding: 'utf8' },
  );
  expect(changed.stdout).toContain('admin: the new password counts at once');
  await ended;
  expect(await status(admin)).toBe(401);
  expect(await status(wall)).toBe(200);
  await logIn(base, 'admin', 'a password of my own');
  expect(await readFirstLogin(data)).toBeUndefined();
  await cli('remove', 'wall');
  await until('the viewer is logged out', async () => (await status(wall)) === 401);
  expect(await cli('list')).toBe('admin\toperator\n');
});

test('a gateway’s token is made and taken back without a restart, and both apply at once', async () => {
  const gateway = async (...args: string[]) =>
    (await run(process.execPath, ['forpost.mjs', 'cloud', 'gateway', ...args, '--config', file], { cwd: root })).stdout;
  const send = async (token: string) =>
    (
      await fetch(`${base}/ingest/v1/status`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{}',
      })
    ).status;
  const printed = await gateway('token', 'barn');
  expect(printed).toMatch(/reads its file again: the change counts now/);
  const token = /^barn: (\S+)/.exec(printed)?.[1] ?? '';
  await until('the token is accepted', async () => (await send(token)) === 400);
  expect(await gateway('list')).toBe('barn\ttoken\n');
  await gateway('refuse', 'barn');
  await until('the gateway is refused', async () => (await send(token)) === 403);
  await gateway('remove', 'barn');
  await until('the token is no longer accepted', async () => (await send(token)) === 401);
});

test('a second centre on the same data folder ends with one line that names the first centre’s process', async () => {
  const second = await run(process.execPath, ['forpost.mjs', 'cloud', '--config', file], { cwd: root }).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  );
  expect(second.trim()).toMatch(/^the data folder \S+ cannot be used: process \d+ has it open/);
});

test('with a damaged history the centre starts and says so, fills a new history from Kafka, and notifies nobody again', async () => {
  const cookie = await logIn(base, 'admin', 'a password of my own');
  const api = {
    api: async <T>(path: string) => (await (await fetch(base + path, { headers: { cookie } })).json()) as T,
  };
  const client = kafkaClient({ brokers: kafka.brokers }, 'test', silentLogger());
  const producer = client.producer();
  await producer.connect();
  const write = (name: string, values: readonly string[]) =>
    producer.send({
      topic: `forpost.${name}`,
      messages: values.map((value) => ({ key: 'gw-1', value, partition: partitionOf('gw-1', 3) })),
      acks: -1,
      compression: zstd,
    });
  await write(
    'telemetry',
    Array.from({ length: 50 }, (_, i) => eventJson(i + 1)),
  );
  await write('alerts', [alertJson(1, {}, { received: Date.now() })]);
  const all = async () => (await eventsOf(api, '')).map(({ id }) => id).sort();
  await until('everything is stored', async () => (await all()).length === 51);
  await until('the alert was notified', async () => notified.length === 1);
  const before = await all();
  const alarm = async () =>
    (
      (await api.api('/api/v1/alarms')) as {
        alarms: { alarm: string; acknowledged: boolean; acknowledged_by?: string }[];
      }
    ).alarms.find((one) => one.alarm === 'alarm-1');
  await write('status', [JSON.stringify(gatewayStatus())]);
  await until('the gateway is known', async () => {
    const response = await fetch(`${base}/api/v1/gateways/gw-1/commands`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'acknowledge', arguments: { alarm: 'alarm-1' } }),
    });
    return response.ok;
  });
  expect(await alarm()).toMatchObject({ acknowledged: true, acknowledged_by: 'admin' });
  await centre?.stop();

  const database = join(data, 'history', 'metadata', 'forpost');
  const definitions = (await readdir(database)).filter((name) => name.endsWith('.sql'));
  await writeFile(join(database, definitions[0] ?? ''), '');
  await start();
  expect((await problems(cookie)).join()).toMatch(
    /the history in \S+ is damaged and cannot be opened.*put aside to \S+history\.damaged-.*filled again with what Kafka still holds/,
  );
  await until('what Kafka holds is stored again', async () => (await all()).length === 51);
  expect(await all()).toEqual(before);
  // acknowledgements of people stand in the operations topic
  expect(await alarm()).toMatchObject({ acknowledged: true, acknowledged_by: 'admin' });
  await write('alerts', [alertJson(2, {}, { received: Date.now() })]);
  await until('the next alert was notified', async () => notified.length >= 2);
  expect(notified).toHaveLength(2);
  // a restart fills nothing again, and shows the problem until the damaged folder is gone
  await centre?.kill();
  await start();
  expect((await problems(cookie)).join()).toContain('put aside to');
  const [aside = ''] = (await readdir(data)).filter((name) => name.startsWith('history.damaged-'));
  await rm(join(data, aside), { recursive: true });
  await centre?.stop();
  await start();
  expect((await problems(cookie)).join()).not.toContain('put aside');
  await producer.disconnect();
});
