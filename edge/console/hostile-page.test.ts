/** Tests of the gateway's page in a browser on a phone, with hostile values of devices and odd names of people. */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, withoutBrowser } from '../../test/harness/browser.ts';
import { unless } from '../../test/harness/unless.ts';
import type { ConsoleServer } from './server.ts';
import { consoleServer, passwordHash } from './testing/server.ts';
import { activeAlarm, deviceStatus, FakeSource, gatewayStatus, refusedView } from './testing/source.ts';

const phone = { width: 390, height: 844 } as const;

describe('the gateway’s page on a phone', unless(withoutBrowser), () => {
  let browser: Browser;
  let server: ConsoleServer;
  let page: Page;
  const source = new FakeSource();
  const complaints: string[] = [];

  beforeAll(async () => {
    server = consoleServer(source, await passwordHash());
    await server.start();
    browser = await launchBrowser();
    const context = await browser.newContext({ viewport: phone, hasTouch: true });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(() => {
    complaints.length = 0;
    source.active = [];
    source.refusals = [];
    source.current = gatewayStatus({ at: new Date().toISOString() });
  });

  /** Loads the page anew; the log-in stays. */
  async function open(): Promise<void> {
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
  }

  test('directly after the log-in, the page shows every alarm, and no text that all is well', async () => {
    source.active = [activeAlarm('1', { severity: 'critical' }), activeAlarm('2', { active: false })];
    await page.goto(server.url);
    await page.getByLabel('User').fill('installer');
    await page.getByLabel('Password').fill('ladder');
    await page.getByRole('button', { name: 'Log in' }).tap();
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    expect(await page.locator('.alarm-card').count()).toBe(2);
    expect(await page.getByText('No alarm is active').count()).toBe(0);
  });

  test.each([
    ['markup', '<img src=x onerror="document.title=1"><script>document.title=2</script>'],
    ['64 kB', 'W'.repeat(65_536)],
    ['empty', ''],
    ['a name of the language', '__proto__'],
    ['another name of the language', 'constructor_constructor'],
    ['right to left, with an override', '\u202Eמונה\u202C حساب'],
    ['control characters', 'a\u0000\u0007\u001B[31m\r\n\tb'],
    ['stacked marks', `Z${'\u0335\u0321'.repeat(300)}`],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(40)],
  ])('every section of the page is shown where names are %s', async (_what, name) => {
    const values = { [name]: name, [`${name}/power_w`]: Number.MAX_VALUE, power_w: name, [`power_${name}`]: -0 };
    const device = deviceStatus('meter', { name, values, lastSeen: name });
    source.current = gatewayStatus({
      name,
      at: new Date().toISOString(),
      problems: [name, name],
      devices: [device, deviceStatus('second', { name, values })],
      cameras: [{ id: 'yard', name, state: name as never, reason: name, framesPerSecond: Number.NaN, detector: name }],
    });
    const said = { user: name, clientId: name, what: name, address: name };
    source.refusals = [
      refusedView({ ...said, kind: 'publish', name }),
      refusedView({ ...said, kind: 'stranger', principal: null, name: null, last: name }),
      refusedView({ ...said, kind: name as never }),
    ];
    source.active = [activeAlarm('1', { message: name, cause: name, summary: name, place: name, rule: name } as never)];
    await open();
    await page.locator('.alarm-card').waitFor();
    await page.locator('#devices summary').first().waitFor();
    expect(await page.getByText('cannot be shown').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(phone.width);
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(20_000);
    expect(await page.title()).not.toMatch(/^[12]$/);
    expect(complaints).toEqual([]);
  });

  test('the most severe unacknowledged alarm is on top, and every button is large enough for a finger', async () => {
    source.active = [
      activeAlarm('1', { severity: 'critical' }),
      activeAlarm('2', { active: false, summary: 'Power reached 39.6 kW' } as never),
    ];
    source.current = gatewayStatus({
      at: new Date().toISOString(),
      devices: [deviceStatus('meter', { values: { power_w: 512 } })],
      cameras: [
        {
          id: 'yard',
          name: 'Yard',
          state: 'stalled',
          reason: 'no frames for 3 s',
          framesPerSecond: 0,
          detector: 'motion',
        },
      ],
      problems: ['The disk is full.'],
    });
    await open();
    await page.locator('.alarm-card').first().waitFor();
    const small = await page
      .locator('button:visible, summary:visible, input:visible')
      .evaluateAll((elements) =>
        elements.filter((element) => element.getBoundingClientRect().height < 44).map((element) => element.outerHTML),
      );
    expect(small).toEqual([]);
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      // skip colours during the transition from one scheme to the other
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      await page.waitForFunction(
        'document.getAnimations().every((one) => one.effect.getComputedTiming().endTime === Infinity)',
      );
      const { violations } = await new AxeBuilder({ page: page as never }).analyze();
      expect(violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
      if (process.env.FORPOST_SHOTS !== undefined)
        await page.screenshot({ path: join(process.env.FORPOST_SHOTS, `gateway-${scheme}.png`), fullPage: true });
    }
  });

  test('no row moves under a finger while alarms come and go, and new alarms are one tap away', async () => {
    const at = new Date().toISOString();
    source.active = ['a', 'b'].map((id) => activeAlarm(id, { message: `Power above 5 kW (${id})`, since: at, at }));
    await open();
    const button = page.locator('.alarm-card', { hasText: '(b)' }).getByRole('button', { name: 'Acknowledge' });
    await button.waitFor();
    await page.getByRole('heading', { name: 'Alarms' }).tap();
    const place = async () => {
      const { x = 0, y = 0 } = (await button.boundingBox()) ?? {};
      return { x: Math.round(x / 2), y: Math.round(y / 2) };
    };
    const before = await place();
    source.raise(activeAlarm('c', { severity: 'critical', message: 'Somebody at the gate', since: at, at }));
    const told = page.getByRole('button', { name: '1 new alarm, Critical: Somebody at the gate' });
    await told.waitFor();
    expect(await place()).toEqual(before);
    if (process.env.FORPOST_SHOTS !== undefined)
      await page.screenshot({ path: join(process.env.FORPOST_SHOTS, 'gateway-new.png') });
    await told.tap();
    await page.locator('.alarm-card').first().getByText('Somebody at the gate').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a page in use shows its first alarm at once, and no longer the text that all is well', async () => {
    await open();
    const calm = page.getByText('No alarm is active');
    await calm.waitFor();
    await page.getByRole('heading', { name: 'Alarms' }).tap();
    source.raise(activeAlarm('c', { severity: 'critical', message: 'Somebody at the gate' }));
    await page.getByRole('button', { name: '1 new alarm, Critical: Somebody at the gate' }).waitFor();
    expect(await calm.count()).toBe(0);
  });
});
