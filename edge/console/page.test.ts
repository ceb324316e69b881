/**
 * The gateway's page in a browser on a phone. The tests build on each other in their order: they share one browser, one
 * page and its log-in, because a browser is slow to start. testing/page/ has the longer ones.
 */
import type { Route } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withoutBrowser } from '../../test/harness/browser.ts';
import { unless } from '../../test/harness/unless.ts';
import type { Track } from '../vision/messages.ts';
import { drawingTests } from './testing/page/drawing.ts';
import { evidenceTests } from './testing/page/evidence.ts';
import { hostTests } from './testing/page/host.ts';
import { outageTests } from './testing/page/outages.ts';
import { browser, complaints, logIn, page, pageOnAPhone, phone, server, source } from './testing/page/phone.ts';
import { setUpTests } from './testing/page/set-up.ts';
import { wallTests } from './testing/page/wall.ts';
import { activeAlarm, deviceStatus, refusedView } from './testing/source.ts';

describe('the page in a browser on a phone', unless(withoutBrowser), () => {
  pageOnAPhone();

  test('a browser that asks for Russian gets the page in Russian, and a choice of English is remembered', async () => {
    const before = source.current;
    source.current = {
      ...before,
      devices: [deviceStatus('meter', { name: 'Счётчик', connected: false, lastSeen: before.at })],
    };
    const context = await browser.newContext({ locale: 'ru-RU', viewport: phone });
    const russian = await context.newPage();
    russian.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    await russian.goto(server.url);
    await russian.getByLabel('Пользователь').fill('installer');
    await russian.getByLabel('Пароль').fill('ladder');
    await russian.getByRole('button', { name: 'Войти' }).click();
    await russian.getByText('Один пункт требует внимания').waitFor();
    await russian.getByText('Счётчик: нет подключения').waitFor();
    await russian.getByRole('heading', { name: 'Устройства подключено 0 из 1' }).waitFor();
    expect(await russian.locator('html').getAttribute('lang')).toBe('ru');
    await russian.getByLabel('Язык').selectOption('English');
    await russian.getByText('One thing to look at').waitFor();
    expect(await russian.locator('html').getAttribute('lang')).toBe('en');
    await russian.reload();
    await russian.getByText('Счётчик is not connected').waitFor();
    await context.close();
    source.current = before;
  });

  test('an installer logs in and sees a device, a camera and an alarm appear without a reload', async () => {
    await page.goto(server.url);
    await logIn(page);
    await page.getByText('All is well').waitFor();

    source.current = {
      ...source.current,
      devices: [
        deviceStatus('meter', { name: 'Main meter', lastSeen: new Date().toISOString(), values: { power_w: 5312 } }),
      ],
    };
    await page.locator('.value', { hasText: '5.31 kW' }).waitFor();
    await page.getByText('all 1 connected').waitFor();

    const red = { create: { width: 320, height: 180, channels: 3 as const, background: '#a33' } };
    source.pictures.set('yard', await sharp(red).jpeg().toBuffer());
    source.drawn = {
      yard: {
        lines: [],
        masks: [],
        motion_masks: [],
        zones: [
          {
            id: 'drive',
            name: 'Drive',
            points: [
              [0, 0.5],
              [1, 0.5],
              [1, 1],
            ],
          },
        ],
      },
    };
    source.current = {
      ...source.current,
      cameras: [{ id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'yolox-nano' }],
    };
    await page.locator('forpost-camera img').waitFor();
    await page.locator('.zone text', { hasText: 'Drive' }).waitFor();
    await expect.poll(() => source.sceneListeners.size).toBe(1);
    const track = {
      id: 1,
      class: 'person',
      score: 0.87,
      box: [0.4, 0.5, 0.1, 0.3] as const,
      zones: ['drive'],
      best: 0.9,
      seen: 3,
      static: false,
    };
    const car = { ...track, id: 2, class: 'car', box: [0.1, 0.1, 0.2, 0.2] as const, zones: [], static: true };
    const see = (tracks: readonly Track[], ms = Date.now()) =>
      source.see({ camera: 'yard', time: new Date(ms).toISOString(), tracks, changes: [] });
    const seen = setInterval(() => see([track, car]), 200);
    await page.locator('.track text', { hasText: 'person 87 %' }).waitFor();
    await page.locator('.zone.entered').waitFor();
    await page.locator('.track.stands text', { hasText: 'car stands' }).waitFor();
    await page.getByText('silent until it moves').waitFor();
    clearInterval(seen);

    // a person walks: the boxes belong to the shown picture, not to a newer frame
    const boxAt = () => page.locator('.track rect').first().getAttribute('x');
    const taken = Date.now() + 10_000;
    source.taken = taken;
    see([{ ...track, box: [0.5, 0.5, 0.1, 0.3] }], taken);
    await expect.poll(boxAt).toBe('160');
    // one at a time, because the stream merges scenes that come together
    see([{ ...track, box: [0.75, 0.5, 0.1, 0.3] }], taken + 400);
    source.taken = taken + 500;
    await expect.poll(boxAt).toBe('240');
    see([{ ...track, box: [0.25, 0.5, 0.1, 0.3] }], taken + 800);
    source.taken = taken + 700;
    await page.waitForResponse((answer) => answer.headers()['forpost-taken'] === new Date(taken + 700).toISOString());
    expect(await boxAt()).toBe('240');
    source.taken = taken + 900;
    await expect.poll(boxAt).toBe('80');
    source.taken = undefined;

    source.raise(activeAlarm('1', { message: 'Power above 5 kW', since: new Date().toISOString() }));
    await page.getByText('An alarm needs you').waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged', { exact: true }).waitFor();
    expect(source.acknowledged).toEqual([{ alarm: '1', by: 'installer' }]);
  });

  test('an open row of a device shows its dead letters with their reasons as they come', async () => {
    const letter = { device: 'meter' as never, topic: 'a/b', payload: Buffer.from('{"x'), received: Date.now() };
    const counted = (deadLetters: number) => {
      const devices = source.current.devices.map((device) => ({ ...device, deadLetters }));
      source.current = { ...source.current, devices };
    };
    await page.locator('summary', { hasText: 'Main meter' }).click();
    source.letters = [{ ...letter, reason: 'not JSON' }];
    counted(1);
    await page.getByText('1 unreadable').waitFor();
    await page.getByText('not JSON').waitFor();
    await page.getByText('{"x').waitFor();
    source.letters = [];
    counted(2);
    await page.getByText('No longer kept').waitFor();
  });

  test('a device whose messages are not understood is shown with its newest message and its mute rules', async () => {
    const before = source.current;
    const at = new Date().toISOString();
    const [meter] = before.devices;
    if (meter === undefined) throw new Error('no device');
    const unread = {
      messages: 12,
      inARow: 12,
      nothingUnderstood: true,
      unknownKeys: ['BOX.Flux'],
      newest: { topic: 'tele/meter/SENSOR', at, payload: '{"BOX":{"Flux":1}}' },
      fields: [{ path: 'BOX.Temperature', problem: 'is null: no value', count: 3, at }],
    };
    const muteRules = [{ rule: 'hot', name: 'Too hot', reason: 'temperature_c has not come' }];
    source.current = { ...before, devices: [{ ...meter, connected: true, values: {}, unread, muteRules }] };
    await page.locator('summary', { hasText: 'understood nothing of 12 messages' }).waitFor();
    await page.locator('.letters strong', { hasText: 'Understood nothing of 12 messages' }).waitFor();
    await page.getByText('{"BOX":{"Flux":1}}').waitFor();
    await page.getByText('BOX.Flux', { exact: true }).waitFor();
    await page.getByText('is null: no value').waitFor();
    await page.getByText('Too hot').waitFor();
    source.current = before;
    await page.getByText('Too hot').waitFor({ state: 'detached' });
  });

  test('refusals of clients are shown at once, at their device and in a list', async () => {
    const wrong = refusedView({ name: 'Main meter', last: new Date().toISOString(), first: new Date().toISOString() });
    const forged = { kind: 'publish', what: 'forpost/alerts/x', principal: 'flows', name: 'Flows' } as const;
    source.refusals = [
      wrong,
      { ...wrong, ...forged },
      { ...wrong, kind: 'stranger', principal: null, name: null, user: 'eve' },
    ];
    const refused = page.locator('#refused');
    await refused.getByText('Main meter (client id c1, from 10.0.0.7) logs in with a wrong password.').waitFor();
    await refused.getByText('publishes to forpost/alerts/x, where it may not').waitFor();
    await refused.getByText('«eve» (client id c1, from 10.0.0.7) is no device or consumer of this site.').waitFor();
    await page.locator('#devices').getByText('1 refusal').waitFor();
    await page.locator('#devices').getByText('It logs in with a wrong password.').waitFor({ state: 'attached' });
    source.refusals = [];
    await refused.waitFor({ state: 'detached' });
  });

  drawingTests();

  test('the test of a camera shows the verdict of each rule on each change, with the reason', async () => {
    // on a site with more cameras than one page may watch
    const { cameras } = source.current;
    const others = Array.from({ length: 16 }, (_, n) => ({ ...cameras[0]!, id: `other-${n}`, name: `Other ${n}` }));
    source.current = { ...source.current, cameras: others };
    await page.getByText('Other 15').waitFor();
    source.current = { ...source.current, cameras: [...others, ...cameras] };
    const yard = page.locator('forpost-camera', { hasText: 'Yard' });
    await yard.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('page nobody').waitFor();
    const person = { id: 9, class: 'person', score: 0.66, box: [0.4, 0.5, 0.1, 0.3] as const, zones: ['drive'] };
    const seen = setInterval(() => {
      const tracks = [{ ...person, best: 0.9, seen: 3, static: false }];
      source.see({ camera: 'yard', time: new Date().toISOString(), tracks, changes: [] });
    }, 200);
    await yard.getByText('person 66 % in Drive').waitFor();
    clearInterval(seen);
    expect(source.cameraTests.yard?.secondsLeft).toBe(600);
    const verdicts = [
      { rule: 'r', name: 'Intruder', fired: false, why: 'Not what it looks for: this is a car, it wants person' },
      { rule: 'q', name: 'Anything', fired: true, why: 'Alarm: car in Drive' },
    ];
    source.cameraTests.yard = {
      secondsLeft: 598,
      entries: [{ id: 1, time: new Date().toISOString(), what: 'car (90 %) came into Drive', verdicts }],
    };
    await page.getByText('this is a car, it wants person').waitFor();
    await page.locator('.verdict.fired', { hasText: 'Alarm: car in Drive' }).waitFor();
    await page.getByText('9:58 left').waitFor();
    // a failed end of a test is shown, and the test continues
    const refuse = (route: Route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 409, json: { detail: 'Not now.' } })
        : route.continue();
    await page.route('**/trial', refuse);
    await page.getByRole('button', { name: 'End test' }).click();
    await page.getByText('The test was not ended. Not now.').waitFor();
    source.cameraTests.yard = { ...source.cameraTests.yard, secondsLeft: 595 };
    await page.getByText('9:55 left').waitFor();
    await page.getByText('The test was not ended').waitFor();
    await page.unroute('**/trial', refuse);
    await page.getByRole('button', { name: 'End test' }).click();
    await page.locator('.camera-test').waitFor({ state: 'detached' });
    expect(source.cameraTests.yard?.secondsLeft).toBe(0);
    source.current = { ...source.current, cameras };
    await page.getByText('Other 15').waitFor({ state: 'detached' });
  });

  evidenceTests();
  hostTests();

  test('the page fits a phone, its buttons fit a thumb, and the browser logs no error', async () => {
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    const targets = await page
      .locator('button, .rows summary')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(48);
    expect(complaints).toEqual([]);
  });

  setUpTests();
  outageTests();
  wallTests();
});
