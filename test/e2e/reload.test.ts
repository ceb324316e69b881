/** SIGHUP: changes in the files apply at once, and everything else goes on undisturbed. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { hashPassword } from '@forpost/shared/password.ts';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { freePorts } from '../harness/ports.ts';
import { root, type TestProcess } from '../harness/process.ts';
import { logIn, TestSite, testPassword, until } from '../harness/site.ts';

let site: TestSite;
let pem: TestCertificates;
let tlsPort = 0;
let mqttPort = 0;
const key = 'ed25519:8TcRzGwL-Cb_dKdo-4t798LMaufxBD14AjP7r7j9q3E';

beforeAll(async () => {
  pem = await makeCertificates();
  [tlsPort = 0, mqttPort = 0] = await freePorts(2);
  const first = await pem.sign('first');
  for (const [from, to] of [[first.certificate, 'tls.pem'] as const, [first.key, 'tls.key'] as const])
    await writeFile(join(pem.folder, to), await readFile(from), { mode: 0o600 });
  const tls = {
    host: '127.0.0.1',
    port: tlsPort,
    certificate: join(pem.folder, 'tls.pem'),
    key: join(pem.folder, 'tls.key'),
  };
  site = await TestSite.start({
    devices: ['meter', 'sensor'],
    uplink: 'http',
    extraInstallation: { mqtt: { port: mqttPort, tls }, commands: { trusted_keys_file: 'keys.txt' } },
    centre: false,
  });
}, 120_000);
afterAll(async () => {
  await site?.stop();
  await pem?.remove();
});

function connect(username: string, password = testPassword) {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
    username,
    password,
    clientId: username,
    reconnectPeriod: 0,
  });
}

const path = (name: string) => join(site.folder, name);

function hangUp(process_: TestProcess | undefined): void {
  process.kill(process_?.pid ?? 0, 'SIGHUP');
}

/** Reloads the gateway; resolves when its log has a line that matches. */
async function reloaded(words: RegExp): Promise<void> {
  const { lines = [] } = site.gateway ?? {};
  const before = lines.length;
  hangUp(site.gateway);
  await until(`${words}`, () => lines.slice(before).some((line) => words.test(line)));
}

/** The subject of the certificate that the broker serves. */
function servedSubject(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subject ?? '');
      socket.end();
    });
    socket.on('error', reject);
  });
}

test('after a reload a device’s new password applies and its old connection ends; other devices stay connected', async () => {
  const [meter, sensor] = [await connect('meter'), await connect('sensor')];
  const cut = new Promise<void>((resolve) => meter.once('close', () => resolve()));
  let sensorClosed = false;
  sensor.once('close', () => {
    sensorClosed = true;
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['forpost.mjs', 'devices', 'password', 'meter', '--config', path('gateway.yaml')],
    { cwd: root },
  );
  const password = /^meter: (\S+)/.exec(stdout)?.[1] ?? '';
  await reloaded(/were read again/);
  await cut;
  await expect(connect('meter')).rejects.toThrow();
  const again = await connect('meter', password);
  await again.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":1}}', { qos: 1 });
  await sensor.publishAsync('forpost/devices/sensor/readings', '{"values":{"power_w":1}}', { qos: 1 });
  expect(sensorClosed).toBe(false);
  await Promise.all([again.endAsync(), sensor.endAsync()]);
});

test('after a reload the page’s new password, a new trusted key and a renewed certificate apply', async () => {
  expect(await servedSubject()).toBe('CN=first');
  const document = parseDocument(await readFile(path('secrets.yaml'), 'utf8'));
  document.setIn(['console', 'installer'], await hashPassword('another password'));
  await writeFile(path('secrets.yaml'), document.toString());
  await writeFile(path('keys.txt'), `${key}\n`);
  const renewed = await pem.sign('renewed');
  await writeFile(join(pem.folder, 'tls.pem'), await readFile(renewed.certificate));
  await writeFile(join(pem.folder, 'tls.key'), await readFile(renewed.key));
  await reloaded(/were read again/);
  expect(await servedSubject()).toBe('CN=renewed');
  const base = `http://127.0.0.1:${site.httpPort}`;
  await expect(logIn(base, 'installer', testPassword)).rejects.toThrow();
  const cookie = await logIn(base, 'installer', 'another password');
  const status = (await (await fetch(`${base}/api/v1/status`, { headers: { cookie } })).json()) as {
    commandKeys?: string[];
    problems: string[];
  };
  expect(status.problems.join()).not.toContain('keys.txt');
  expect(status.commandKeys).toHaveLength(1);
});

test('a reload of a wrong file changes nothing and is shown on the page, until a reload of a correct file', async () => {
  const secrets = await readFile(path('secrets.yaml'), 'utf8');
  await writeFile(path('secrets.yaml'), secrets.replace('mqtt:', 'mqtt: !secret x\nmqqt:'));
  await reloaded(/secrets\.yaml:1:/);
  const base = `http://127.0.0.1:${site.httpPort}`;
  const problems = async () => {
    const cookie = await logIn(base, 'installer', 'another password');
    const status = (await (await fetch(`${base}/api/v1/status`, { headers: { cookie } })).json()) as {
      problems: string[];
    };
    return status.problems.join('\n');
  };
  expect(await problems()).toMatch(
    /the reload found mistakes, and the configuration from before stays in use: .*secrets\.yaml:1:/,
  );
  await writeFile(path('secrets.yaml'), secrets);
  await reloaded(/were read again/);
  expect(await problems()).not.toContain('the reload found mistakes');
});

test('after a reload the uplink still sends, and the centre works on after a reload of its own', async () => {
  await site.startCentre();
  const base = `http://127.0.0.1:${site.httpPort}`;
  const cookie = await logIn(base, 'installer', 'another password');
  await until('the uplink sends', async () => {
    const answer = await fetch(`${base}/api/v1/status`, { headers: { cookie } });
    const { uplinks } = (await answer.json()) as { uplinks: { state: string; events: number }[] };
    return uplinks[0]?.events === 0 && !['offline', 'probing'].includes(uplinks[0].state);
  });
  const { centre } = site;
  hangUp(centre);
  await until('the centre logs its reload', () => centre?.lines.some((line) => line.includes('"msg":"reloading"')));
  expect((await fetch(`http://127.0.0.1:${site.centrePort}/healthz`)).status).toBe(200);
  expect([centre?.running, site.gateway?.running]).toEqual([true, true]);
});
