/** Both pages in a real browser on a real site: they show changes without a reload, on a desktop and on a phone. */
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, withoutCentrePage } from '../harness/browser.ts';
import { TestSite, testPassword } from '../harness/site.ts';

let site: TestSite;
let browser: Browser;
const complaints: string[] = [];

beforeAll(async () => {
  if (withoutCentrePage !== undefined) return;
  site = await TestSite.start({
    devices: ['heat-pump'],
    uplink: 'http',
    cameras: [{ id: 'yard', name: 'Yard', url: 'rtsp://127.0.0.1:9/yard' }],
    rules: [
      {
        id: 'overload',
        kind: 'threshold',
        device: 'heat-pump',
        metric: 'power_w',
        above: 5000,
        severity: 'critical',
        message: 'The heat pump takes too much',
      },
    ],
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

async function open(url: string, user: string, password: string, width: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${url}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${url}: ${error.message}`));
  await page.goto(url);
  await page.locator('input[name=user]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  return page;
}

async function publish(power: number): Promise<void> {
  const meter = await site.connect('heat-pump');
  await meter.publishAsync('forpost/devices/heat-pump/readings', JSON.stringify({ values: { power_w: power } }), {
    qos: 1,
  });
  await meter.endAsync();
}

const widthOf = async (page: Page) => Number(await page.evaluate('document.documentElement.scrollWidth'));

test('the gateway’s and the centre’s page show an overload as it happens, and its end', async ({ skip }) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  const local = await open(`http://127.0.0.1:${site.httpPort}`, 'installer', testPassword, 390);
  const centre = await open(`http://127.0.0.1:${site.centrePort}`, 'admin', site.centrePassword, 1440);
  await local.getByText('heat-pump').first().waitFor();
  await centre.getByText('test-gateway').first().waitFor();
  // both pages report the absent camera in words
  await local
    .getByText(/nothing (listens|answers)|unreachable|no connection/i)
    .first()
    .waitFor();
  await centre
    .getByText(/nothing (listens|answers)|unreachable|no connection/i)
    .first()
    .waitFor();
  await publish(6000);
  await local.getByText('The heat pump takes too much').first().waitFor();
  await centre.getByText('The heat pump takes too much').first().waitFor();
  await publish(100);
  await centre.getByText('Over', { exact: true }).first().waitFor();
  // an alarm that is over and not acknowledged stays on top of both pages with its summary
  await centre.getByText('1 critical, 1 not acknowledged, 1 of them over').waitFor();
  await local.getByText('An alarm needs you').waitFor();
  await local.getByText('over', { exact: true }).waitFor();
  await local.getByText('The heat pump takes too much').first().waitFor();
  await local.getByRole('button', { name: 'Acknowledge' }).click();
  await local.getByText('An alarm needs you').waitFor({ state: 'detached' });
  await centre.getByText(/Acknowledged by installer.*on the site/).waitFor();
  await centre.getByText('nothing to do').waitFor();
  expect(await widthOf(local)).toBeLessThanOrEqual(390);
  await centre.setViewportSize({ width: 390, height: 900 });
  expect(await widthOf(centre)).toBeLessThanOrEqual(390);
  expect(complaints).toEqual([]);
  await Promise.all([local.close(), centre.close()]);
});

test('the centre’s page acknowledges an alarm and shows the state of the command, even while the gateway is offline', async ({
  skip,
}) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  const centre = await open(`http://127.0.0.1:${site.centrePort}`, 'admin', site.centrePassword, 1440);
  await centre.getByText('test-gateway').first().waitFor();
  await publish(6000);
  const button = centre.getByRole('button', { name: 'Acknowledge: The heat pump takes too much' });
  await button.waitFor();
  await site.gateway?.kill();
  await button.click();
  const sent = centre.getByText('Sent, the gateway has not answered yet');
  await sent.waitFor();
  // the acknowledgement at the centre counts at once
  await centre.getByText(/Acknowledged by admin.*the gateway does not know yet/).waitFor();
  // a reloaded page shows the acknowledgement too
  await centre.reload();
  await sent.waitFor();
  // and keeps showing it while no message arrives
  for (let look = 0; look < 15; look++) {
    expect(await button.count()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await centre.setViewportSize({ width: 390, height: 900 });
  expect(await widthOf(centre)).toBeLessThanOrEqual(390);
  await site.startGateway();
  await sent.waitFor({ state: 'detached' });
  await centre.getByText('the gateway does not know yet').waitFor({ state: 'detached' });
  await centre
    .getByText(/Acknowledged by admin/)
    .first()
    .waitFor();
  await publish(100);
  await centre.getByText('Over', { exact: true }).first().waitFor();
  expect(complaints).toEqual([]);
  await centre.close();
});

test('the centre’s page shows a gateway that goes and comes back', async ({ skip }) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  const centre = await open(`http://127.0.0.1:${site.centrePort}`, 'admin', site.centrePassword, 1440);
  await centre
    .getByText(/online/i)
    .first()
    .waitFor();
  await site.gateway?.kill();
  await centre
    .getByText(/offline/i)
    .first()
    .waitFor({ timeout: 30_000 });
  await site.startGateway();
  await centre
    .getByText(/offline/i)
    .first()
    .waitFor({ state: 'detached', timeout: 30_000 });
  await centre.close();
});

test('a log-in with a wrong password fails, and the page says so', async ({ skip }) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  for (const port of [site.httpPort, site.centrePort]) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}`);
    await page.locator('input[name=user]').fill('admin');
    await page.locator('input[name=password]').fill('guess');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page
      .getByText(/do not open/)
      .first()
      .waitFor();
    await page.close();
  }
});

test('when the centre’s page gets no answer it claims nothing, and asks again until it gets one', async ({ skip }) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  const centre = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const refused = { status: 503, contentType: 'application/problem+json', body: '{"detail":"the history is away"}' };
  const refuse = (route: Route) => route.fulfill(refused);
  const asked = /\/api\/v1\/(alarms|events)\?/;
  await centre.route(asked, refuse);
  await centre.goto(`http://127.0.0.1:${site.centrePort}`);
  await centre.locator('input[name=user]').fill('admin');
  await centre.locator('input[name=password]').fill(site.centrePassword);
  await centre.getByRole('button', { name: 'Log in' }).click();
  await centre.getByText('The alarms shown here may be incomplete: the history is away.').waitFor();
  await centre.getByText('test-gateway').first().waitFor();
  expect(await centre.getByText(/nothing to do|none active|No alarms/).count()).toBe(0);
  // new events still show meanwhile
  const events = centre.locator('.area-events');
  await events.getByText('The history is away').waitFor();
  await publish(321);
  await events.getByText('321 W').first().waitFor();
  await centre.unroute(asked, refuse);
  await centre.getByText('nothing to do').waitFor();
  await centre.getByText('may be incomplete').waitFor({ state: 'detached' });
  await events.getByText('The history is away').waitFor({ state: 'detached' });
  await events.getByText('321 W').first().waitFor();
  await centre.close();
});
