/**
 * `npm run screenshots [-- --all] [--port-offset N]`: takes pictures of both pages with a browser, from a running demo or
 * from one that it starts. The two pictures of the README go to docs/screenshots/; with --all every page and form
 * in every width, colour scheme and language goes to .forpost/screenshots/, for a person to look at.
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
  /** with --all: fragments of further places of the page, by a name for the file */
  readonly places: Readonly<Record<string, string>>;
}
interface Appearance {
  readonly width: 'desktop' | 'phone';
  readonly scheme: 'light' | 'dark';
  readonly locale: 'en' | 'ru';
}

/** Set-up of the gateway's page. */
const setUpPlaces = {
  'set-up': '#set-up',
  devices: '#set-up/devices',
  'new-device': '#set-up/devices/%2B',
  pairing: '#set-up/pairing',
  cameras: '#set-up/cameras',
  rules: '#set-up/rules',
  actions: '#set-up/actions',
  consumers: '#set-up/consumers',
  'new-consumer': '#set-up/consumers/%2B',
  site: '#set-up/site',
  history: '#set-up/history',
  backup: '#set-up/backup',
};

const sizes = { desktop: { width: 1440, height: 1100 }, phone: { width: 390, height: 844 } };
/** A demo that has just started has an empty chart. */
const fillMs = 90_000;
const alarmDeadlineMs = 90_000;
/** for a page's data, which arrives after the page itself */
const settleMs = 4_000;
/** for the data of a place of a page that is open */
const placeMs = 1_000;

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
      places: setUpPlaces,
    },
    { name: 'centre', base: `http://127.0.0.1:${ports.centre}`, account: centre, places: {} },
  ];
  browser = await chromium.launch({ executablePath: browserFile(), args: ['--no-sandbox'] });
  const [gatewayPage] = pages;
  if (gatewayPage !== undefined) await untilAlarm(browser, gatewayPage);
  const looks: Appearance[] = values.all
    ? (['desktop', 'phone'] as const).flatMap((width) =>
        (['light', 'dark'] as const).flatMap((scheme) =>
          (['en', 'ru'] as const).map((locale) => ({ width, scheme, locale })),
        ),
      )
    : [{ width: 'desktop', scheme: 'light', locale: 'en' }];
  const folder = join(root, values.all ? '.forpost/screenshots' : 'docs/screenshots');
  await mkdir(folder, { recursive: true });
  for (const page of pages)
    for (const look of looks) {
      const end = values.all ? `-${look.width}-${look.scheme}-${look.locale}.png` : '.png';
      await pictures(browser, page, look, (place) => join(folder, `${page.name}${place}${end}`));
    }
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
} finally {
  await browser?.close();
  await started?.stop();
}
process.exit();

/** `fileOf`: by the name of a place behind the page's own name; empty for the page as it opens. */
async function pictures(
  from: Browser,
  page: Page,
  { width, scheme, locale }: Appearance,
  fileOf: (place: string) => string,
): Promise<void> {
  const context = await logIn(from, page, {
    viewport: sizes[width],
    colorScheme: scheme,
    locale,
    reducedMotion: 'reduce' as const,
  });
  const tab = await context.newPage();
  tab.on('pageerror', (error) => say(`${page.name}: ${error.message}`));
  await tab.goto(page.base, { waitUntil: 'load' });
  await sleep(systemClock, settleMs);
  await tab.screenshot({ path: fileOf('') });
  say(fileOf(''));
  for (const [place, fragment] of values.all ? Object.entries(page.places) : []) {
    await tab.goto(`${page.base}/${fragment}`);
    await tab.locator('.set-up h2').first().waitFor();
    await sleep(systemClock, placeMs);
    await tab.screenshot({ path: fileOf(`-${place}`), fullPage: true });
    say(fileOf(`-${place}`));
  }
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
