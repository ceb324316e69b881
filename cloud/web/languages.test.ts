/** The built page in the languages of the catalogue: whole, remembered, and as easy to press as in English. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { withoutCentrePage } from '../../test/harness/browser.ts';
import { unless } from '../../test/harness/unless.ts';
import { ago, alarmView, eventView, gatewayView, ledgerView } from './testing/examples.ts';
import type { FakeCentre } from './testing/fake-centre.ts';
import { pageInBrowser, type Size, screenshots, sizes } from './testing/page-in-browser.ts';

describe('the languages of the centre’s page', unless(withoutCentrePage), () => {
  const browser = pageInBrowser();
  const { centre } = browser;
  const requested: string[] = [];
  beforeEach(() => {
    requested.length = 0;
    fill(centre);
  });

  /** `locale`: the language that the browser asks for. */
  async function open(size: Size, locale: string): Promise<Page> {
    const page = await browser.newPage(size, locale);
    page.on('request', (request) => requested.push(request.url()));
    await browser.load(page);
    return page;
  }

  test('a browser that prefers Russian gets a page without an English word, as wide and as easy to press as in English', async () => {
    const page = await open('phone', 'ru-KZ');
    await page.getByRole('heading', { name: 'Тревоги', exact: true }).waitFor();
    await page.getByText('критических: 1, не подтверждено: 2, завершены: 1').waitFor();
    await page.getByText('недостаёт 2 событий').waitFor();
    await page.locator('.event').nth(3).waitFor();
    await page.locator('.plot canvas').waitFor();
    await page.getByText('5,13 кВт').first().waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('ru');
    // of the languages only this one is loaded
    expect(requested.filter((address) => /(parts|sent)-(?!ru)/.test(address))).toEqual([]);
    expect(await latinWords(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(sizes.phone.width);
    const wrong = await page.evaluate(() =>
      [
        ...document.querySelectorAll(
          'button, summary, select, input:not([type=hidden]), .mantine-SegmentedControl-label',
        ),
      ]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .filter(
          ({ element, box }) =>
            box.width > 0 &&
            (box.height < 44 || (element.tagName !== 'INPUT' && element.scrollWidth > element.clientWidth + 1)),
        )
        .map(({ element, box }) => `${element.className} ${element.textContent} ${box.width}×${box.height}`),
    );
    expect(wrong).toEqual([]);
    const { violations } = await new AxeBuilder({ page: page as never }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
    await screenshots(page, 'ru-phone');
    await page.setViewportSize(sizes.desk);
    await screenshots(page, 'ru-desk');
  });

  test('a chosen language applies at once, and is remembered by the browser and for the person', async () => {
    const page = await open('desk', 'en-GB');
    await page.getByRole('heading', { name: 'Alarms', exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Language' }).selectOption('ru');
    await page.getByRole('heading', { name: 'Тревоги', exact: true }).waitFor();
    await expect.poll(() => centre.sent).toEqual([['POST /api/v1/session/language', { language: 'ru' }]]);
    await page.reload();
    await page.getByRole('heading', { name: 'Тревоги', exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Язык' }).selectOption('en');
    await page.getByRole('heading', { name: 'Alarms', exact: true }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('a person who has chosen Russian reads Russian on every browser from the log-in on', async () => {
    centre.answers.set('/api/v1/session', { user: null });
    const page = await open('phone', 'en-GB');
    await page.getByRole('textbox', { name: 'Password' }).fill('secret');
    centre.answers.set('/api/v1/login', { user: 'admin', role: 'operator', language: 'ru' });
    await page.getByRole('button', { name: 'Log in' }).tap();
    await page.getByRole('heading', { name: 'Тревоги', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Выйти' }).tap();
    await page.getByRole('button', { name: 'Войти' }).waitFor();
    expect(await latinWords(page)).toEqual([]);
    const detailI18n = { key: 'gateway/reason.login-wait', values: { seconds: 7 } };
    centre.problems.set('/api/v1/login', { status: 429, detail: 'too many tries: wait 7 s', detailI18n } as never);
    await page.getByRole('textbox', { name: 'Пароль' }).fill('guess');
    await page.getByRole('button', { name: 'Войти' }).tap();
    await page
      .getByRole('alert')
      .getByText(/^Слишком много попыток/)
      .waitFor();
    await screenshots(page, 'ru-login-phone');
  });

  test('an alarm that its gateway sent as a message of the catalogue is read in the page’s language, any other as it came', async () => {
    const message_i18n = { key: 'centre/alarm.link', values: { links: { list: ['kafka', 'modem', 'radio'] } } };
    centre.answers.set('/api/v1/alarms', {
      alarms: [
        alarmView('a', { message: 'three of them', message_i18n } as never),
        alarmView('b', { message: 'it burns', message_i18n: { key: 'alarm/of-a-newer-gateway' } } as never),
      ],
      open: 2,
    });
    const streams = centre.streamsOpened;
    const page = await open('desk', 'ru');
    await expect.poll(() => centre.streamsOpened, { timeout: 30_000 }).toBeGreaterThan(streams);
    await page.locator('.alarm').getByText('Не работает канал шлюза: kafka, modem и radio').waitFor();
    await page.locator('.alarm').getByText('it burns').waitFor();
    const catching_up = { key: 'centre/note.catching-up', values: { count: 21_000 } };
    centre.sendToPages('centre', {
      problems: ['Kafka: it is away'],
      notes: ['catching up'],
      notes_i18n: [catching_up],
      current: false,
      as_of: null,
      why_old: 'no Kafka',
      why_old_i18n: { key: 'centre/old.kafka' },
    });
    await page.getByText('в Kafka ещё 21 000 несохранённых записей').waitFor();
    await page.getByText('Kafka: it is away').waitFor();
    await page.locator('.bar [title*="Kafka не отвечает центру"]').first().waitFor();
    // a note is as wide as the page, and on a phone no word of the bar is cut
    await page.setViewportSize(sizes.phone);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('.bar-inner > *, .bar-inner .mark > span, .bar-lines')]
        .filter((part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
        .map((part) => part.textContent),
    );
    expect(cut).toEqual([]);
    const widths = await page.evaluate(() =>
      [...document.querySelectorAll('.bar-lines')].map((lines) => lines.getBoundingClientRect().width - innerWidth),
    );
    expect(widths).toEqual([0, 0]);
  });
});

/** A reason as a gateway sends it in English, with the message that the centre adds. */
const inEnglish = { reason: 'the disk is full', reason_i18n: { key: 'gateway/reason.disk-full' } };

/** A site with something of everything, whose names are in Cyrillic: Latin words left on the page are its own. */
function fill(centre: FakeCentre): void {
  const minute = 60_000;
  const device = (id: string, change: object = {}) => ({
    id,
    name: `Счётчик ${id}`,
    connected: true,
    lastSeen: ago(1000),
    messages: 7,
    deadLetters: 0,
    values: { power_w: 5131.2 },
    ...change,
  });
  const uplink = {
    sink: '1',
    state: 'draining',
    since: ago(minute),
    reason: '',
    events: 12_000,
    bytes: 3_400_000,
    eventsPerSecond: 800,
    plan: {
      eventsPerSecond: 800,
      bytesPerSecond: 80_000,
      arrivingPerSecond: 50,
      secondsLeft: 900,
      endsAt: ago(-900_000),
      outlook: 'ending',
    },
    budget: { used: 50_000_000, limit: 100_000_000 },
  };
  const cameras = [
    { id: '7', name: 'Двор', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' },
    { id: '8', name: 'Ворота', state: 'stalled', reason: '', framesPerSecond: 0, detector: 'motion' },
  ];
  const bare = { cameras: [], uplinks: [], devices: [] };
  const gateways = [
    gatewayView('1', {
      name: 'Ферма',
      site: 'ферма',
      place: 'Щитовая',
      cameras,
      uplinks: [uplink],
      clock: 'unsynced',
      backlog: { events: 12_000, bytes: 3_400_000 },
      devices: [device('1'), device('2', { connected: false }), device('3', { connected: false })],
    } as never),
    gatewayView('2', { ...bare, name: 'Мельница', site: 'мельница', online: false } as never),
    gatewayView('3', {
      ...bare,
      name: 'Склад',
      site: 'склад',
      online: false,
      in_service: false,
      last_contact: null,
    } as never),
  ];
  centre.answers.set('/api/v1/logout', { user: null });
  centre.answers.set('/api/v1/gateways', { now: ago(0), gateways });
  const lane = {
    epoch: '001122',
    lane: '2',
    assigned: 100,
    received: 90,
    shed: 5,
    missing: 2,
    waiting: 3,
    duplicates: 0,
    settled: 97,
    reasons: [{ ...inEnglish, count: 5 }],
    gaps_left_out: 0,
    gaps: [{ from: 1, to: 0, count: 3, ...inEnglish }],
    ranges: {
      received: { ranges: [], left_out: 0 },
      shed: { ranges: [[10, 14]], left_out: 0 },
      missing: { ranges: [[2, 3]], left_out: 0 },
      waiting: { ranges: [], left_out: 0 },
    },
  };
  centre.answers.set('/api/v1/gateways/1/ledger', { ...ledgerView('1'), missing: 2, lanes: [lane] });
  const picture = { id: '00', sha256: '0'.repeat(64), size: 9, kind: 'picture', media: 'image/jpeg' };
  const alarm = { site: 'ферма', gateway: '1', device: '1' };
  centre.answers.set('/api/v1/alarms', {
    alarms: [
      alarmView('1', { ...alarm, message: 'Мощность ввода выше предела', evidence: [picture], count: 3 } as never),
      alarmView('2', {
        ...alarm,
        message: 'Ворота открыты',
        severity: 'warning',
        acknowledged: true,
        active: false,
        open: false,
        acknowledged_by: 'анна',
        acknowledged_at: ago(minute),
        acknowledged_where: 'centre only',
        peak: 30_000,
      } as never),
      alarmView('3', { ...alarm, message: 'Датчик молчит', severity: 'info', test: true, acknowledged: true } as never),
      alarmView('4', { ...alarm, message: 'Протечка', active: false, acknowledged: false, severity: 'warning' }),
    ],
    open: 40,
    not_listed: [{ gateway: '2', site: 'мельница', open: 21 }],
  });
  const event = (sequence: number, change: object) =>
    eventView(sequence, { site: 'ферма', gateway: '1', subject: '1', ...change } as never);
  const scene = { class: 'человек', score: 0.871 };
  centre.answers.set('/api/v1/events', {
    events: [
      event(1, { data: { values: { power_w: 5131.2, energy_wh_export: 1500 }, quality: 'stale' } }),
      event(2, { type: 'forpost.alert.v1', data: { change: 'raised', message: 'Протечка', severity: 'critical' } }),
      event(3, { type: 'forpost.vision.observation.v1', data: { ...scene, change: 'entered', zone: 'двор' } }),
      event(4, {
        type: 'forpost.vision.observation.v1',
        data: { ...scene, change: 'crossed', line: 'забор', to: 'left' },
      }),
      event(5, {
        type: 'forpost.gap.v1',
        time: ago(120_000),
        stored: ago(0),
        clock: 'unsynced',
        data: { count: 812, from: '1000', to: '1811', lane: '2', ...inEnglish },
      }),
      event(6, { type: 'forpost.clock.v1', data: {}, corrected_time: ago(6000), stored: ago(0) }),
    ],
    cursor: 'x',
  });
  centre.answers.set('/api/v1/metrics', {
    metrics: [{ site: 'ферма', gateway: '1', device: '1', channel: '', metric: 'power_w' }],
  });
  const to = Date.now();
  const points = Array.from({ length: 60 }, (_, i) => ({ time: to - (60 - i) * minute, value: 5000 + i * 3 }));
  centre.answers.set('/api/v1/series', {
    unit: 'W',
    from: ago(60 * minute),
    to: ago(0),
    step: 60,
    agg: 'mean',
    tz: 'UTC',
    points,
  });
}

/** Latin texts that a Russian page may show: names, commands, files, a unit, the language's own short name. */
const notWords =
  /Forpost|forpost replay|forpost cloud user add|first-password|--\w+|\bRU\b|\badmin\b|English|site\.yaml/g;

/** The Latin words of the page: its texts, labels, titles and placeholders. */
async function latinWords(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => [
    document.title,
    // biome-ignore lint/performance/useDomNodeTextContent: what is shown, without style elements
    document.body.innerText,
    ...[...document.querySelectorAll('[aria-label], [placeholder], [alt], [data-label], [title]:not(time)')].flatMap(
      (element) =>
        ['aria-label', 'placeholder', 'alt', 'data-label', 'title'].map((name) => element.getAttribute(name) ?? ''),
    ),
  ]);
  return [...new Set(texts.flatMap((text) => text.replace(notWords, '').match(/[A-Za-z]{2,}.*/g) ?? []))];
}
