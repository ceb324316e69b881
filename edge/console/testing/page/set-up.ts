/** Set-up in the browser: a device added by keyboard, over a lost connection, beside another installer, and undone. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { withEdits } from '../../../site/document-edit.ts';
import { anotherPage, browser, logIn, page, phone, server, site, source } from './phone.ts';

/** Goes through the page by keyboard to the element, and follows it. */
async function follow(on: Page, name: string | RegExp): Promise<void> {
  const link = on.getByRole('link', { name });
  await link.focus();
  await on.keyboard.press('Enter');
}

export function setUpTests(): void {
  test('an installer adds a device by keyboard; what the gateway refuses is shown at its field, and what was typed outlives a lost connection', async () => {
    const desk = await anotherPage(server.url);
    await logIn(desk);
    await follow(desk, 'Set up');
    await follow(desk, /^Devices/);
    await follow(desk, 'Add a device');
    const id = desk.getByLabel('Id', { exact: true });
    // the id is made of the name, until somebody types one
    const name = desk.getByLabel(/^Name/);
    await name.fill('Счётчик № 7');
    expect(await id.inputValue()).toBe('schyotchik-7');
    await name.fill('');
    await id.fill('');
    await id.focus();
    await desk.keyboard.type('Meter 7');
    await desk.getByLabel('What it speaks').selectOption('Tasmota');
    await id.focus();
    await desk.keyboard.press('Enter');
    await desk.locator('[aria-invalid=true]').waitFor();
    expect(await id.getAttribute('aria-invalid')).toBe('true');
    expect(await desk.locator('input:focus').getAttribute('id')).toBe(await id.getAttribute('id'));
    const described = (await id.getAttribute('aria-describedby')) ?? '';
    expect(await desk.locator(`#${described.split(' ').at(-1)}`).textContent()).toMatch(/Meter 7/);
    await id.fill('meter-7');

    await desk.context().setOffline(true);
    await desk.keyboard.press('Enter');
    await desk.getByText('What you typed is kept here').waitFor();
    await desk.context().setOffline(false);
    await desk.reload();
    await desk.getByText('What you typed earlier is here again').waitFor();
    expect(await id.inputValue()).toBe('meter-7');
    await id.focus();
    await desk.keyboard.press('Enter');
    await desk.getByText('The device is added').waitFor();
    expect(await desk.locator('.secret').textContent()).toMatch(/^.{20,}$/);
    expect(site.document.text).toContain('id: meter-7');
    expect(site.document.text).toContain('# the farm');
    await desk.close();
  });

  test('a bridge is added on the page, and the device that it found is taken in with one tap and renamed later', async () => {
    await page.goto(`${server.url}/#set-up/bridges/%2B`);
    await page.getByLabel('Id', { exact: true }).fill('zigbee');
    await page.getByLabel('What it speaks').selectOption('Zigbee2MQTT');
    await page.getByRole('button', { name: 'Add a bridge' }).tap();
    await page.getByText('The bridge is added').waitFor();
    await page.goto(`${server.url}/#set-up/devices`);
    const probe = page.locator('.found', { hasText: 'Probe 7' });
    await probe.getByText('Aqara WSDCGQ11LM · behind zigbee · 3 messages').waitFor();
    await probe.locator('.fact', { hasText: '8 °C' }).waitFor();
    await probe.getByRole('button', { name: 'Take in' }).tap();
    await page.getByText('“Probe 7” is a device of the site now.').waitFor();
    expect(site.document.text).toContain('source: "0x7"');
    await page.getByRole('link', { name: 'Probe 7' }).tap();
    await page.getByRole('heading', { name: 'Probe 7 probe-7' }).waitFor();
    await page.getByLabel('Place (may stay empty)').fill('Freezer');
    await page.getByRole('button', { name: 'Save', exact: true }).tap();
    await page.getByText('Saved. It counts already.').waitFor();
    expect(site.document.text).toContain('place: Freezer');
  });

  test('the link to the centre is tried step by step, and the first step that fails says why; names and clock are shown', async () => {
    await page.goto(`${server.url}/#set-up/centre`);
    await page.getByRole('button', { name: 'Try the link centre' }).tap();
    await page.getByText('The link does not work.').waitFor();
    expect(await page.locator('.link-steps li').evaluateAll((all) => all.map(({ className }) => className))).toEqual([
      ...['ok', 'ok', 'ok', 'failed', 'skipped'],
    ]);
    await page.locator('.link-steps .failed', { hasText: 'unknown token' }).waitFor();
    await page.goto(`${server.url}/#set-up/site`);
    await page.locator('.fact', { hasText: 'Addresses of eth0' }).getByText('10.0.0.7').waitFor();
    await page.getByText('Not confirmed').waitFor();
  });

  test('two installers at once see each other’s change in words, and an undo brings the earlier state back', async () => {
    const { document } = site;
    await page.goto(`${server.url}/#set-up/devices/meter-7`);
    await page.getByLabel('Name (may stay empty)').fill('Kitchen');
    await document.change({
      seen: String(document.newest.number),
      author: { kind: 'page', name: 'eve' },
      why: '',
      edit: (text) => withEdits(text, [{ set: ['devices', 'meter-7', 'name'], value: 'Hall' }]),
    });
    const hall = document.newest.number;
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const conflict = page.locator('.conflict');
    await conflict.getByText('eve has changed the site').waitFor();
    await conflict.getByText('device meter-7 renamed to Hall').waitFor();
    expect(await conflict.locator('dd').allInnerTexts()).toEqual(['now: Hall', 'yours: Kitchen']);
    await conflict.getByRole('button', { name: 'Save mine instead' }).click();
    await page.getByText('Saved. It counts already.').waitFor();
    expect(document.text).toContain('name: Kitchen');

    await page.goto(`${server.url}/#set-up/history`);
    const before = page.locator('.history > li', { hasText: `Revision ${hall}` });
    await before.getByRole('button', { name: 'Back to this state…' }).click();
    await before.getByText('device meter-7 renamed to Hall').last().waitFor();
    await before.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByText('is back, as a new revision').waitFor();
    expect(document.text).toContain('name: Hall');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(phone.width);
    await pictures();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
  });
}

const places = [
  '',
  '/devices',
  '/devices/meter-7',
  '/devices/%2B',
  '/bridges',
  '/bridges/zigbee',
  '/bridges/zigbee/probe-7',
  '/consumers',
  '/consumers/%2B',
  '/centre',
  '/site',
  '/history',
  '/backup',
];

/** Pictures of every form for a person to look at, where FORPOST_SHOTS names a folder. */
async function pictures(): Promise<void> {
  const folder = process.env.FORPOST_SHOTS;
  if (folder === undefined) return;
  source.current = { ...source.current };
  for (const locale of ['en', 'ru'])
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [phone.width, 1280]) {
        const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 844 } });
        const shown = await context.newPage();
        await context.addCookies(await page.context().cookies());
        for (const place of places) {
          await shown.goto(`${server.url}/#set-up${place}`);
          await shown.locator('.set-up h2').first().waitFor();
          await shown.waitForLoadState('networkidle').catch(() => undefined);
          const name = place.replaceAll('/', '-').replace('%2B', 'new');
          const path = join(folder, `set-up${name}-${locale}-${width}-${colorScheme}.png`);
          await shown.screenshot({ path, fullPage: true });
        }
        await context.close();
      }
}
