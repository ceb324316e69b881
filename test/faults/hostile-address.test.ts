/**
 * One hostile address against all others, before the log-in, on the real gateway. For anything that the attacker opens,
 * half-sends or guesses, a right log-in from another address (and from his own) succeeds within a stated time, and alerts go
 * on. With FORPOST_TIMES=1 alerts must keep the promise of 5 ms (p99), which needs an otherwise idle machine, or
 * FORPOST_REALTIME=1 (harness/realtime.ts).
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '@forpost/shared/password.ts';
import { MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { percentile } from '../../scripts/report.ts';
import { goingFirst } from '../harness/going-first.ts';
import { goRealtime } from '../harness/realtime.ts';
import { TestSite, testPassword, until } from '../harness/site.ts';
import { type Attack, Attacker } from './hostile/attacker.ts';

const attackerAddress = '127.0.0.66';
const otherAddress = '127.0.0.7';
const devicesAddress = '127.0.0.1';
const known = Array.from({ length: 500 }, (_, i) => `known-${i}`);
/** each with a password that is not remembered yet */
const fresh = Array.from({ length: 24 }, (_, i) => `fresh-${i}`);
const probes = Array.from({ length: 10 }, (_, i) => `probe-${i}`);
const samples = process.env.FORPOST_TIMES === undefined ? 150 : 500;
/** beside other tests a gateway that waits for a core is slow too: only a hang exceeds this */
const alertP99Ms = process.env.FORPOST_TIMES === undefined ? 500 : 5;
const alertP50Ms = process.env.FORPOST_TIMES === undefined ? 50 : 5;
/** from a right log-in with an unremembered password to its CONNACK; beside other tests it also waits for a core */
const logInWithinMs = process.env.FORPOST_TIMES === undefined ? 15_000 : 3000;
const secrets = new Map<string, string>();

let site: TestSite;
let folder: string;
let display: MqttClient;
let devices: MqttClient[];
let attacker: Attacker | undefined;
const clients: MqttClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-hostile-'));
  const hash = await hashPassword(testPassword);
  const mqttSecrets: Record<string, string> = Object.fromEntries(
    [...known, ...probes, 'wall-display'].map((id) => [id, hash]),
  );
  for (const id of fresh) {
    secrets.set(id, `the password of ${id}`);
    mqttSecrets[id] = await hashPassword(`the password of ${id}`);
  }
  const secretsFile = join(folder, 'secrets.yaml');
  await writeFile(secretsFile, stringify({ mqtt: mqttSecrets, console: { installer: hash } }), { mode: 0o600 });
  site = await TestSite.start({
    devices: [...known, ...fresh, ...probes],
    rules: [{ id: 'over', kind: 'threshold', devices: probes, metric: 'power_w', above: 1000 }],
    uplink: 'none',
    centre: false,
    extraInstallation: { secrets_file: secretsFile },
  });
  goRealtime(site.gateway?.pid);
  display = await site.connect('wall-display');
  await display.subscribeAsync('forpost/alerts/+/+');
  devices = await Promise.all(probes.map((id) => site.connect(id)));
});

afterEach(async () => {
  await attacker?.stop();
  attacker = undefined;
  for (const client of clients.splice(0)) client.end(true);
});

afterAll(async () => {
  for (const client of [display, ...(devices ?? [])]) client?.end(true);
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

function attackWith(
  attack: Attack,
  atOnce: number,
  from = attackerAddress,
  users: readonly string[] = ['nobody'],
): Attacker {
  attacker = new Attacker({ attack, port: site.mqttPort, address: from, atOnce, users });
  return attacker;
}

/** Logs in, again whenever the gateway closes the connection, as clients do; returns the ms until it succeeds. */
async function logIn(id: string, localAddress: string): Promise<number> {
  const from = performance.now();
  // mqtt.connect has no localAddress
  const client = new MqttClient(() => connect({ host: '127.0.0.1', port: site.mqttPort, localAddress }), {
    protocolVersion: 4,
    username: id,
    password: secrets.get(id) ?? testPassword,
    clientId: `${id}-${localAddress}`,
    reconnectPeriod: 200,
    connectTimeout: 30_000,
  });
  clients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => {
      client.options.reconnectPeriod = 0;
      resolve();
    });
    client.on('error', reject);
  });
  return performance.now() - from;
}

/** devices with an active alarm */
const over = new Set<number>();

/** ms from a reading to the alert that it raises or clears, many times. */
async function alertTimes(): Promise<readonly number[]> {
  return (await goingFirst(measureAlerts)).result;
}

async function measureAlerts(): Promise<readonly number[]> {
  const times: number[] = [];
  let onAlert: (() => void) | undefined;
  const listen = () => onAlert?.();
  display.on('message', listen);
  for (let i = 0; i < samples; i++) {
    const device = devices[i % devices.length];
    // each reading raises or clears its device's alarm
    const isOver = !over.has(i % devices.length);
    if (isOver) over.add(i % devices.length);
    else over.delete(i % devices.length);
    const value = isOver ? 2000 : 10;
    const alerted = new Promise<void>((resolve) => {
      onAlert = resolve;
    });
    const from = performance.now();
    device?.publish(`forpost/devices/${probes[i % probes.length]}/readings`, `{"values":{"power_w":${value}}}`, {
      qos: 1,
    });
    await alerted;
    times.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  display.off('message', listen);
  return times;
}

async function metric(name: string): Promise<number> {
  const line = (await site.metrics()).split('\n').find((one) => one.startsWith(name) && !one.startsWith('#'));
  return Number(line?.split(' ').at(-1) ?? Number.NaN);
}

function residentMb(): Promise<number> {
  return metric('process_resident_memory_bytes').then((bytes) => bytes / 2 ** 20);
}

function expectPrompt(what: string, times: readonly number[]): void {
  const p99 = percentile(times, 99);
  process.stderr.write(`${what}: alert p50 ${percentile(times, 50).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`);
  expect(p99).toBeLessThan(alertP99Ms);
  expect(percentile(times, 50)).toBeLessThan(alertP50Ms);
}

async function expectLogIns(what: string, ids: readonly string[], address: string): Promise<void> {
  const times: number[] = [];
  for (const id of ids) times.push(await logIn(id, address));
  process.stderr.write(`${what}: ${ids.length} log-ins from ${address}, slowest ${Math.max(...times).toFixed(0)} ms\n`);
  expect(Math.max(...times)).toBeLessThan(logInWithinMs);
}

test('without an attack alerts come at once', async () => {
  expectPrompt('no attack', await alertTimes());
});

test('password checks have a lower priority than the alerts’ thread, and garbage collection has the same priority', async () => {
  const tasks = `/proc/${site.gateway?.pid}/task`;
  const nice = new Map<string, number[]>();
  for (const task of await readdir(tasks)) {
    // proc(5): the name in brackets, then the state; nice is the 17th field from there
    const [, name = '', rest = ''] =
      /^\d+ \((.*)\) (.*)$/s.exec(await readFile(join(tasks, task, 'stat'), 'utf8')) ?? [];
    nice.set(name, [...(nice.get(name) ?? []), Number(rest.split(' ')[16])]);
  }
  const [main = 0] = nice.get('MainThread') ?? [];
  const pool = nice.get('libuv-worker') ?? [];
  expect(pool.length).toBeGreaterThan(0);
  // without the right to raise priorities all threads are equal
  for (const one of pool) expect(one).toBeGreaterThanOrEqual(main < 0 ? main + 1 : main);
  // the main thread waits for these helpers in each garbage collection
  expect(new Set(nice.get('V8Worker'))).toEqual(new Set([main]));
});

describe('beside an attack from one address', () => {
  test('2,000 silent connections lock no device out, and the log and /metrics show them', async () => {
    const { answers } = attackWith('silent', 2000);
    await until('the attacker has opened its connections', () => (attacker?.answers.opened ?? 0) >= 2000 && answers);
    await expectLogIns('silent', fresh.slice(0, 4), otherAddress);
    await expectLogIns('silent', fresh.slice(4, 6), attackerAddress);
    expectPrompt('silent', await alertTimes());
    expect(await metric('forpost_broker_before_login')).toBeGreaterThan(100);
    expect(await metric('forpost_broker_closed_before_login_total{reason="room"}')).toBeGreaterThan(1000);
    expect(site.gateway?.lines.some((line) => line.includes('too many connections that have not logged in'))).toBe(
      true,
    );
  });

  test('1,900 half-sent CONNECTs take a few MB and lock no device out', async () => {
    const before = await residentMb();
    attackWith('half', 1900);
    await until('the attacker has opened its connections', () => (attacker?.answers.opened ?? 0) >= 1900);
    await expectLogIns('half', fresh.slice(6, 10), otherAddress);
    expectPrompt('half', await alertTimes());
    const taken = (await residentMb()) - before;
    process.stderr.write(`half: ${taken.toFixed(0)} MB\n`);
    expect(taken).toBeLessThan(80);
  });

  test('of 300 wrong passwords at once at most 60 a minute are computed, and no device is locked out', async () => {
    const failed = await metric('forpost_broker_failed_logins_total');
    const from = performance.now();
    attackWith('guess', 300);
    // who may get in later is closed without an answer, and tries again
    await until('the attacker has been turned away', () => (attacker?.answers.closed ?? 0) > 100);
    await expectLogIns('guess', fresh.slice(10, 14), otherAddress);
    expectPrompt('guess', await alertTimes());
    const computed = (await metric('forpost_broker_failed_logins_total')) - failed;
    // 60 in the first minute and 40 in each later one: on a busy machine this test may take longer than a minute
    const laterMinutes = Math.ceil(Math.max(0, performance.now() - from - 60_000) / 60_000);
    expect(computed).toBeLessThanOrEqual(60 + 40 * laterMinutes);
    expect(await metric('forpost_broker_busy_logins_total')).toBeGreaterThan(100);
  });

  test('log-ins of clients that have disconnected already lock no device out', async () => {
    const cpu = await metric('process_cpu_seconds_total');
    const from = performance.now();
    attackWith('gone', 200);
    await until('the attacker has opened its connections', () => (attacker?.answers.opened ?? 0) >= 400);
    await expectLogIns('gone', fresh.slice(14, 16), otherAddress);
    const share = ((await metric('process_cpu_seconds_total')) - cpu) / ((performance.now() - from) / 1000);
    process.stderr.write(`gone: ${share.toFixed(2)} cores\n`);
    expectPrompt('gone', await alertTimes());
  });

  test('a guesser at the devices’ own address, with their own names, locks none of them out', async () => {
    attackWith('guess', 200, devicesAddress, ['nobody', ...fresh.slice(16, 18), ...known.slice(0, 40)]);
    await until('the attacker has used up what the address may fail', () => (attacker?.answers['connack 5'] ?? 0) > 25);
    await expectLogIns('guesser, unknown devices', fresh.slice(18, 22), devicesAddress);
    await expectLogIns('guesser, known devices', ['known-0', 'known-1'], devicesAddress);
    expectPrompt('guesser', await alertTimes());
  });

  test('500 known devices come back at once within 10 s, and alerts go on', async () => {
    await logIn('known-0', devicesAddress);
    const from = performance.now();
    const back = Promise.all(known.slice(1).map((id) => logIn(id, devicesAddress)));
    const times = await alertTimes();
    const slowest = Math.max(...(await back));
    process.stderr.write(
      `reconnect: 500 devices in ${(performance.now() - from).toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms\n`,
    );
    expect(slowest).toBeLessThan(10_000);
    // this process also runs the clients of 500 devices
    expect(percentile(times, 50)).toBeLessThan(2 * alertP50Ms);
  });
});
