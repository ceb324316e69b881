/** `forpost devices …` on the files of a gateway that is stopped, and through the socket of the one that runs. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { add, importList, revoke, rotate } from '../../edge/cli/devices.ts';
import { listDevices } from '../../edge/cli/list-devices.ts';
import { judge } from '../../edge/config/judge.ts';
import { Gateway } from '../../edge/gateway.ts';
import { freePorts } from '../harness/ports.ts';

const meter = makeCredential();
/** from the command to the end of the connection */
const withinMs = 1000;

async function files() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [port = 0, http = 0] = await freePorts(2);
  const write = (name: string, value: object) => writeFileSync(join(folder, name), stringify(value), { mode: 0o600 });
  write('gateway.yaml', {
    gateway: 'test',
    data: 'data',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    log_level: 'error',
    mqtt: { port, websocket: {} },
    http: { port: http },
    uplink: [],
  });
  write('site.yaml', {
    site: { id: 'home', timezone: 'UTC' },
    devices: [{ id: 'meter', decoder: 'native' }],
    consumers: [{ id: 'panel', subscribe: ['forpost/#'] }],
  });
  write('secrets.yaml', { mqtt: { meter: meter.hash, panel: meter.hash }, console: {} });
  const config = join(folder, 'gateway.yaml');
  return { folder, config, port };
}

async function started(config: string): Promise<Gateway> {
  const { loaded, problems, warnings } = await judge(config);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  const gateway = new Gateway({
    ...loaded,
    configFile: config,
    conditions: { first: warnings, find: loaded.conditions },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  onTestFinished(() => gateway.stop());
  await gateway.start();
  return gateway;
}

/** The JSON that a command prints. */
async function printed<T>(run: () => Promise<void>): Promise<T> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await run();
  } finally {
    write.mockRestore();
  }
  return JSON.parse(text) as T;
}

interface LogIn {
  readonly id: string;
  readonly password: string;
}

const noGrace = { grace: undefined, stdin: undefined, json: true };
const connected = (port: number, { id, password }: LogIn): Promise<MqttClient> =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: id, password, clientId: id, reconnectPeriod: 0 });
const letsIn = (port: number, logIn: LogIn) =>
  connected(port, logIn).then(
    async (client) => {
      await client.endAsync(true);
      return true;
    },
    () => false,
  );

test('a running gateway takes new devices and passwords at once, and a revocation ends the connection within a second', async () => {
  const { folder, config, port } = await files();
  await started(config);
  const before = await connected(port, { id: 'meter', password: meter.password });
  const pump = await printed<LogIn>(() => add(config, 'pump', { decoder: 'native', name: 'Pump, old', json: true }));
  expect(pump).toMatchObject({ id: 'pump', name: 'Pump, old' });
  const client = await connected(port, pump);
  await client.publishAsync('forpost/devices/pump/readings', '{"values":{"power_w":1}}', { qos: 1 });
  const next = await printed<LogIn>(() => rotate(config, 'pump', { grace: 600, stdin: undefined, json: true }));
  expect([await letsIn(port, pump), await letsIn(port, next)]).toEqual([true, true]);
  const last = await printed<LogIn>(() => rotate(config, 'pump', noGrace));
  expect([await letsIn(port, pump), await letsIn(port, next), await letsIn(port, last)]).toEqual([false, false, true]);
  const revoked = async (logIn: LogIn) => {
    const device = await connected(port, logIn);
    const closed = new Promise<number>((resolve) => device.once('close', () => resolve(performance.now())));
    const began = performance.now();
    await printed(() => revoke(config, logIn.id, true));
    return (await closed) - began;
  };
  let tookMs = await revoked(last);
  // one of three must be in time: the machine may be busy
  for (const id of ['second', 'third'])
    if (tookMs >= withinMs)
      tookMs = await revoked(await printed<LogIn>(() => add(config, id, { decoder: 'native', json: true })));
  expect(tookMs).toBeLessThan(withinMs);
  expect(await letsIn(port, last)).toBe(false);
  expect(before.connected).toBe(true);
  await before.endAsync(true);
  expect(readFileSync(join(folder, 'site.yaml'), 'utf8')).not.toContain(last.password);
  expect((await listDevices(config)).value.credentials).toContainEqual(
    expect.objectContaining({ id: 'pump', password: 'none', revoked: expect.any(String) }),
  );
});

test('a running gateway imports a list whole, or none of a wrong one; only the owner may read the log-ins', async () => {
  const { folder, config, port } = await files();
  await started(config);
  const [list, labels] = [join(folder, 'list.csv'), join(folder, 'labels.csv')];
  writeFileSync(list, 'id,name,decoder\na,First,native\nb,"Second, left",nativ\n');
  await expect(importList(config, list, { secrets: labels })).rejects.toThrow(
    `${list}:3:18: there is no decoder "nativ"`,
  );
  expect(() => statSync(labels)).toThrow();
  writeFileSync(list, 'id,name,decoder\na,First,native\nb,"Second, left",native\n');
  expect(await printed(() => importList(config, list, { check: true, json: true }))).toEqual({ wouldAdd: 2 });
  expect(await printed(() => importList(config, list, { secrets: labels, json: true }))).toEqual({
    added: 2,
    secrets: labels,
  });
  expect(statSync(labels).mode & 0o777).toBe(0o600);
  const [head, first = '', second = ''] = readFileSync(labels, 'utf8').split('\n');
  expect([head, second.split(',').slice(0, 3)]).toEqual(['id,name,user,password', ['b', '"Second', ' left"']]);
  expect(await letsIn(port, { id: 'a', password: first.split(',')[3] ?? '' })).toBe(true);
  await expect(importList(config, list, { secrets: labels })).rejects.toThrow('exists');
});

test('without a gateway the same commands change the files, and the next start takes them', async () => {
  const { config, port } = await files();
  const pump = await printed<LogIn>(() => add(config, 'pump', { decoder: 'native', json: true }));
  const panel = await printed<LogIn>(() => rotate(config, 'panel', noGrace));
  await printed(() => revoke(config, 'meter', true));
  await expect(revoke(config, 'nobody', true)).rejects.toThrow('no device, bridge or consumer "nobody"');
  await started(config);
  expect([await letsIn(port, pump), await letsIn(port, panel)]).toEqual([true, true]);
  expect(await letsIn(port, { id: 'meter', password: meter.password })).toBe(false);
});
