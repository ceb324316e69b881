/**
 * Rules and actions made on the gateway's page, at phone width, and at a desk by keyboard: form, sentence, completion,
 * what the rule would have done, save; an action is made and tried. Nothing is restarted.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, withoutBrowser } from '../harness/browser.ts';
import { TestSite, testPassword, until } from '../harness/site.ts';

let site: TestSite;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  if (withoutBrowser !== undefined) return;
  site = await TestSite.start({ devices: ['heat-pump'], uplink: 'none', centre: false });
  const meter = await site.connect('heat-pump');
  for (const power of [100, 6_000, 200, 7_000, 300])
    await meter.publishAsync('forpost/devices/heat-pump/readings', JSON.stringify({ values: { power_w: power } }), {
      qos: 1,
    });
  await meter.endAsync();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`http://127.0.0.1:${site.httpPort}`);
  await page.locator('input[name=user]').fill('installer');
  await page.locator('input[name=password]').fill(testPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

test('a rule is made on a phone: its form, its sentence, its condition, and what it would have done', async ({
  skip,
}) => {
  if (withoutBrowser !== undefined) return skip(withoutBrowser);
  await page.getByRole('link', { name: /Set up/ }).click();
  await page.getByRole('link', { name: /^Rules/ }).click();
  await page.getByRole('link', { name: 'Add a rule' }).click();
  await page.getByRole('link', { name: /A value above or below a limit/ }).click();
  await page.getByLabel('Id', { exact: true }).fill('overload');
  await page.getByLabel(/^Name/).fill('Overload');
  await page.getByLabel(/^Device/).selectOption('heat-pump');
  await page.getByLabel('Value', { exact: true }).fill('power_w');
  await page.getByLabel(/^Above/).fill('5000');
  await page.getByText('When power of heat-pump is above 5 kW, raise the alarm “Overload” (warning).').waitFor();
  const condition = page.getByRole('textbox', { name: /^Condition/ });
  await condition.pressSequentially('values.pow');
  await page.getByRole('option', { name: /power_w/ }).waitFor();
  await condition.press('ArrowDown');
  await condition.press('Enter');
  await condition.pressSequentially(' >> 3');
  await page.getByRole('button', { name: /Show line 1/ }).click();
  await condition.fill('values.power_w > 3.0');
  await page.getByText('and the condition values.power_w > 3.0 holds').waitFor();
  await page.getByRole('button', { name: /in the last day/ }).click();
  await page.getByText('2 alarms in the last day.').waitFor();
  expect(Number(await page.evaluate('document.documentElement.scrollWidth'))).toBeLessThanOrEqual(390);
  await page.getByRole('button', { name: 'Add a rule' }).click();
  await until('the rule is in the document', async () => {
    const { rules } = await site.local<{ rules: { id: string }[] }>('/api/v1/rules');
    return rules.some(({ id }) => id === 'overload');
  });
  expect(complaints).toEqual([]);
});

test('an answer that comes late does not take a person away from the place that is open now', async ({ skip }) => {
  if (withoutBrowser !== undefined) return skip(withoutBrowser);
  const held = Promise.withResolvers<void>();
  await page.route('**/api/v1/site', async (route) => {
    if (route.request().method() === 'PATCH') await held.promise;
    await route.continue();
  });
  const address = `http://127.0.0.1:${site.httpPort}/#set-up`;
  await page.goto(`${address}/actions/+/publish`);
  await page.getByLabel('Id', { exact: true }).fill('bell');
  await page.getByLabel('Topic', { exact: true }).fill('home/bell');
  const answered = page.waitForResponse((response) => response.request().method() === 'PATCH');
  await page.getByRole('button', { name: 'Add an action' }).click();
  await page.goto(`${address}/rules/+/threshold`);
  await page.getByLabel('Id', { exact: true }).fill('another');
  held.resolve();
  await answered;
  // two frames: the page has drawn what the answer changed
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  expect(page.url()).toBe(`${address}/rules/+/threshold`);
  expect(await page.getByLabel('Id', { exact: true }).inputValue()).toBe('another');
  await page.unroute('**/api/v1/site');
});

test('an action is made and tried on the page; the test reaches its topic, marked as one, and is no alarm', async ({
  skip,
}) => {
  if (withoutBrowser !== undefined) return skip(withoutBrowser);
  await page.goto(`http://127.0.0.1:${site.httpPort}/#set-up/actions/+/publish`);
  await page.getByLabel('Id', { exact: true }).fill('siren');
  await page.getByLabel('Topic', { exact: true }).fill('home/siren');
  await page.getByRole('button', { name: 'Add an action' }).click();
  await page.getByRole('button', { name: 'Try siren' }).click();
  await page.getByText('published to home/siren, but nobody is subscribed to it').waitFor();
  const { alarms } = await site.local<{ alarms: object[] }>('/api/v1/status');
  expect(alarms).toEqual([]);
  expect(complaints).toEqual([]);
});
