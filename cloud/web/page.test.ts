/** The built page in a browser, at a desk and on a phone, with hostile names, long lists and answers that fail. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { withoutCentrePage } from '../../test/harness/browser.ts';
import { unless } from '../../test/harness/unless.ts';
import { ago, alarmView, eventView, gatewayView, ledgerView } from './testing/examples.ts';
import {
  inScheme,
  pageInBrowser,
  type Size,
  screenshot,
  screenshots,
  sizeNames,
  sizes,
} from './testing/page-in-browser.ts';

const cards = ['Alarms', 'Gateways', 'Events'];

describe('the page of the centre', unless(withoutCentrePage), () => {
  const browser = pageInBrowser();
  const { centre } = browser;
  const complaints: string[] = [];
  beforeEach(() => {
    complaints.length = 0;
  });

  /** The page with all its cards; `complaints` collects what the browser finds wrong with it. */
  async function open(size: Size): Promise<Page> {
    const page = await browser.newPage(size);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // the fake centre has no answer, or refuses an address that contains a name of 64 kB
      if (message.type() === 'error' && !/404|431|ERR_CONNECTION_RESET/.test(message.text()))
        complaints.push(message.text());
    });
    const streams = centre.streamsOpened;
    await browser.load(page);
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    // a message that is sent before the page listens is lost
    await expect.poll(() => centre.streamsOpened, { timeout: 30_000 }).toBeGreaterThan(streams);
    return page;
  }

  const heightOf = (page: Page) => page.evaluate(() => document.documentElement.scrollHeight);
  const widthOf = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

  /** Strings that a gateway may send as a name, an id or a message. */
  const hostile: readonly (readonly [string, string])[] = [
    ['markup', '<img src=x onerror="document.title=1"><script>document.title=2</script>'],
    ['64 kB', 'W'.repeat(65_536)],
    ['empty', ''],
    ['a word with a meaning in JavaScript', '__proto__'],
    ['right to left, with an override', '\u202Eמונה\u202C حساب'],
    ['control characters', 'a\u0000\u0007\u001B[31m\r\n\tb'],
    ['half of a surrogate pair', '\ud800 meter'],
    ['stacked combining marks', `Z${'\u0335\u0321'.repeat(300)}`],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(40)],
  ];

  describe.each(sizeNames)('at the size of a %s', (size) => {
    test.each(hostile)('the page shows every card when all names are %s', async (_what, name) => {
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

    test('with 30 gateways, 300 alarms and a full list of events the page is a few screens long', async () => {
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
        unit: 'W',
        from: ago(3_600_000),
        to: ago(0),
        step: 60,
        agg: 'mean',
        tz: 'UTC',
        points,
      });
      const page = await open(size);
      await page.locator('.plot canvas').waitFor();
      await page.locator('.event').nth(shown).waitFor();
      expect(centre.asked.filter((path) => path.startsWith('/api/v1/events')).at(-1)).toContain(`limit=${shown}`);
      const chart = await page.locator('.area-chart').boundingBox();
      expect(chart?.height).toBeLessThan(700);
      expect(await heightOf(page)).toBeLessThan(size === 'phone' ? 9_000 : 5_000);
      await screenshot(page, `long-${size}`);
      expect(complaints).toEqual([]);
    });
  });

  test('new alarms do not move the list under a finger: a button counts them, and shows them when it is pressed', async () => {
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
    for (let i = 0; i < 20; i++)
      centre.sendToPages('alert', alarmView(`new-${i}`, { raised: ago(0), changed: ago(0) }));
    const newAlarms = page.getByRole('button', { name: /20 new alarms, Critical: House connection overloaded/ });
    await newAlarms.waitFor();
    await screenshot(page, 'new');
    expect(await place()).toEqual(before);
    centre.sendToPages('alert', { ...alarms[0], active: false, open: true, change: 'cleared', changed: ago(0) });
    await page.locator('.alarm').first().getByText('Over', { exact: true }).waitFor();
    expect(await place()).toEqual(before);
    // the pictures that were opened are still open
    expect(await page.locator('.evidence figure').count()).toBe(1);
    await page.getByRole('button', { name: `Hide 1 picture: ${alarms[2]?.message}` }).tap();
    await newAlarms.tap();
    await page.locator('.alarm').first().getByText('(new-').waitFor();
    expect(complaints).toEqual([]);
  });

  test.each(sizeNames)(
    'the page says which alarms and events a list leaves out, which times are not believed, and where an alarm is, at the size of a %s',
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
      centre.sendToPages('events', { events: [], skipped: 1_200, skipped_of: { 'gw-1': 1_200 } });
      await page.getByText('left out meanwhile: 1,200 of Barn').waitFor();
      expect(await widthOf(page)).toBeLessThanOrEqual(sizes[size].width);
      await screenshots(page, `left-out-${size}`);
      expect(complaints).toEqual([]);
    },
  );

  test('an operator moves a gateway to another site and reads the centre’s answer; a viewer is not offered it', async () => {
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
    // the page keeps the typed text
    expect(await site.inputValue()).toBe('new-barn');
    centre.problems.clear();
    centre.answers.set('/api/v1/gateways/gw-1/site', {});
    await move.tap();
    await page.getByText('The gateway belongs to new-barn now').waitFor();
    expect(centre.sent).toEqual([
      ['POST /api/v1/gateways/gw-1/site', { site: 'new-barn' }],
      ['POST /api/v1/gateways/gw-1/site', { site: 'new-barn' }],
    ]);
    await screenshot(page, 'move');
    centre.answers.set('/api/v1/session', { user: 'wall', role: 'viewer' });
    const wall = await open('desk');
    await wall.getByRole('heading', { name: 'Gateway gw-1' }).waitFor();
    expect(await wall.getByText('Move to another site').count()).toBe(0);
  });

  test('when a gateway cannot send its pictures, the page shows the reason instead of the button', async () => {
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

  test('on a phone every button is large enough for a finger, and every text has enough contrast', async () => {
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
      await inScheme(page, scheme);
      // waits until no colour changes any more: a colour in between would be judged
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      await page.waitForFunction(
        'document.getAnimations().every((one) => one.effect.getComputedTiming().endTime === Infinity)',
      );
      const { violations } = await new AxeBuilder({ page: page as never }).analyze();
      expect(violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
    }
  });

  test('staff can log in and acknowledge with the keyboard alone; the focus then stays on the row of that alarm', async () => {
    centre.answers.set('/api/v1/session', { user: null });
    const page = await browser.newPage('desk');
    await browser.load(page);
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
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('alarm');
    // the page renders again each second; that must not take the focus back
    await page.evaluate('document.activeElement.blur()');
    const words = page.locator('.alarm-since').first();
    const before = await words.textContent();
    await expect.poll(() => words.textContent(), { timeout: 70_000 }).not.toBe(before);
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    await page.reload();
  });

  test('a card that fails to render shows an error and a button to try again; the other cards work on', async () => {
    centre.answers.set('/api/v1/gateways', { now: ago(0), gateways: [gatewayView('gw-1')] });
    // an answer that no centre sends, as from a proxy between them
    centre.answers.set('/api/v1/metrics', {
      metrics: [{ site: 'x', gateway: 'gw-1', device: {}, channel: [], metric: 7 }],
    });
    const page = await open('desk');
    await page.getByText('This card cannot be shown').waitFor();
    for (const title of cards) await page.getByRole('heading', { name: title, exact: true }).waitFor();
    centre.sendToPages('gateway', { now: ago(0), gateway: gatewayView('gw-1', { name: 'Renamed' }) });
    await page.getByRole('heading', { name: 'Renamed' }).waitFor();
    centre.answers.set('/api/v1/metrics', { metrics: [] });
    centre.sendToPages('hello', { now: ago(0) });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No readings yet').waitFor();
  });
});
