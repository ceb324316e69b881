/**
 * A hanging Kafka (SIGSTOP) keeps its connections and answers nothing: both pages of a real site say since when their content
 * is old, call nothing live, online, sent or complete, and recover by themselves.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, withoutCentrePage } from '../harness/browser.ts';
import { TestKafka } from '../harness/kafka.ts';
import { TestSite, testPassword } from '../harness/site.ts';

let kafka: TestKafka | undefined;
let site: TestSite | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  if (withoutCentrePage !== undefined) return;
  kafka = await TestKafka.start();
  site = await TestSite.start({ devices: ['meter'], brokers: kafka.brokers });
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  kafka?.thaw();
  await browser?.close();
  await site?.stop();
  await kafka?.remove();
});

async function open(port: number, user: string, password: string): Promise<Page> {
  if (browser === undefined) throw new Error('there is no browser');
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`http://127.0.0.1:${port}`);
  await page.locator('input[name=user]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  return page;
}

/** Words that claim to show the present. */
const claims = /^(Live|Online|Complete)$|everything has been sent|newest first, live/;

test('while Kafka hangs no page claims to show the present, and both say since when their content is old', async ({
  skip,
}) => {
  if (withoutCentrePage !== undefined) return skip(withoutCentrePage);
  if (site === undefined || kafka === undefined) throw new Error('there is no site');
  const meter = await site.connect('meter');
  await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":40}}', { qos: 1 });
  await meter.endAsync();
  const centre = await open(site.centrePort, 'admin', site.centrePassword);
  const local = await open(site.httpPort, 'installer', testPassword);
  await centre.getByText('Live', { exact: true }).waitFor();
  await centre.getByText('Complete', { exact: true }).waitFor();
  await centre.getByText('everything has been sent').waitFor();
  await local.getByText(/Everything has been handed to Kafka/).waitFor();
  await expect.poll(() => centre.getByText(/as of/).count()).toBe(0);

  kafka.freeze();
  await centre.getByText('Not live').waitFor({ timeout: 20_000 });
  await centre.getByText(/everything has been sent, as of/).waitFor();
  await centre.getByText('Not known now').waitFor();
  await centre.getByText(/^Complete as of/).waitFor();
  expect(await centre.locator('main.is-old').count()).toBe(1);
  // a gateway that the centre cannot hear is not called silent
  expect(await centre.getByText('Offline', { exact: true }).count()).toBe(0);
  for (const claim of await centre.getByText(claims).allTextContents()) expect(claim).toMatch(/as of/);
  await local.getByText(/No answer since|Offline since|Not reached since/).waitFor({ timeout: 45_000 });
  expect(await local.getByText(/Everything has been handed|All is well/).count()).toBe(0);

  kafka.thaw();
  await centre.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
  await centre.getByText('everything has been sent', { exact: true }).waitFor({ timeout: 60_000 });
  await centre.getByText('Complete', { exact: true }).waitFor({ timeout: 60_000 });
  await local.getByText(/Everything has been handed to Kafka/).waitFor({ timeout: 60_000 });
  expect(await centre.locator('main.is-old').count()).toBe(0);
}, 240_000);
