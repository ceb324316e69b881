import { existsSync } from 'node:fs';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsoleServer } from './server.ts';
import { activeAlarm, deviceStatus, FakeSource, gatewayStatus } from './source.fake.ts';

const executablePath = process.env.FORPOST_CHROMIUM ?? '/usr/bin/chromium';
const reason = existsSync(executablePath) ? '' : ` (skipped: ${executablePath} is missing)`;

describe.skipIf(reason !== '')(`the page in a browser on a phone${reason}`, () => {
  let browser: Browser;
  let server: ConsoleServer;
  let source: FakeSource;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const hash = await hashPassword('ladder');
    source = new FakeSource();
    source.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString() });
    server = new ConsoleServer({
      gateway: 'farm-1',
      http: { port: 0 },
      users: (name) => (name === 'installer' ? hash : undefined),
      source,
      health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
      metrics: { contentType: 'text/plain', render: async () => '' },
      clock: systemClock,
      logger: silentLogger(),
    });
    await server.start();
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('an installer logs in and sees a device, a camera and an alarm appear without a reload', async () => {
    await page.goto(server.url);
    await page.getByLabel('User').fill('installer');
    await page.getByLabel('Password').fill('ladder');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('All is well').waitFor();

    source.current = {
      ...source.current,
      devices: [
        deviceStatus('meter', { name: 'Main meter', lastSeen: new Date().toISOString(), values: { power_w: 5312 } }),
      ],
    };
    await page.locator('.value', { hasText: '5.31 kW' }).waitFor();
    await page.getByText('all 1 connected').waitFor();

    const red = { create: { width: 320, height: 180, channels: 3 as const, background: '#a33' } };
    source.pictures.set('yard', await sharp(red).jpeg().toBuffer());
    source.zonesByCamera = {
      yard: [
        {
          id: 'drive',
          name: 'Drive',
          points: [
            [0, 0.5],
            [1, 0.5],
            [1, 1],
          ],
        },
      ],
    };
    source.current = {
      ...source.current,
      cameras: [{ id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' }],
    };
    await page.locator('forpost-camera img').waitFor();
    await page.locator('.zone text', { hasText: 'Drive' }).waitFor();
    await expect.poll(() => source.sceneListeners.size).toBe(1);
    const track = {
      id: 1,
      class: 'person',
      score: 0.87,
      box: [0.4, 0.5, 0.1, 0.3] as const,
      zones: ['drive'],
      best: 0.9,
      seen: 3,
      static: false,
    };
    const seen = setInterval(() => source.see({ camera: 'yard', time: '', tracks: [track], changes: [] }), 200);
    await page.locator('.track text', { hasText: 'person 87 %' }).waitFor();
    await page.locator('.zone.entered').waitFor();
    clearInterval(seen);

    source.raise(activeAlarm('1', { message: 'Power above 5 kW', since: new Date().toISOString() }));
    await page.getByText('An alarm needs you').waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged', { exact: true }).waitFor();
    expect(source.acknowledged).toEqual([{ alarm: '1', by: 'installer' }]);
  });

  test('messages that nobody could read are shown with the reason on a tap', async () => {
    source.letters = [
      { device: 'meter' as never, topic: 'a/b', payload: Buffer.from('{"x'), received: Date.now(), reason: 'not JSON' },
    ];
    source.current = {
      ...source.current,
      devices: source.current.devices.map((device) => ({ ...device, deadLetters: 1 })),
    };
    await page.getByText('1 unreadable').waitFor();
    await page.locator('summary', { hasText: 'Main meter' }).click();
    await page.getByText('not JSON').waitFor();
    await page.getByText('{"x').waitFor();
  });

  test('it fits the phone, its buttons a thumb, and the browser has no complaint', async () => {
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    const targets = await page
      .locator('button, .rows summary')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(48);
    expect(complaints).toEqual([]);
  });

  test('a gateway that goes away is told on the page, and its return brings the page back by itself', async () => {
    const port = Number(new URL(server.url).port);
    await server.stop();
    await page.getByText('The gateway does not answer').waitFor();
    const again = new ConsoleServer({
      gateway: 'farm-1',
      http: { port },
      users: () => undefined,
      source,
      health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
      metrics: { contentType: 'text/plain', render: async () => '' },
      clock: systemClock,
      logger: silentLogger(),
    });
    await again.start();
    server = again;
    // sessions do not outlive the process: the way back is the log-in
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  });
});
