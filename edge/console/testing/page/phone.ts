/** For tests of the gateway's page in a browser: one browser, one server and one page on a phone for all tests. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchBrowser } from '../../../../test/harness/browser.ts';
import type { ConsoleServer } from '../../server.ts';
import { consoleServer, password, passwordHash } from '../server.ts';
import { type TestSite, testSite } from '../site.ts';
import { FakeSource, gatewayStatus } from '../source.ts';

export const phone = { width: 390, height: 844 } as const;

/** of the file that runs */
export let browser: Browser;
export let server: ConsoleServer;
export let source: FakeSource;
/** what set-up changes */
export let site: TestSite;
export let page: Page;
/** what the browser has logged, and errors that nobody caught */
export const complaints: string[] = [];
let hash = '';

/** Starts the browser, the server and the page before the tests of this file, and stops them afterwards. */
export function pageOnAPhone(): void {
  beforeAll(async () => {
    hash = await passwordHash();
    source = new FakeSource();
    source.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString() });
    site = await testSite();
    server = consoleServer(source, hash, site.options);
    await server.start();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: phone, hasTouch: true });
    page.on('console', (message) => {
      // expected errors: some tests make the gateway refuse a request
      if (!/409 \(Conflict\)|404 \(Not Found\)/.test(message.text()))
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    site?.remove();
  });
}

/** Another page in the same browser, at `url`, not logged in. */
export async function anotherPage(url: string, options: BrowserContextOptions = { viewport: phone }): Promise<Page> {
  const other = await browser.newPage(options);
  await other.goto(url);
  return other;
}

/** Starts a new server on the port of the stopped one, as a restart of the gateway does. It knows no log-ins. */
export async function startServerAgain(port: number): Promise<void> {
  server = consoleServer(source, hash, { ...site.options, http: { port } });
  await server.start();
}

export async function logIn(on: Page, user = 'installer'): Promise<void> {
  await on.getByLabel('User').fill(user);
  await on.getByLabel('Password').fill(password);
  await on.getByRole('button', { name: 'Log in' }).click();
}

/** The position on the screen of a point of the editor's picture, both from 0 to 1. */
export async function onBoard(x: number, y: number): Promise<readonly [number, number]> {
  const box = await page.locator('.board').boundingBox();
  if (box === null) throw new Error('nothing to draw on');
  return [box.x + x * box.width, box.y + y * box.height];
}

export async function tap(x: number, y: number): Promise<void> {
  const [left, top] = await onBoard(x, y);
  await page.touchscreen.tap(left, top);
}
