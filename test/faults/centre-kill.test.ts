/**
 * The centre under kill -9 during ingest, with a Kafka that is down, hangs or comes back, and on a folder that another centre
 * holds. A simulated gateway writes to the real Kafka as a real one would, with repeats.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { Producer } from 'kafkajs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFirstLogin } from '../../cloud/access/users.ts';
import type { CentreView } from '../../cloud/health/schemas.ts';
import { kafkaClient, zstd } from '../../cloud/kafka/client.ts';
import type { LedgerView } from '../../cloud/ledger/schemas.ts';
import { alertJson } from '../../cloud/notify/testing/recording-channel.ts';
import { eventJson, gatewayStatus } from '../../cloud/testing/events.ts';
import { testClient } from '../../scripts/kafka/testing.ts';
import { leadersReady, servesAgain } from '../../scripts/kafka/topics.ts';
import { partitionOf } from '../../shared/event/topics.ts';
import { silentLogger } from '../../shared/logging.ts';
import { launchBrowser, withoutCentrePage } from '../harness/browser.ts';
import { freePorts } from '../harness/ports.ts';
import { root, TestProcess, until } from '../harness/process.ts';
import { logIn, TestKafka } from '../harness/site.ts';

const releasers = new Releasers();
let folder: string;
let kafka: TestKafka;
let configFile: string;
let config: object;
let base: string;
let password = '';
let cookie = '';
let centre: TestProcess | undefined;
/** notifications that people got: ids in order of arrival, with their keys */
const notified: { readonly id: string; readonly key: string; readonly at: number }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-centre-'));
  releasers.add('folder', () => rm(folder, { recursive: true }));
  kafka = await TestKafka.start();
  releasers.add('kafka', () => kafka.remove());
  const desk: Server = createServer(async (request, response) => {
    const { id } = JSON.parse(await text(request)) as { id: string };
    notified.push({ id, key: String(request.headers['idempotency-key']), at: performance.now() });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  releasers.add('desk', () => new Promise<void>((resolve) => desk.close(() => resolve())));
  const [port = 0] = await freePorts(1);
  base = `http://127.0.0.1:${port}`;
  configFile = join(folder, 'cloud.yaml');
  const url = `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`;
  config = {
    data: 'centre',
    http: { port },
    kafka: { brokers: kafka.brokers, development: true },
    notify: [{ id: 'desk', kind: 'webhook', url }],
  };
  await writeFile(configFile, stringify(config));
  releasers.add('centre', async () => centre?.stop());
});
afterAll(() => releasers.releaseAll((name, problem) => process.stderr.write(`${name}: ${problem}\n`)));

async function startCentre(): Promise<void> {
  centre = await TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', configFile]);
  const said = centre.lines.filter((line) => line.startsWith('log-in: '));
  expect(said).toHaveLength(password === '' ? 1 : 0);
  password = (await readFirstLogin(join(folder, 'centre')))?.password ?? '';
  expect(said.join()).not.toContain(password);
  cookie = await logIn(base, 'admin', password);
}

async function api<T>(path: string): Promise<T> {
  const answer = await fetch(base + path, { headers: { cookie } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const ledger = () => api<LedgerView>('/api/v1/gateways/gw-1/ledger');
const partition = partitionOf('gw-1', 3);
/** number of the newest alert that the tests have sent */
let lastAlert = 0;

async function write(producer: Producer, name: string, values: readonly (string | null)[]): Promise<void> {
  const messages = values.map((value) => ({ key: 'gw-1', value, partition }));
  await producer.send({ topic: `forpost.${name}`, messages, acks: -1, compression: zstd });
}

const span = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

async function historyIds(): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const page = await api<{ events: { id: string }[]; cursor?: string }>(`/api/v1/events?limit=1000${cursor}`);
    ids.push(...page.events.map(({ id }) => id));
    cursor = page.cursor === undefined ? '' : `&cursor=${page.cursor}`;
  } while (cursor !== '');
  return ids;
}

const kills = 4;
const batches = 120;
const batchSize = 50;

test('after many kills during ingest each event is in the history once, none counts as missing, and all alerts are notified', async () => {
  await startCentre();
  const client = kafkaClient(kafka, 'test', silentLogger());
  await leadersReady(client, ['forpost.telemetry', 'forpost.alerts', 'forpost.status']);
  const producer = client.producer({ idempotent: false });
  await producer.connect();
  releasers.add('producer', () => producer.disconnect());

  const lanes = (telemetry: number, alerts: number) =>
    [
      { epoch: 'e1', lane: 'telemetry', assigned: telemetry, acknowledged: telemetry, bytes: 0 },
      { epoch: 'e1', lane: 'alerts', assigned: alerts, acknowledged: alerts, bytes: 0 },
    ] as never;
  const wasMissing: LedgerView[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      const now = await ledger().catch(() => undefined);
      if (now !== undefined && now.missing > 0) wasMissing.push(now);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();

  const killing = (async () => {
    for (let i = 0; i < kills; i++) {
      await new Promise((resolve) => setTimeout(resolve, randomInt(300, 1500)));
      await centre?.kill();
      await startCentre();
    }
  })();
  let alerts = 0;
  for (let batch = 0; batch < batches; batch++) {
    const from = batch * batchSize + 1;
    const values = span(from, batchSize).map((n) => eventJson(n));
    // an abandoned producer's batch lands again, partly late; a gateway goes back to its cursor
    if (batch % 3 === 0) values.push(...span(Math.max(1, from - 70), 60).map((n) => eventJson(n)));
    if (batch % 7 === 0) await write(producer, 'telemetry', values.slice(20));
    await write(producer, 'telemetry', values);
    if (batch % 4 === 0) {
      alerts++;
      const alert = alertJson(alerts, { severity: 'critical' }, { received: Date.now() });
      await write(producer, 'alerts', [alert, alert]);
    }
    const status = gatewayStatus({ counter: batch + 1, lanes: lanes(from + batchSize - 1, alerts) });
    await write(producer, 'status', [JSON.stringify(status)]);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await killing;
  const assigned = batches * batchSize;
  await until('everything is in the history', async () => (await ledger()).received === assigned + alerts, 60_000);
  await until('nothing is in doubt any more', async () => (await ledger()).waiting === 0);
  over = true;
  await watching;
  expect(wasMissing).toEqual([]);
  expect(await ledger()).toMatchObject({ assigned: assigned + alerts, missing: 0, shed: 0 });
  const ids = await historyIds();
  expect(ids).toHaveLength(assigned + alerts);
  expect(new Set(ids).size).toBe(ids.length);

  const wanted = span(1, alerts).map((n) => `gw-1/e1/alerts/${n}`);
  await until(
    'every alert has been notified',
    () => wanted.every((id) => notified.some((one) => one.id === id)),
    20_000,
  );
  for (const { id, key } of notified) expect(key).toBe(id);
});

test('an alert from the centre’s absence is notified within 5 s of its start', async () => {
  const producer = kafkaClient(kafka, 'test', silentLogger()).producer({ idempotent: false });
  await producer.connect();
  releasers.add('producer', () => producer.disconnect());
  const restart = async (sequence: number) => {
    await write(producer, 'alerts', [alertJson(sequence, { severity: 'critical' }, { received: Date.now() })]);
    await startCentre();
    const ready = performance.now();
    const found = await until('the alert is notified', () =>
      notified.find(({ id }) => id === `gw-1/e1/alerts/${sequence}`),
    );
    return found.at - ready;
  };
  let sequence = 9_000;
  /** One of three restarts must be in time: the machine may be busy. */
  const soonest = async (end: () => Promise<void> | undefined, withinMs: number) => {
    const tookMs: number[] = [];
    while (tookMs.length < 3 && !tookMs.some((ms) => ms < withinMs)) {
      await until('the notifier reads', async () => (await api<CentreView>('/api/v1/centre')).notifier.connected);
      await end();
      tookMs.push(await restart(++sequence));
    }
    lastAlert = sequence;
    return Math.min(...tookMs);
  };
  const stoppedMs = await soonest(() => centre?.stop(), 5_000);
  // the broker keeps a killed centre's place in the group for 6 s, the shortest that a client may ask for
  const killedMs = await soonest(() => centre?.kill(), 7_000);
  console.log(
    `notified ${stoppedMs.toFixed(0)} ms after the start that followed a stop, ${killedMs.toFixed(0)} ms after a kill`,
  );
  expect(stoppedMs).toBeLessThan(5_000);
  expect(killedMs).toBeLessThan(7_000);
});

test('records that cannot be processed are shown to staff with the reason, also other content under a known id after a restart', async () => {
  await centre?.stop();
  await startCentre();
  const producer = kafkaClient(kafka, 'test', silentLogger()).producer({ idempotent: false });
  await producer.connect();
  releasers.add('producer', () => producer.disconnect());
  // ingest first counts what earlier tests sent
  await until('ingest has caught up', async () => (await historyIds()).includes(`gw-1/e1/alerts/${lastAlert}`));
  const before = (await ledger()).received;
  const deep = eventJson(9_001).replace(/"data":.*$/, `"data":${'['.repeat(300_000)}${']'.repeat(300_000)}}`);
  const far = eventJson(9_001).replaceAll('9001', '9999999999999999');
  const poison = ['{', null, eventJson(5, { gateway: 'gw-2' }), deep, far, eventJson(5, { power: -1 })];
  await write(producer, 'telemetry', poison);
  await write(producer, 'status', ['{"gateway":"gw-1"}']);
  const { problems, dead_letters: letters } = await until('the page shows all of them', async () => {
    const view = await api<CentreView>('/api/v1/centre');
    return view.dead_letters.count === poison.length + 1 ? view : undefined;
  });
  const conflict = expect.stringMatching(/^two gateways may run as "gw-1".* gw-1\/e1\/telemetry\/5: /);
  expect(problems).toEqual([
    conflict,
    expect.stringMatching(/^7 records could not be processed since the centre started/),
  ]);
  expect(letters.recent.map(({ reason }) => reason).sort()).toEqual([
    expect.stringContaining('an event with this id and other content is stored already'),
    expect.stringContaining('it is nested more than 100 deep'),
    expect.stringContaining('not JSON'),
    expect.stringContaining('sequence is not from 1 to 2^53 - 1'),
    expect.stringContaining('the key "gw-1" is not the gateway "gw-2"'),
    expect.stringContaining('the record is empty'),
    expect.stringContaining('the status must have required properties'),
  ]);
  expect((await ledger()).received).toBe(before);

  await centre?.kill();
  await startCentre();
  // a centre killed before that write reads the record from Kafka again
  await until('the page shows the conflict again', async () =>
    (await api<CentreView>('/api/v1/centre')).problems.some((problem) => conflict.asymmetricMatch(problem)),
  );
});

test('a second centre on the same folder refuses in one line', async () => {
  const [port = 0] = await freePorts(1);
  const other = join(folder, 'other.yaml');
  await writeFile(other, stringify({ data: 'centre', http: { port } }));
  const child = spawn(process.execPath, ['forpost.mjs', 'cloud', '--config', other], { cwd: root });
  const [said, out, code] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    new Promise((resolve) => child.once('exit', resolve)),
  ]);
  expect(code).toBe(1);
  expect(said.trim().split('\n')).toEqual([expect.stringContaining(`process ${centre?.pid} has it open`)]);
  expect(out).not.toContain('log-in:');
  expect(await ledger()).toMatchObject({ gateway: 'gw-1' });
});

/** The centre's page as staff see it; undefined without a browser or a built page. */
async function openPage(): Promise<Page | undefined> {
  if (withoutCentrePage !== undefined) {
    console.log(`the page is not looked at: ${withoutCentrePage}`);
    return undefined;
  }
  const browser = await launchBrowser();
  releasers.add('browser', () => browser.close());
  const page = await browser.newPage();
  await page.goto(base);
  await page.locator('input[name=user]').fill('admin');
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  return page;
}

test('an unreachable Kafka, even at the start, is shown to staff and found again; a hanging Kafka does not delay a stop', async () => {
  await kafka.kill();
  const centreView = () => api<CentreView>('/api/v1/centre');
  const away = await until('the centre says so', async () => {
    const view = await centreView();
    return view.ingest.connected ? undefined : view;
  });
  expect(away.problems).toContainEqual(expect.stringMatching(/^Kafka: /));
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
  await centre?.stop();
  await startCentre();
  await until('the reason is known', async () =>
    (await centreView()).problems.some((text) => text.includes('ECONNREFUSED')),
  );
  const page = await openPage();
  await page
    ?.getByText(/^Kafka: .*ECONNREFUSED/)
    .first()
    .waitFor();
  await kafka.start();
  await page
    ?.getByText(/^Kafka: /)
    .first()
    .waitFor({ state: 'detached' });
  await until(
    'Kafka is found again',
    async () => (await centreView()).ingest.connected && (await centreView()).notifier.connected,
  );
  kafka.freeze();
  try {
    await until('the page shows that Kafka is silent', async () => !(await centreView()).ingest.connected);
    const begun = performance.now();
    await centre?.stop(30_000);
    expect(centre?.exitCode).toBe(0);
    expect(performance.now() - begun).toBeLessThan(6_000);
  } finally {
    kafka.thaw();
    await servesAgain(testClient(kafka.brokers));
  }
});

test('a history server that cannot be reached at the start does not delay notifications', async () => {
  const [port = 0, nobody = 0] = await freePorts(2);
  const file = join(folder, 'apart.yaml');
  await writeFile(
    file,
    stringify({ ...config, data: 'apart', http: { port }, history: { url: `http://127.0.0.1:${nobody}/forpost` } }),
  );
  const child = spawn(process.execPath, ['forpost.mjs', 'cloud', '--config', file], { cwd: root });
  releasers.add('centre without a history', () => {
    child.kill('SIGKILL');
  });
  const said = text(child.stderr);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const producer = kafkaClient({ brokers: kafka.brokers }, 'test', silentLogger()).producer();
  await producer.connect();
  const sequence = 50_001;
  await write(producer, 'alerts', [alertJson(sequence, { severity: 'critical' }, { received: Date.now() })]);
  await producer.disconnect();
  await until(
    'the alert is notified',
    async () => notified.some(({ id }) => id === `gw-1/e1/alerts/${sequence}`),
    30_000,
  );
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await ended;
  expect(await said).toMatch(/does not answer: .*notifications are sent meanwhile/);
});
