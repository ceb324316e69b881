/**
 * `npm run screenshots [-- --all] [--port-offset N]`: takes pictures of both pages with a browser, from a running demo or
 * from one that it starts. The two pictures of the README go to docs/screenshots/; with --all every width and colour
 * scheme goes to .forpost/screenshots/, for a person to look at.
 *
 * Always: an alarm is active and the chart has values in each picture; a demo that this script started is stopped.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sleep, systemClock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { type Browser, chromium } from 'playwright-core';
import { DemoSite } from './demo/demo-site.ts';
import { parseOptions } from './demo/options.ts';
import { consoleUser, readCredentials } from './demo/secrets.ts';
import { credentialsFile, demoFolder, demoPorts, root } from './demo/settings.ts';

interface Page {
  readonly name: string;
  readonly base: string;
  readonly account: { readonly user: string; readonly password: string };
}
interface Appearance {
  readonly width: 'desktop' | 'phone';
  readonly scheme: 'light' | 'dark';
}

const sizes = { desktop: { width: 1440, height: 1100 }, phone: { width: 390, height: 844 } };
/** A demo that has just started has an empty chart. */
const fillMs = 90_000;
const alarmDeadlineMs = 90_000;
/** for a page's data, which arrives after the page itself */
const settleMs = 4_000;

requireNode();
const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, 'port-offset': { type: 'string', default: '0' } },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const options = parseOptions(['--port-offset', values['port-offset']], process.env);
const ports = demoPorts(options);
const isUp = await fetch(`http://127.0.0.1:${ports.centre}/healthz`).then(
  (answer) => answer.ok,
  () => false,
);
const started = isUp ? undefined : await DemoSite.prepare({ ...options, clock: systemClock, random: Math.random, say });
let browser: Browser | undefined;
try {
  if (started !== undefined) {
    say('no demo is running: starting one for the pictures');
    await started.start();
    await sleep(systemClock, fillMs);
  }
  const { console, centre } = await readCredentials(credentialsFile(demoFolder(options)));
  if (centre === undefined) throw new Error('the centre’s password is unknown: npm start -- --fresh makes a new one');
  const pages: Page[] = [
    {
      name: 'gateway',
      base: `http://127.0.0.1:${ports.gateway}`,
      account: { user: consoleUser, password: console[consoleUser] ?? '' },
    },
    { name: 'centre', base: `http://127.0.0.1:${ports.centre}`, account: centre },
  ];
  browser = await chromium.launch({ executablePath: browserFile(), args: ['--no-sandbox'] });
  const [gatewayPage] = pages;
  if (gatewayPage !== undefined) await untilAlarm(browser, gatewayPage);
  const looks: Appearance[] = values.all
    ? (['desktop', 'phone'] as const).flatMap((width) =>
        (['light', 'dark'] as const).map((scheme) => ({ width, scheme })),
      )
    : [{ width: 'desktop', scheme: 'light' }];
  const folder = join(root, values.all ? '.forpost/screenshots' : 'docs/screenshots');
  await mkdir(folder, { recursive: true });
  for (const page of pages)
    for (const look of looks) {
      const file = join(folder, values.all ? `${page.name}-${look.width}-${look.scheme}.png` : `${page.name}.png`);
      await picture(browser, page, look, file);
      say(file);
    }
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
} finally {
  await browser?.close();
  await started?.stop();
}
process.exit();

async function picture(from: Browser, page: Page, { width, scheme }: Appearance, path: string): Promise<void> {
  const context = await logIn(from, page, {
    viewport: sizes[width],
    colorScheme: scheme,
    reducedMotion: 'reduce' as const,
  });
  const tab = await context.newPage();
  tab.on('pageerror', (error) => say(`${page.name}: ${error.message}`));
  await tab.goto(page.base, { waitUntil: 'load' });
  await sleep(systemClock, settleMs);
  await tab.screenshot({ path });
  await context.close();
}

async function logIn(from: Browser, { base, account }: Page, look: Parameters<Browser['newContext']>[0] = {}) {
  const context = await from.newContext(look);
  const answer = await context.request.post(`${base}/api/v1/login`, { data: account, headers: { origin: base } });
  if (!answer.ok()) throw new Error(`log-in at ${base}: ${answer.status()} ${await answer.text()}`);
  return context;
}

/** Waits for an active alarm: without one the pages show little. */
async function untilAlarm(from: Browser, page: Page): Promise<void> {
  const context = await logIn(from, page);
  const end = systemClock.uptime() + alarmDeadlineMs;
  while (systemClock.uptime() < end) {
    const { alarms } = (await (await context.request.get(`${page.base}/api/v1/alarms`)).json()) as {
      alarms: unknown[];
    };
    if (alarms.length > 0) break;
    await sleep(systemClock, 200);
  }
  await context.close();
}

function browserFile(): string {
  const files = [process.env.FORPOST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].filter(
    (file) => file !== undefined,
  );
  const found = files.find((file) => existsSync(file));
  if (found === undefined)
    throw new Error('no browser found: apt-get install chromium, or set FORPOST_CHROMIUM=/path/to/chromium');
  return found;
}
