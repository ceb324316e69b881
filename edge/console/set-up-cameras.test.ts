/**
 * An installer adds a camera on a phone: found on the network, logged in, tested with its picture, streams chosen, saved;
 * then its place. With a real browser, a simulated ONVIF device and a simulated RTSP camera. The tests build on each other.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { systemClock } from '@forpost/shared/clock.ts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DiscoveryResponder } from '../../scripts/camera/onvif/discovery-responder.ts';
import { OnvifDevice } from '../../scripts/camera/onvif/onvif-device.ts';
import { launchBrowser, withoutBrowser } from '../../test/harness/browser.ts';
import { type SimulatedRtspCamera, startRtspCamera } from '../../test/harness/camera/rtsp-camera.ts';
import { unless } from '../../test/harness/unless.ts';
import { CameraSetUp } from '../cameras/camera-set-up.ts';
import { writeCameraLogin } from '../config/camera-logins.ts';
import { loadSite } from '../config/load-site.ts';
import { SiteDocument } from '../site/document.ts';
import type { ConsoleServer } from './server.ts';
import { logIn, phone } from './testing/page/phone.ts';
import { consoleServer, passwordHash } from './testing/server.ts';
import { FakeSource, gatewayStatus } from './testing/source.ts';

const login = { user: 'viewer', password: 'camera: #7' };
let folder: string;
let rtsp: SimulatedRtspCamera;
let device: OnvifDevice;
let responder: DiscoveryResponder;
let setUp: CameraSetUp;
let server: ConsoleServer;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-set-up-cameras-'));
  writeFileSync(file('site.yaml'), 'site:\n  id: farm\n  timezone: Europe/Berlin\ndevices: []\n');
  writeFileSync(file('secrets.yaml'), 'mqtt: {}\nconsole: {}\n', { mode: 0o600 });
  rtsp = await startRtspCamera({ login: { ...login, offers: ['MD5'] } });
  device = new OnvifDevice({ make: 'dahua', ...login, streamUri: (_, token) => `${rtsp.url}?profile=${token}` });
  await device.start();
  responder = new DiscoveryResponder({ port: 0, answer: (id) => [device.probeMatch(id)] });
  await responder.start();
  setUp = new CameraSetUp({ clock: systemClock, discoveryPort: responder.port });
  const place = { secrets_file: file('secrets.yaml'), data: folder };
  const document = new SiteDocument({
    file: file('site.yaml'),
    data: folder,
    load: (text) => loadSite(file('site.yaml'), place.secrets_file, text),
    clock: systemClock,
  });
  await document.open();
  const source = new FakeSource();
  source.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString() });
  server = consoleServer(source, await passwordHash(), {
    document,
    cameras: { setUp, cameras: () => [], loginOf: () => undefined },
    cameraLogins: {
      write: (camera, typed) => writeCameraLogin(place, camera, typed),
      change: async (camera, typed) => void writeCameraLogin(place, camera, typed),
    },
  });
  await server.start();
  if (withoutBrowser !== undefined) return;
  browser = await launchBrowser();
  const context = await browser.newContext({ viewport: phone, hasTouch: true });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (!/422 \(|404 \(/.test(message.text())) complaints.push(`${message.type()}: ${message.text()}`);
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await setUp?.stop();
  await responder?.stop();
  await device?.stop();
  await rtsp?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function violations(): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

const slow = 150_000;

describe('a camera is added on a phone', unless(withoutBrowser), () => {
  test(
    'a search shows the cameras that answer',
    async () => {
      await page.goto(`${server.url}/#set-up/cameras/+`);
      await logIn(page);
      await page.getByRole('button', { name: /Dahua · IPC-HDW2431T-AS-S2/ }).waitFor({ timeout: 30_000 });
      expect(await violations()).toEqual([]);
    },
    slow,
  );

  test(
    'a wrong password is said in words, and what was typed stays',
    async () => {
      await page.getByRole('button', { name: /Dahua/ }).tap();
      await page.getByRole('heading', { name: 'A new camera: log in' }).waitFor();
      await page.getByLabel('User').fill(login.user);
      await page.getByLabel('Password').fill('wrong');
      await page.getByLabel('Password').press('Enter');
      await page
        .getByRole('alert')
        .getByText('The camera refuses this user or this password')
        .waitFor({ timeout: 30_000 });
      expect(await page.getByLabel('User').inputValue()).toBe(login.user);
      expect(await violations()).toEqual([]);
    },
    slow,
  );

  test(
    'its streams are offered, tested with picture and words, and the test needs no second log-in',
    async () => {
      await page.getByLabel('Password').fill(login.password);
      await page.getByRole('button', { name: 'Next' }).tap();
      await page.getByRole('heading', { name: 'A new camera: choose its streams' }).waitFor({ timeout: 30_000 });
      const detection = page.getByRole('group', { name: 'For detection' });
      expect(await detection.getByLabel(/SubStream1/).isChecked()).toBe(true);
      await page.getByRole('button', { name: 'Test the streams' }).tap();
      const picture = page.getByRole('img', { name: /Picture of MediaProfile_Channel1_SubStream1/ });
      await picture.waitFor({ timeout: 120_000 });
      expect(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(160);
      await page.getByText('160 × 90').first().waitFor();
      expect(await violations()).toEqual([]);
    },
    slow,
  );

  test(
    'it is saved with its log-in among the secrets, and its place opens',
    async () => {
      await page.getByRole('button', { name: 'Take these streams' }).tap();
      await page.getByLabel('Id').fill('yard');
      await page.getByLabel('Name').fill('Yard');
      await page.getByRole('button', { name: 'Add a camera' }).tap();
      await page.getByRole('heading', { name: 'Yard' }).waitFor({ timeout: 30_000 });
      const { site, secrets } = loadSite(file('site.yaml'), file('secrets.yaml'));
      expect(site.cameras).toMatchObject([
        {
          id: 'yard',
          name: 'Yard',
          url: `${rtsp.url}?profile=MediaProfile001`,
          main_url: `${rtsp.url}?profile=MediaProfile000`,
        },
      ]);
      expect(secrets.cameras?.yard).toEqual(login);
      expect(readFileSync(file('site.yaml'), 'utf8')).not.toContain('#7');
      expect(await violations()).toEqual([]);
    },
    slow,
  );

  test(
    'the address of a stream can be typed instead, with a second one for evidence',
    async () => {
      await page.goto(`${server.url}/#set-up/cameras/+`);
      await page.getByLabel('By address').fill('rtsp://192.0.2.9/stream');
      await page.getByLabel('By address').press('Enter');
      await page.getByRole('heading', { name: 'A new camera: log in' }).waitFor();
      expect(await page.getByLabel('Stream for evidence').count()).toBe(1);
      expect(complaints).toEqual([]);
    },
    slow,
  );
});
