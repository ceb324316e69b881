/** The built page in a browser, at a desk and on a phone, with whatever a gateway may call its things. */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, withoutCentrePage } from '../../test/harness/browser.ts';
import { unless } from '../../test/harness/unless.ts';
import { ago, alarmView, eventView, gatewayView, ledgerView } from './testing/examples.ts';
import { FakeCentre } from './testing/fake-centre.ts';

const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const cards = ['Alarms', 'Gateways', 'Events'];

describe('the page of the centre', unless(withoutCentrePage), () => {
  let browser: Browser;
  let context: BrowserContext | undefined;
  let centre: FakeCentre;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    centre = new FakeCentre();
    url = await centre.start();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await centre?.stop();
  });
  beforeEach(() => {
    complaints.length = 0;
    centre.empty();
  });
  afterEach(() => context?.close());

  async function open(size: keyof typeof sizes): Promise<Page> {
    context = await browser.newContext({ viewport: sizes[size], hasTouch: size === 'phone' });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // what is not there, and an address with a name of 64 kB in it
      if (message.type() === 'error' && !/404|431|ERR_CONNECTION_RESET/.test(message.text()))
        complaints.push(message.text());
    });
    await page.goto(url);
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    return page;
  }

  const heightOf = (page: Page) => page.evaluate(() => document.documentElement.scrollHeight);
  const widthOf = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

  /** Strings that somebody may give a thing as its name, id or message. */
  const hostile: readonly (readonly [string, string])[] = [
    ['markup', '<img src=x onerror="document.title=1"><script>document.title=2</script>'],
    ['64 kB', 'W'.repeat(65_536)],
    ['nothing', ''],
    ['a name of the language', '__proto__'],
    ['right to left, with an override', '\u202Eמונה\u202C حساب'],
    ['control characters', 'a\u0000\u0007\u001B[31m\r\n\tb'],
    ['a lone half of a character', '\ud800 meter'],
    ['stacked marks', `Z${'\u0335\u0321'.repeat(300)}`],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(40)],
  ];

  describe.each(Object.keys(sizes) as (keyof typeof sizes)[])('at the size of a %s', (size) => {
    test.each(hostile)('shows every card where names are %s', async (_what, name) => {
      const device = {
        id: name,
        name,
        connected: false,
        lastSeen: null,
        messages: 0,
        deadLetters: 0,
        values: { [name]: name },
      };
      const camera = { id: name, name, state: name, reason: name, framesPerSecond: Number.NaN, detector: name };
      centre.answers.set('/api/v1/gateways', {
        now: ago(0),
        gateways: [
          gatewayView('gw-1', {
            name,
            site: name,
            problems: [name, name],
            devices: [device, device],
            cameras: [camera, camera],
          } as never),
          gatewayView('gw-2', { name }),
        ],
      });
      centre.answers.set('/api/v1/gateways/gw-1/ledger', ledgerView('gw-1'));
      const words = {
        site: name,
        device: name,
        rule: name,
        severity: name,
        category: name,
        message: name,
        cause: name,
      };
      centre.answers.set('/api/v1/alarms', {
        alarms: [
          alarmView('a', { ...words, value: name, raised: name, changed: name } as never),
          alarmView(`a${name}`, words),
        ],
      });
      centre.answers.set('/api/v1/events', {
        events: [
          eventView(1, { subject: name, type: name, data: { [name]: name } }),
          eventView(2, { time: name, data: null }),
        ],
      });
      const choice = { site: 'farm', gateway: 'gw-1', device: name, channel: '', metric: name };
      centre.answers.set('/api/v1/metrics', {
        metrics: [choice, { ...choice, site: 'second' }, { ...choice, channel: name }],
      });
      const page = await open(size);
      for (const title of cards) await page.getByRole('heading', { name: title, exact: true }).waitFor();
      await page.locator('.alarm').first().waitFor();
      await page.locator('.area-chart .figures, .area-chart .empty').first().waitFor();
      expect(await page.getByText('cannot be shown').count()).toBe(0);
      expect(await widthOf(page)).toBeLessThanOrEqual(sizes[size].width);
      expect(await heightOf(page)).toBeLessThan(20_000);
      expect(await page.title()).not.toMatch(/^[12]$/);
      expect(complaints).toEqual([]);
    });

    test('is of a length that one scrolls through, with 30 gateways, 300 alarms and a full page of events', async () => {
      const gateways = Array.from({ length: 30 }, (_, i) => gatewayView(`gw-${i}`, { online: i % 7 !== 0 }));
      centre.answers.set('/api/v1/gateways', { now: ago(0), gateways });
      centre.answers.set('/api/v1/alarms', { alarms: Array.from({ length: 300 }, (_, i) => alarmView(`a${i}`)) });
      const shown = size === 'phone' ? 25 : 50;
      centre.answers.set('/api/v1/events', {
        events: Array.from({ length: shown }, (_, i) => eventView(i + 1)),
        cursor: 'x',
      });
      const metrics = gateways.map(({ gateway }) => ({
        site: 'farm',
        gateway,
        device: 'meter',
        channel: '',
        metric: 'power_w',
      }));
      centre.answers.set('/api/v1/metrics', { metrics });
      const to = Date.now();
      const points = Array.from({ length: 60 }, (_, i) => ({ time: to - (60 - i) * 60_000, value: 500 + i }));
      centre.answers.set('/api/v1/series', {
        ...{ unit: 'W', from: ago(3_600_000), to: ago(0), step: 60, agg: 'mean', tz: 'UTC', points },
      });
      const page = await open(size);
      await page.locator('.plot canvas').waitFor();
      await page.locator('.event').nth(shown).waitFor();
      expect(centre.asked.filter((path) => path.startsWith('/api/v1/events')).at(-1)).toContain(`limit=${shown}`);
      const chart = await page.locator('.area-chart').boundingBox();
      expect(chart?.height).toBeLessThan(700);
      expect(await heightOf(page)).toBeLessThan(size === 'phone' ? 9_000 : 5_000);
      if (process.env.FORPOST_SHOTS !== undefined)
        await page.screenshot({ path: join(process.env.FORPOST_SHOTS, `long-${size}.png`), fullPage: true });
      expect(complaints).toEqual([]);
    });
  });

  test('nothing moves under a finger: what comes is told beside the list, and shown when one asks', async () => {
    const alarms = ['a', 'b', 'c'].map((id, i) =>
      alarmView(id, { severity: 'warning', raised: ago(60_000 * (i + 1)) }),
    );
    const picture = { id: '00', sha256: '0'.repeat(64), size: 9, kind: 'picture', media: 'image/jpeg' };
    centre.answers.set('/api/v1/alarms', {
      alarms: alarms.map((alarm) => ({ ...alarm, evidence: [picture] })),
      open: 3,
    });
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1')] });
    centre.answers.set('/api/v1/gateways/gw-1/evidence', { evidence: [] });
    const page = await open('phone');
    const button = page.getByRole('button', { name: `Acknowledge: ${alarms[1]?.message}` });
    await button.waitFor();
    await page.getByRole('button', { name: `Show 1 picture: ${alarms[2]?.message}` }).tap();
    const place = async () => {
      const { x = 0, y = 0 } = (await button.boundingBox()) ?? {};
      return { x: Math.round(x / 2), y: Math.round(y / 2) };
    };
    const before = await place();
    for (let i = 0; i < 20; i++) centre.tell('alert', alarmView(`new-${i}`, { raised: ago(0), changed: ago(0) }));
    const told = page.getByRole('button', { name: /20 new alarms, Critical: House connection overloaded/ });
    await told.waitFor();
    if (process.env.FORPOST_SHOTS !== undefined)
      await page.screenshot({ path: join(process.env.FORPOST_SHOTS, 'new.png') });
    expect(await place()).toEqual(before);
    centre.tell('alert', { ...alarms[0], active: false, open: true, change: 'cleared', changed: ago(0) });
    await page.locator('.alarm').first().getByText('Over', { exact: true }).waitFor();
    expect(await place()).toEqual(before);
    // what was opened is still open
    expect(await page.locator('.evidence figure').count()).toBe(1);
    await page.getByRole('button', { name: `Hide 1 picture: ${alarms[2]?.message}` }).tap();
    await told.tap();
    await page.locator('.alarm').first().getByText('(new-').waitFor();
    expect(complaints).toEqual([]);
  });

  test.each(Object.keys(sizes) as (keyof typeof sizes)[])(
    'says what a list leaves out, which times are not believed and where an alarm is, at the size of a %s',
    async (size) => {
      centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1', { name: 'Barn' })] });
      centre.answers.set('/api/v1/alarms', {
        alarms: [alarmView('a', { place: 'Cellar, left wall' } as never)],
        open: 499_001,
        not_listed: [
          { gateway: 'gw-1', site: 'farm', open: 499_000 },
          { gateway: 'gw-9', site: 'mill', open: 1 },
        ],
      });
      const doubted = { corrected_time: ago(0), stored: ago(0) };
      centre.answers.set('/api/v1/events', {
        events: [
          eventView(1, { ...doubted, time: '9999-12-31T23:59:59.000Z', doubted: 'future' }),
          eventView(2, { ...doubted, time: '1970-01-01T00:00:07.000Z', doubted: 'past' }),
          eventView(3),
        ],
      });
      const page = await open(size);
      await page
        .getByText('Not listed here: 499,000 open alarms of Barn (farm) and 1 open alarm of gw-9 (mill).')
        .waitFor();
      await page.getByText('Cellar, left wall').waitFor();
      await page.getByText('not believed: says 9999, in the future').waitFor();
      await page.getByText('not believed: says 1970, too long ago').waitFor();
      expect(await page.locator('.event-time .warning').count()).toBe(2);
      await page.locator('.area-events').hover();
      centre.tell('events', { events: [], skipped: 1_200, skipped_of: { 'gw-1': 1_200 } });
      await page.getByText('left out meanwhile: 1,200 of Barn').waitFor();
      expect(await widthOf(page)).toBeLessThanOrEqual(sizes[size].width);
      for (const scheme of process.env.FORPOST_SHOTS === undefined ? [] : (['light', 'dark'] as const)) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
        await page.screenshot({
          path: join(process.env.FORPOST_SHOTS ?? '', `left-out-${size}-${scheme}.png`),
          fullPage: true,
        });
      }
      expect(complaints).toEqual([]);
    },
  );

  test('staff say that a gateway belongs to another site, and hear what the centre answers; a viewer is not asked', async () => {
    const reason = 'the gateway "gw-1" is not known here';
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1')] });
    centre.answers.set('/api/v1/session', { user: 'admin', role: 'operator' });
    const page = await open('phone');
    await page.getByRole('heading', { name: 'Gateway gw-1' }).tap();
    await page.getByText('Move to another site').tap();
    const site = page.getByRole('textbox', { name: /Id of its site/ });
    const move = page.getByRole('button', { name: 'Move', exact: true });
    expect(await move.isDisabled()).toBe(true);
    await site.fill('new-barn');
    centre.problems.set('/api/v1/gateways/gw-1/site', { status: 404, detail: reason });
    await move.tap();
    await page.getByRole('alert').getByText(reason).waitFor();
    // what was typed is still there
    expect(await site.inputValue()).toBe('new-barn');
    centre.problems.clear();
    centre.answers.set('/api/v1/gateways/gw-1/site', {});
    await move.tap();
    await page.getByText('The gateway belongs to new-barn now').waitFor();
    expect(centre.sent).toEqual([
      ['POST /api/v1/gateways/gw-1/site', { site: 'new-barn' }],
      ['POST /api/v1/gateways/gw-1/site', { site: 'new-barn' }],
    ]);
    if (process.env.FORPOST_SHOTS !== undefined)
      await page.screenshot({ path: join(process.env.FORPOST_SHOTS, 'move.png'), fullPage: true });
    await context?.close();
    centre.answers.set('/api/v1/session', { user: 'wall', role: 'viewer' });
    const wall = await open('desk');
    await wall.getByRole('heading', { name: 'Gateway gw-1' }).waitFor();
    expect(await wall.getByText('Move to another site').count()).toBe(0);
  });

  test('where a gateway cannot send its pictures the reason stands in the place of the button', async () => {
    const reason = 'it has nowhere to send them: add a receiver to its gateway.yaml under evidence';
    const picture = { id: '00', sha256: '0'.repeat(64), size: 9, kind: 'picture', media: 'image/jpeg' };
    const gateways = [gatewayView('gw-1', { evidence_refused: reason }), gatewayView('gw-2')];
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways });
    const alarms = [alarmView('a', { evidence: [picture] }), alarmView('b', { gateway: 'gw-2', evidence: [picture] })];
    centre.answers.set('/api/v1/alarms', { alarms, open: 2 });
    const page = await open('phone');
    await page.getByText(`1 picture on the site. The gateway cannot send it: ${reason}.`).waitFor();
    expect(await page.getByRole('button', { name: /^Show 1 picture/ }).count()).toBe(1);
  });

  test('what is to be pressed with a finger is large enough, and no words are too pale', async () => {
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1', { online: false })] });
    centre.answers.set('/api/v1/alarms', {
      alarms: [alarmView('a'), alarmView('b', { active: false, acknowledged: true, open: false })],
      open: 1,
    });
    centre.answers.set('/api/v1/events', { events: [eventView(1)], cursor: 'x' });
    const page = await open('phone');
    await page.locator('.alarm').first().waitFor();
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, summary, input:not([type=hidden]), label.mantine-SegmentedControl-label')]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && box.height < 44)
        .map(({ element, box }) => `${element.className} ${element.textContent} ${box.height}`),
    );
    expect(small).toEqual([]);
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
      // a colour on its way from one scheme to the other is judged by nobody
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      await page.waitForFunction(
        'document.getAnimations().every((one) => one.effect.getComputedTiming().endTime === Infinity)',
      );
      const { violations } = await new AxeBuilder({ page: page as never }).analyze();
      expect(violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
    }
  });

  test('a keyboard gets to the log-in, over the bar to the alarms, and goes on at the row whose alarm it acknowledged', async () => {
    centre.answers.set('/api/v1/session', { user: null });
    context = await browser.newContext({ viewport: sizes.desk });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('textbox', { name: 'Password' }).waitFor();
    const { violations } = await new AxeBuilder({ page: page as never }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
    centre.answers.set('/api/v1/alarms', { alarms: [alarmView('a', { raised: ago(10_000) })], open: 1 });
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1')] });
    centre.answers.set('/api/v1/login', { user: 'admin', role: 'operator' });
    const command = {
      id: 'c1',
      gateway: 'gw-1',
      kind: 'acknowledge',
      arguments: { alarm: 'a' },
      author: 'admin',
      issued: ago(0),
    };
    centre.answers.set('/api/v1/gateways/gw-1/commands', {
      ...command,
      expires: ago(-60_000),
      state: 'sent',
      message: '',
      commands: [],
    });
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await page.locator('.alarm').first().waitFor();
    await page.getByRole('button', { name: /^Acknowledge/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Acknowledge/ }).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('alarm');
    // who goes elsewhere is not called back: the page draws anew each second
    await page.evaluate('document.activeElement.blur()');
    const words = page.locator('.alarm-since').first();
    const before = await words.textContent();
    await expect.poll(() => words.textContent(), { timeout: 70_000 }).not.toBe(before);
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    await page.reload();
  });

  test('a card that cannot be drawn says so, and the others go on; it comes back by itself', async () => {
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1')] });
    // no centre sends this: something else is in between
    centre.answers.set('/api/v1/metrics', {
      metrics: [{ site: 'x', gateway: 'gw-1', device: {}, channel: [], metric: 7 }],
    });
    const page = await open('desk');
    await page.getByText('This card cannot be shown').waitFor();
    for (const title of cards) await page.getByRole('heading', { name: title, exact: true }).waitFor();
    centre.tell('gateway', { now: ago(0), gateway: gatewayView('gw-1', { name: 'Renamed' }) });
    await page.getByRole('heading', { name: 'Renamed' }).waitFor();
    centre.answers.set('/api/v1/metrics', { metrics: [] });
    centre.tell('hello', { now: ago(0) });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No readings yet').waitFor();
  });
});
