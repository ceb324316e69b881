/** The browser that opens the pages in tests, and why there is none where there is none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { root } from './root.ts';

const executablePath = process.env.FORPOST_CHROMIUM ?? '/usr/bin/chromium';

/** Why no page can be opened; undefined: it can. */
export const withoutBrowser = missing(executablePath);
/** Why the centre's page cannot: it is built before it is opened. */
export const withoutCentrePage = withoutBrowser ?? missing(join(root, 'cloud/web/dist/index.html'));

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

function missing(file: string): string | undefined {
  return existsSync(file) ? undefined : `${file} is missing`;
}
