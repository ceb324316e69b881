/** For tests of the whole page: the built page in one browser, at a desk or on a phone, served by a fake centre. */
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchBrowser } from '../../../test/harness/browser.ts';
import { FakeCentre } from './fake-centre.ts';

export const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
export type Size = keyof typeof sizes;
export const sizeNames = Object.keys(sizes) as readonly Size[];

/** Folder for screenshots; undefined: none are made. */
const shotFolder = process.env.FORPOST_SHOTS;

/** Starts the browser and the centre for the tests of a `describe`. Before each test the centre knows of nothing. */
export function pageInBrowser(): PageInBrowser {
  const parts = new PageInBrowser();
  beforeAll(() => parts.start());
  afterAll(() => parts.stop());
  beforeEach(() => parts.centre.empty());
  afterEach(() => parts.closePage());
  return parts;
}

class PageInBrowser {
  readonly centre = new FakeCentre();
  #url = '';
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;

  async start(): Promise<void> {
    this.#url = await this.centre.start();
    this.#browser = await launchBrowser();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.centre.stop();
  }

  /** A new page that has loaded nothing; the one before is closed. `locale`: the language that the browser asks for. */
  async newPage(size: Size, locale?: string): Promise<Page> {
    if (this.#browser === undefined) throw new Error('the browser is not started');
    await this.closePage();
    this.#context = await this.#browser.newContext({
      viewport: sizes[size],
      hasTouch: size === 'phone',
      ...(locale === undefined ? {} : { locale }),
    });
    return this.#context.newPage();
  }

  async load(page: Page): Promise<void> {
    await page.goto(this.#url);
  }

  async closePage(): Promise<void> {
    await this.#context?.close();
  }
}

/** Renders the page in one of its colour schemes. */
export async function inScheme(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
}

/** Takes a picture of the whole page, where FORPOST_SHOTS names a folder. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (shotFolder !== undefined) await page.screenshot({ path: join(shotFolder, `${name}.png`), fullPage: true });
}

/** Takes a picture in each colour scheme, where FORPOST_SHOTS names a folder. */
export async function screenshots(page: Page, name: string): Promise<void> {
  for (const scheme of shotFolder === undefined ? [] : (['light', 'dark'] as const)) {
    await inScheme(page, scheme);
    await screenshot(page, `${name}-${scheme}`);
  }
}
