import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { Browser, Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, withoutBrowser } from '../../test/harness/browser.ts';
import { freePorts } from '../../test/harness/ports.ts';
import { TcpProxy } from '../../test/harness/proxy.ts';
import { unless } from '../../test/harness/unless.ts';
import type { Track } from '../vision/messages.ts';
import { ConsoleServer } from './server.ts';
import { activeAlarm, deviceStatus, earlierAlarm, FakeSource, gatewayStatus, refusedView } from './testing/source.ts';

describe('the page in a browser on a phone', unless(withoutBrowser), () => {
  let browser: Browser;
  let server: ConsoleServer;
  let source: FakeSource;
  let page: Page;
  let hash: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    hash = await hashPassword('ladder');
    source = new FakeSource();
    source.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString() });
    server = new ConsoleServer({
      gateway: 'farm-1',
      http: { port: 0 },
      users: (name) => (name === 'installer' ? hash : undefined),
      source,
      health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
      metrics: { contentType: 'text/plain', render: async () => '' },
      clock: systemClock,
      logger: silentLogger(),
    });
    await server.start();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 844 }, hasTouch: true });
    page.on('console', (message) => {
      // expected errors: some tests make the gateway refuse a request
      if (!/409 \(Conflict\)|404 \(Not Found\)/.test(message.text()))
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('a browser that asks for Russian gets the page in Russian, and a choice of English is remembered', async () => {
    const before = source.current;
    source.current = {
      ...before,
      devices: [deviceStatus('meter', { name: 'Счётчик', connected: false, lastSeen: before.at })],
    };
    const context = await browser.newContext({ locale: 'ru-RU', viewport: { width: 390, height: 844 } });
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
    await page.getByLabel('User').fill('installer');
    await page.getByLabel('Password').fill('ladder');
    await page.getByRole('button', { name: 'Log in' }).click();
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
      ...{ messages: 12, inARow: 12, nothingUnderstood: true, unknownKeys: ['BOX.Flux'] },
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

  /** The position on the screen of a point of the editor's picture. */
  async function onBoard(x: number, y: number): Promise<readonly [number, number]> {
    const box = await page.locator('.board').boundingBox();
    if (box === null) throw new Error('nothing to draw on');
    return [box.x + x * box.width, box.y + y * box.height];
  }
  async function tap(x: number, y: number): Promise<void> {
    const [left, top] = await onBoard(x, y);
    await page.touchscreen.tap(left, top);
  }

  test('a zone is drawn with a finger, changed, undone, and saved over the revision that was edited', async () => {
    source.rulesByCamera = {
      yard: [{ id: 'r', name: 'Intruder', kind: 'zone-entered', zone: 'drive', line: undefined }],
    };
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New zone' }).click();
    for (const [x, y] of [
      [0.2, 0.1],
      [0.5, 0.1],
      [0.5, 0.4],
    ] as const)
      await tap(x, y);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByLabel('Zone').fill('Grüne Tür');
    await page.getByLabel('Zone').blur();
    // a corner is dragged, the drag undone, and a corner added
    const [x, y] = await onBoard(0.5, 0.4);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 30, y + 30, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo' }).click();
    const [midX, midY] = await onBoard(0.35, 0.25);
    await page.mouse.move(midX, midY);
    await page.mouse.down();
    const [toX, toY] = await onBoard(0.2, 0.4);
    await page.mouse.move(toX, toY, { steps: 4 });
    await page.mouse.up();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    const [saved] = source.saved;
    expect(saved).toMatchObject({ camera: 'yard', revision: 'c0ffee', by: 'installer' });
    const zone = saved?.scene.zones[1];
    expect(zone).toMatchObject({ id: 'grune-tur', name: 'Grüne Tür' });
    expect(zone?.points.map((point) => point.map((value) => Math.round(value * 100) / 100))).toEqual([
      [0.2, 0.1],
      [0.5, 0.1],
      [0.5, 0.4],
      [0.2, 0.4],
    ]);
    await page.locator('.zone text', { hasText: 'Grüne Tür' }).waitFor();
  });

  test('a zone that a rule watches cannot be deleted; a refused save shows its reason, and the drawing stays', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByText('Tap a shape to change it').waitFor();
    await tap(0.7, 0.65);
    await page.getByText('Watched by Intruder').waitFor();
    expect(await page.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'New line' }).click();
    await tap(0.1, 0.8);
    await tap(0.9, 0.9);
    source.refusal = { conflict: 'somebody else has saved the site meanwhile' };
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('somebody else has saved').waitFor();
    await page.locator('.editing .line polyline').first().waitFor();
    source.refusal = undefined;
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(source.saved.at(-1)?.scene.lines).toMatchObject([{ id: 'line-1', name: 'Line 1' }]);
  });

  test('a motion mask is drawn with a finger, and the page says what a motion mask does', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New motion mask' }).click();
    await page.getByText('a tree, a flag, a street').waitFor();
    for (const [x, y] of [
      [0.05, 0.1],
      [0.15, 0.1],
      [0.15, 0.3],
    ] as const)
      await tap(x, y);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Movement here is not looked at').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.editing .motion polygon').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(source.saved.at(-1)?.scene.masks).toEqual([]);
    const [mask] = source.saved.at(-1)?.scene.motion_masks ?? [];
    expect(mask?.points.map((point) => point.map((value) => Math.round(value * 100) / 100))).toEqual([
      [0.05, 0.1],
      [0.15, 0.1],
      [0.15, 0.3],
    ]);
  });

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
    expect(source.trials.yard?.secondsLeft).toBe(600);
    const verdicts = [
      { rule: 'r', name: 'Intruder', fired: false, why: 'Not what it looks for: this is a car, it wants person' },
      { rule: 'q', name: 'Anything', fired: true, why: 'Alarm: car in Drive' },
    ];
    source.trials.yard = {
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
    source.trials.yard = { ...source.trials.yard, secondsLeft: 595 };
    await page.getByText('9:55 left').waitFor();
    await page.getByText('The test was not ended').waitFor();
    await page.unroute('**/trial', refuse);
    await page.getByRole('button', { name: 'End test' }).click();
    await page.locator('.trial').waitFor({ state: 'detached' });
    expect(source.trials.yard?.secondsLeft).toBe(0);
    source.current = { ...source.current, cameras };
    await page.getByText('Other 15').waitFor({ state: 'detached' });
  });

  test('an alarm’s picture is fetched only when a person opens it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    const path = join(folder, 'picture.jpg');
    await writeFile(path, source.pictures.get('yard') as Buffer);
    const id = '00000000000000aa';
    const size = (source.pictures.get('yard') as Buffer).length;
    const record = { id, kind: 'picture', media: 'image/jpeg', sha256: 'ab'.repeat(32), size } as const;
    source.kept.set(id, {
      path,
      record: { ...record, time: 0, clock: 'synced', camera: 'yard', alarms: ['e'], worth: 'alarm' },
    });
    const film = {
      ...record,
      id: '00000000000000bb',
      kind: 'clip',
      media: 'video/mp4',
      sha256: 'cd'.repeat(32),
    } as const;
    const clip = join(folder, 'clip.mp4');
    const encode = ['-f', 'lavfi', '-i', 'color=red:size=320x180:duration=1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    expect(spawnSync('ffmpeg', ['-v', 'error', ...encode, '-movflags', '+faststart', clip]).status).toBe(0);
    const filmed = {
      ...film,
      size: (await stat(clip)).size,
      time: 0,
      clock: 'synced',
      camera: 'yard',
      alarms: ['e'],
      worth: 'alarm',
    } as const;
    source.kept.set(film.id, { path: clip, record: { ...filmed, alarms: ['e'] } });
    source.raise(
      activeAlarm('e', {
        message: 'Somebody in Drive',
        evidence: [record, film],
        evidence_problem: 'no clip: the disk is full',
      }),
    );
    await page.getByText('No clip: the disk is full.').waitFor();
    await page.getByText('Somebody in Drive').first().waitFor();
    expect(source.views).toEqual([]);
    await page.getByRole('button', { name: 'Show 1 picture, 1 clip' }).click();
    await page.locator('.evidence img').waitFor();
    await expect
      .poll(() =>
        page.locator('.evidence img').evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(320);
    // the browser plays the clip: the content security policy must allow media too
    await expect
      .poll(() =>
        page.locator('.evidence video').evaluate((video) => (video as unknown as { videoWidth: number }).videoWidth),
      )
      .toBe(320);
    expect(source.views[0]).toEqual({ id, by: 'installer' });
    expect(new Set(source.views.map((view) => view.id))).toEqual(new Set([id, film.id]));
    await page.getByRole('button', { name: 'Hide 1 picture, 1 clip' }).click();

    // yesterday's alarm is opened in the same way; a missing picture has its reason, also one deleted meanwhile
    const yesterday = Date.now() - 86_400_000;
    const kept = { ...record, id: '00000000000000dd' } as const;
    source.kept.set(kept.id, {
      path,
      record: { ...kept, time: 0, clock: 'synced', camera: 'yard', alarms: ['y1'], worth: 'alarm' },
    });
    const gone = { ...record, id: '00000000000000cc' } as const;
    source.earlier = [
      earlierAlarm('y1', { message: 'At the fence', raised: yesterday, ended: yesterday + 9000, evidence: [kept] }),
      earlierAlarm('y2', { message: 'At the barn', raised: yesterday, evidence: [gone] }),
      earlierAlarm('old', {
        message: 'At the shed',
        why: 'Its pictures are no longer kept: they are kept for 30 days.',
      }),
    ];
    source.views.length = 0;
    await page.getByRole('button', { name: 'Show earlier alarms' }).click();
    await page.getByRole('heading', { name: 'Yesterday' }).waitFor();
    await page.getByText('they are kept for 30 days').waitFor();
    expect(source.views).toEqual([]);
    const row = (message: string) => page.locator('.earlier-alarm', { hasText: message });
    await row('At the fence').getByRole('button', { name: 'Show 1 picture' }).click();
    await expect
      .poll(() =>
        row('At the fence')
          .locator('img')
          .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(320);
    expect(source.views).toEqual([{ id: kept.id, by: 'installer' }]);
    await row('At the barn').getByRole('button', { name: 'Show 1 picture' }).click();
    await row('At the barn').getByText('it cannot be shown').waitFor();
    await page.getByLabel('With pictures').check();
    await row('At the shed').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Hide earlier alarms' }).click();
    await rm(folder, { recursive: true });
  });

  test('the page fits a phone, its buttons fit a thumb, and the browser logs no error', async () => {
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    const targets = await page
      .locator('button, .rows summary')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(48);
    expect(complaints).toEqual([]);
  });

  test('the page reports a gateway that stops answering without closing its connection, as at a loss of power', async () => {
    const [port = 0] = await freePorts(1);
    const proxy = await TcpProxy.start(port, () => Number(new URL(server.url).port));
    const far = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await far.goto(`http://127.0.0.1:${port}`);
    await far.getByLabel('User').fill('installer');
    await far.getByLabel('Password').fill('ladder');
    await far.getByRole('button', { name: 'Log in' }).click();
    await far.getByText('Huber farm').first().waitFor();
    const lost = far.getByText('The gateway does not answer');
    // longer than the page waits without a message: the ticks keep it connected
    await new Promise((resolve) => setTimeout(resolve, 13_000));
    expect(await lost.count()).toBe(0);
    proxy.hold(['requests', 'answers']);
    await lost.waitFor({ timeout: 20_000 });
    proxy.heal();
    await lost.waitFor({ state: 'detached', timeout: 20_000 });
    await far.close();
    await proxy.stop();
  });

  test('the page reports a gateway that stops; after its restart the page asks for the log-in, and the drawing is kept', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New line' }).click();
    await tap(0.1, 0.2);
    await tap(0.9, 0.2);
    const drawn = page.locator('.editing .line polyline[points]');
    const before = await drawn.count();
    const port = Number(new URL(server.url).port);
    await server.stop();
    const lost = page.getByText('The gateway does not answer');
    await lost.waitFor({ state: 'attached' });
    const again = new ConsoleServer({
      gateway: 'farm-1',
      http: { port },
      users: (name) => (name === 'installer' ? hash : undefined),
      source,
      health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
      metrics: { contentType: 'text/plain', render: async () => '' },
      clock: systemClock,
      logger: silentLogger(),
    });
    await again.start();
    server = again;
    // this gateway keeps no sessions across a restart, so the page asks for the log-in
    await page.getByText('The log-in is over').waitFor();
    expect(await lost.count()).toBe(0);
    for (const _twice of [1, 2]) await page.keyboard.press('Escape');
    await page.getByLabel('User').fill('installer');
    await page.getByLabel('Password').fill('ladder');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('forpost-login').waitFor({ state: 'detached' });
    expect(await drawn.count()).toBe(before);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.getByText('An alarm needs you').waitFor();
    const picture = page.locator('forpost-camera img');
    const shown = await picture.getAttribute('src');
    await expect.poll(() => picture.getAttribute('src'), { timeout: 30_000 }).not.toBe(shown);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.locator('forpost-camera').count()).toBe(0);
  });

  test('a viewer, such as a screen on a wall, sees alarms and cameras, and no button that changes anything', async () => {
    const wall = new FakeSource();
    const camera = {
      id: 'yard',
      name: 'Yard',
      state: 'live',
      reason: '',
      framesPerSecond: 5,
      detector: 'motion',
    } as const;
    wall.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString(), cameras: [camera] });
    wall.active = [activeAlarm('1', { message: 'Power above 5 kW', place: 'Cellar' })];
    const viewing = new ConsoleServer({
      gateway: 'farm-2',
      http: { port: 0 },
      users: () => hash,
      roleOf: (name) => (name === 'hall' ? 'viewer' : 'operator'),
      source: wall,
      health: { alive: () => ({ ok: true, reasons: [] }), ready: () => ({ ok: true, reasons: [] }) },
      metrics: { contentType: 'text/plain', render: async () => '' },
      clock: systemClock,
      logger: silentLogger(),
    });
    await viewing.start();
    const screen = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      for (const [user, buttons] of [
        ['hall', 0],
        ['installer', 1],
      ] as const) {
        await screen.goto(viewing.url);
        await screen.getByLabel('User').fill(user);
        await screen.getByLabel('Password').fill('ladder');
        await screen.getByRole('button', { name: 'Log in' }).click();
        await screen.getByText('Power above 5 kW').first().waitFor();
        await screen.getByText('Cellar').first().waitFor();
        await screen.locator('forpost-camera').waitFor();
        for (const name of ['Acknowledge', 'Draw zones', 'Test'])
          expect([user, name, await screen.getByRole('button', { name, exact: true }).count()]).toEqual([
            user,
            name,
            buttons,
          ]);
        expect(await screen.getByText('Not acknowledged').count()).toBe(1 - buttons);
        for (const scheme of process.env.FORPOST_SHOTS === undefined ? [] : (['light', 'dark'] as const)) {
          await screen.emulateMedia({ colorScheme: scheme });
          for (const width of [390, 1280]) {
            await screen.setViewportSize({ width, height: 800 });
            await screen.screenshot({
              path: join(process.env.FORPOST_SHOTS ?? '', `wall-${user}-${width}-${scheme}.png`),
              fullPage: true,
            });
          }
        }
        await screen.getByRole('button', { name: 'Log out' }).click();
        await screen.getByLabel('User').waitFor();
      }
    } finally {
      await screen.close();
      await viewing.stop();
    }
  });
});
