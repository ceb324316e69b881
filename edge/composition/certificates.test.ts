/** A whole gateway whose certificates are its own: clients that check them, log in by one, and are revoked. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { launchBrowser, withoutBrowser } from '../../test/harness/browser.ts';
import { freePorts } from '../../test/harness/ports.ts';
import type { CertificateDoor } from '../certificates/certificate-door.ts';
import { withCertificatesDoor } from '../config/certificates-door.ts';
import { judge } from '../config/judge.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { Gateway } from '../gateway.ts';

let folder: string;
let config: string;
let gateway: Gateway;
let tlsPort = 0;
let pagePort = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-own-ca-'));
  config = join(folder, 'gateway.yaml');
  const [plain = 0, page = 0, tls = 0, https = 0] = await freePorts(4);
  [tlsPort, pagePort] = [tls, https];
  const write = (name: string, value: object) => writeFileSync(join(folder, name), stringify(value), { mode: 0o600 });
  write('gateway.yaml', {
    gateway: 'cellar',
    data: 'data',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    mqtt: { port: plain, tls: { host: '127.0.0.1', port: tls } },
    http: { port: page, tls: { host: '127.0.0.1', port: https } },
    certificates: { names: ['gateway.example.org'] },
    uplink: [],
  });
  write('site.yaml', {
    site: { id: 'home', timezone: 'UTC' },
    devices: ['meter', 'pump'].map((id) => ({ id, decoder: 'native' })),
  });
  const hash = await hashPassword('a-password');
  write('secrets.yaml', { mqtt: { meter: hash, pump: hash }, console: { installer: hash } });
  const { loaded, problems, warnings } = await judge(config);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  expect(warnings.filter(({ area }) => area === 'listener')).toEqual([]);
  const { conditions, ...files } = loaded;
  gateway = new Gateway({
    ...files,
    configFile: config,
    conditions: { first: [], find: conditions },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  await gateway.start();
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

function door<T>(run: (door: CertificateDoor) => Promise<T>): Promise<T> {
  return withCertificatesDoor(loadInstallation(config), 'tester', run);
}

/** The fingerprint that a port shows to a client that trusts this CA alone and checks the name. */
function shown(port: number, ca: string, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, servername }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** tls.connect() takes `pfx` and `passphrase`, which the library's types lack. */
async function connected(options: IClientOptions & { readonly pfx?: Buffer; readonly passphrase?: string }) {
  const client = mqtt.connect({ protocol: 'mqtts', host: '127.0.0.1', port: tlsPort, reconnectPeriod: 0, ...options });
  return new Promise<MqttClient>((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
}

const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

test('both ports show a certificate of the site’s CA for the configured name, and take a new one without a restart', async () => {
  const { ca, server } = await door((one) => one.view());
  const pem = ca?.pem ?? '';
  expect(server?.usedBy).toEqual(['mqtt.tls', 'http.tls']);
  const before = await shown(tlsPort, pem, 'gateway.example.org');
  expect(before).toBe(server?.fingerprint);
  const meter = await connected({ ca: pem, username: 'meter', password: 'a-password' });
  const renewed = await door((one) => one.renewServer());
  expect(renewed.fingerprint).not.toBe(before);
  for (const port of [tlsPort, pagePort])
    expect(await shown(port, pem, 'gateway.example.org')).toBe(renewed.fingerprint);
  expect(meter.connected).toBe(true);
  await meter.endAsync();
  expect(gateway.problems().join()).not.toMatch(/certificate/);
});

test('a client logs in by its certificate, and is cut off and kept out within a second of the revocation', async () => {
  const issued = await door((one) => one.issue({ id: 'pump', days: 30, key: 'ec' }, 'tester'));
  const credentials = { ca: issued.ca, cert: issued.certificate, key: issued.privateKey };
  const pump = await connected(credentials);
  const gone = closed(pump).then(() => performance.now());
  const from = performance.now();
  await door((one) => one.revoke(issued.client.serial));
  expect((await gone) - from).toBeLessThan(1000);
  await expect(connected(credentials)).rejects.toThrow();
  const { clients } = await door((one) => one.view());
  expect(clients).toMatchObject([{ id: 'pump', state: 'revoked', by: 'tester', serial: issued.client.serial }]);
  expect(statSync(join(folder, 'data/certificates/issued.json')).mode & 0o777).toBe(0o600);
  // its password is another credential
  await (await connected({ ca: issued.ca, username: 'pump', password: 'a-password' })).endAsync();
});

test.each([
  ['a name that no device has', { id: 'nobody', days: 30 }, /no device, bridge or consumer "nobody"/],
  ['a name that leads out of a folder', { id: '../../etc/passwd', days: 30 }, /id/],
  ['no days', { id: 'pump', days: 0 }, /days/],
])('a certificate for %s is refused', async (_what, request, reason) => {
  await expect(door((one) => one.issue({ ...request, key: 'ec' }, 'tester'))).rejects.toThrow(reason);
});

test('a PKCS#12 file is made with its passphrase, and an unknown serial number is refused', async () => {
  const request = { id: 'meter', days: 1, key: 'ec', passphrase: 'twelve letters' } as const;
  const { pkcs12 = '', ca, client } = await door((one) => one.issue(request, 'tester'));
  const pfx = Buffer.from(pkcs12, 'base64');
  await (await connected({ ca, pfx, passphrase: request.passphrase })).endAsync();
  await expect(connected({ ca, pfx, passphrase: 'another' })).rejects.toThrow();
  await expect(door((one) => one.revoke('abcdef'))).rejects.toThrow(
    'no issued certificate has the serial number "abcdef"',
  );
  await door((one) => one.revoke(client.serial));
});

test.skipIf(withoutBrowser !== undefined)(
  'on the page a person downloads the CA, makes a certificate for a device, logs in by it, and revokes it',
  async () => {
    const browser = await launchBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, ignoreHTTPSErrors: true });
    page.setDefaultTimeout(20_000);
    await page.goto(`https://127.0.0.1:${pagePort}/`);
    await page
      .getByLabel(/user|name/i)
      .first()
      .fill('installer');
    await page.getByLabel('Password').fill('a-password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    await page.goto(`https://127.0.0.1:${pagePort}/#set-up/site`);
    const { ca } = await door((one) => one.view());
    await page.getByText(`${ca?.fingerprint}`).waitFor();
    const downloaded = async (click: () => Promise<void>) => {
      const [file] = await Promise.all([page.waitForEvent('download'), click()]);
      return readFileSync(await file.path());
    };
    expect(`${await downloaded(() => page.getByText('Download the CA').click())}`).toBe(ca?.pem);
    await page.getByLabel('New certificate for').selectOption('meter');
    const pfx = await downloaded(() => page.getByRole('button', { name: 'Make and download' }).click());
    const passphrase = (await page.locator('code.secret').textContent()) ?? '';
    const meter = await connected({ ca: `${ca?.pem}`, pfx, passphrase });
    const gone = closed(meter);
    await page.getByRole('button', { name: 'Revoke the certificate of meter' }).click();
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await gone;
    await page.getByRole('button', { name: 'Revoke the certificate of meter' }).waitFor({ state: 'detached' });
  },
  60_000,
);
