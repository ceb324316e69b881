/** The browser that opens the pages in tests, or the reason why there is none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { root } from './root.ts';

const executablePath = process.env.FORPOST_CHROMIUM ?? '/usr/bin/chromium';

/** Why no page can be opened; undefined when one can. */
export const withoutBrowser = missing(executablePath);
/** Why the centre's page cannot be opened: it must be built first. */
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
