/** The centre's page under a path behind a proxy, in a real browser: it requests nothing outside that path. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { launchBrowser, withoutCentrePage } from '../harness/browser.ts';
import { freePorts } from '../harness/ports.ts';
import { TestProcess } from '../harness/process.ts';
import { startReverseProxy } from '../harness/reverse-proxy.ts';

let folder: string;
let port: number;
let centre: TestProcess | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  if (withoutCentrePage !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'forpost-centre-path-'));
  [port = 0] = await freePorts(1);
  const file = join(folder, 'cloud.yaml');
  await writeFile(file, stringify({ data: 'centre', http: { port, trusted_proxy: ['127.0.0.1'] } }));
  centre = await TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', file]);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await centre?.stop();
  if (withoutCentrePage === undefined) await rm(folder, { recursive: true, force: true });
});

test.for<readonly [string, string, Readonly<Record<string, string>>]>([
  ['says the path', '/forpost/', { 'x-forwarded-prefix': '/forpost' }],
  ['says the path, and is asked without a slash at its end', '/forpost', { 'x-forwarded-prefix': '/forpost' }],
  ['says nothing of the path', '/forpost/', {}],
])('a proxy that %s: log-in, live state and a reload are there', async ([_what, path, said], { skip }) => {
  if (withoutCentrePage !== undefined || browser === undefined) return skip(withoutCentrePage);
  const proxy = await startReverseProxy({
    to: port,
    strip: '/forpost',
    headers: ({ host = '' }) => ({ 'x-forwarded-host': host, ...said }),
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  try {
    await page.goto(`${proxy.url}${path}`);
    await page.locator('input[name=user]').fill('admin');
    await page.locator('input[name=password]').fill((await readFirstLogin(join(folder, 'centre')))?.password ?? '');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: /Log out/ }).waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor();
    await page.reload();
    await page.getByRole('button', { name: /Log out/ }).waitFor();
    expect(proxy.paths.filter((one) => !one.startsWith('/forpost'))).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
    proxy.close();
  }
});
