/**
 * The visit of an installer, step by step: from a site without devices of his own to an alarm that he acknowledges. One hand
 * does all of it (hand.ts), in one language, and each step is timed.
 *
 *   log in ► pairing ► Shelly ► plug ► bridge ► its sensors ► camera ► zone ► rule ► alarm ► acknowledged
 *
 * Always: a step ends when the page shows its result; the first step that fails ends the visit, because the next ones build
 * on it; the time of pictures and of axe is no time of a step.
 */
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { type Texts, texts } from '@forpost/shared/texts/texts.ts';
import type { Locator } from 'playwright-core';
import { until } from '../../harness/process.ts';
import { type NewDevice, type Plug, sensorNames, shelly, tasmotaPlug, zigbee2Mqtt } from './devices.ts';
import type { EmptySite } from './empty-site.ts';
import type { Hand } from './hand.ts';
import type { Seen } from './seen.ts';

export interface VisitedCamera {
  /** of its device service, to be typed where no search finds it */
  readonly address: string;
  readonly isFound: boolean;
  readonly user: string;
  readonly password: string;
}

export interface StepFigure {
  /** of the figures: log_in */
  readonly name: string;
  readonly words: string;
  readonly seconds: number;
  /** taps, or keys that are no text */
  readonly acts: number;
  readonly typed: number;
}

export interface VisitParts {
  readonly hand: Hand;
  readonly site: EmptySite;
  readonly camera: VisitedCamera;
  readonly language: Language;
  readonly seen: Seen;
}

const names = {
  en: {
    shelly: 'Cellar light',
    plug: 'Washing machine',
    bridge: 'Zigbee',
    camera: 'Yard',
    zone: 'Drive',
    rule: 'Washing',
    sensor: 'sensor',
  },
  ru: {
    shelly: 'Свет в подвале',
    plug: 'Стиральная машина',
    bridge: 'Мост Zigbee',
    camera: 'Двор',
    zone: 'Въезд',
    rule: 'Стирка',
    sensor: 'датчик',
  },
} as const;
/** in steps of the keyboard cross from the middle of the picture */
const corners = [
  [0.2, 0.4],
  [0.8, 0.4],
  [0.8, 0.9],
  [0.2, 0.9],
] as const;
const limitW = 1000;
const washingW = 1840;
const waitMs = 60_000;
const cameraTestMs = 150_000;

export class Visit {
  readonly steps: StepFigure[] = [];
  readonly #parts: VisitParts;
  readonly #t: Texts['t'];
  readonly #names: (typeof names)[Language];
  readonly #devices: NewDevice[] = [];
  #plug: Plug | undefined;
  /** ms that were spent on judging what is seen, in the step so far */
  #judgedMs = 0;

  constructor(parts: VisitParts) {
    this.#parts = parts;
    this.#t = texts(parts.language, catalogue[parts.language]).t;
    this.#names = names[parts.language];
  }

  /** @throws Error of the step that fails, with its words in front */
  async run(): Promise<void> {
    const { mqttPort } = this.#parts.site;
    const { shelly: light, plug, bridge } = this.#names;
    await this.#step('log_in', 'open the page and log in', () => this.#logIn());
    await this.#step('open_pairing', 'open the pairing window', () => this.#openPairing());
    await this.#step('pair_shelly', 'take in a Shelly that appears', () => this.#takeIn(shelly(mqttPort), light));
    await this.#step('pair_plug', 'take in a Tasmota plug that appears', () => {
      this.#plug = tasmotaPlug(mqttPort);
      return this.#takeIn(this.#plug, plug);
    });
    await this.#step('pair_bridge', 'take in Zigbee2MQTT as a bridge', () =>
      this.#takeIn(zigbee2Mqtt(mqttPort), bridge),
    );
    await this.#step('close_pairing', 'close the pairing window', () => this.#closePairing());
    await this.#step('name_sensors', 'give three sensors behind the bridge their names', () => this.#nameSensors());
    await this.#step('add_camera', 'find a camera, log in to it, test its stream, and add it', () => this.#addCamera());
    await this.#step('draw_zone', 'draw a zone in the camera’s picture', () => this.#drawZone());
    await this.#step('make_rule', 'make a rule for the plug’s power with the form', () => this.#makeRule());
    await this.#step('alarm', 'the plug’s power rises: see its alarm on the overview', () => this.#seeAlarm());
    await this.#step('acknowledge', 'acknowledge the alarm', () => this.#acknowledge());
  }

  stop(): void {
    for (const device of this.#devices) device.stop();
  }

  async #step(name: string, words: string, work: () => Promise<void>): Promise<void> {
    const { hand } = this.#parts;
    const [begun, acts, typed] = [performance.now(), hand.acts, hand.typed];
    this.#judgedMs = 0;
    try {
      await work();
    } catch (error) {
      await this.#parts.seen.judge(`${this.#number()}-${name}-failed`).catch(() => undefined);
      throw new Error(`${hand.kind}, ${words}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const seconds = (performance.now() - begun - this.#judgedMs) / 1000;
    await this.#see(name);
    this.steps.push({ name, words, seconds, acts: hand.acts - acts, typed: hand.typed - typed });
    process.stderr.write(`${hand.kind}: ${words}: ${seconds.toFixed(1)} s, ${hand.acts - acts} acts\n`);
  }

  #number(): string {
    return String(this.steps.length + 1).padStart(2, '0');
  }

  async #see(name: string): Promise<void> {
    const begun = performance.now();
    await this.#parts.seen.judge(`${this.#number()}-${name}`);
    this.#judgedMs += performance.now() - begun;
  }

  async #logIn(): Promise<void> {
    const { hand, site } = this.#parts;
    const t = this.#t;
    await hand.page.goto(site.page);
    const user = hand.page.getByLabel(t('gateway-page/log-in.user'));
    await user.waitFor();
    await this.#see('log_in_form');
    await hand.fill(user, 'user', site.account.user);
    await hand.fill(hand.page.getByLabel(t('gateway-page/log-in.password')), 'password', site.account.password);
    await this.#button(t('gateway-page/log-in.submit'));
    await this.#link(t('gateway-page/places.set-up')).waitFor({ timeout: waitMs });
  }

  async #openPairing(): Promise<void> {
    const { page } = this.#parts.hand;
    await this.#area('pairing');
    await this.#button(this.#t('set-up/pairing.open'));
    await page.locator('.pairing-open').waitFor();
  }

  async #takeIn(device: NewDevice, name: string): Promise<void> {
    this.#devices.push(device);
    const { hand } = this.#parts;
    const t = this.#t;
    const card = hand.page.locator('article.knocker', { hasText: device.model, has: hand.page.locator('form') });
    await card.waitFor({ timeout: waitMs });
    await this.#see(`knocker_${name}`);
    await hand.fill(card.getByLabel(label(t('set-up/field.name'))), 'name', name);
    await hand.press(card.getByRole('button', { name: t('set-up/pairing.take') }), t('set-up/pairing.take'));
    const [arrived = ''] = t('set-up/pairing.arrived', { time: '@' }).split('@');
    const taken = hand.page.locator('article.knocker', { has: hand.page.getByRole('heading', { name, exact: true }) });
    await taken.getByText(arrived).waitFor({ timeout: waitMs });
  }

  async #closePairing(): Promise<void> {
    await this.#button(this.#t('set-up/pairing.close'));
    await this.#parts.hand.page.getByText(this.#t('set-up/pairing.what')).waitFor();
  }

  async #nameSensors(): Promise<void> {
    const { hand } = this.#parts;
    const t = this.#t;
    await hand.press(this.#link(t('set-up/pairing.name-devices')), t('set-up/pairing.name-devices'));
    for (const sensor of sensorNames) {
      const heading = hand.page.getByRole('heading', { name: sensor, exact: true });
      const card = hand.page.locator('article.found', { has: heading });
      await card.waitFor({ timeout: waitMs });
      if (sensor === sensorNames[0]) await this.#see('found_sensors');
      await hand.fill(card.getByLabel(label(t('set-up/field.name'))), 'name', `${sensor} ${this.#names.sensor}`);
      await hand.press(card.getByRole('button', { name: t('set-up/pairing.take') }), t('set-up/pairing.take'));
      await card.waitFor({ state: 'detached', timeout: waitMs });
    }
    await this.#idOf(`${sensorNames.at(-1)} ${this.#names.sensor}`);
  }

  async #addCamera(): Promise<void> {
    const { hand, camera } = this.#parts;
    const { page } = hand;
    const t = this.#t;
    await this.#area('cameras');
    await hand.press(this.#link(t('set-up/cameras.add')), t('set-up/cameras.add'));
    if (camera.isFound) await hand.press(page.locator('.row-button', { hasText: 'Simulated' }), 'the found camera');
    else {
      await hand.fill(page.getByLabel(t('set-up/cameras.by-address')), 'address', camera.address);
      await this.#button(t('set-up/cameras.next'));
    }
    await page.getByRole('heading', { name: t('set-up/cameras.step-login') }).waitFor();
    await this.#see('camera_login');
    await hand.fill(page.getByLabel(t('set-up/cameras.user')), 'user', camera.user);
    await hand.fill(page.getByLabel(t('set-up/cameras.password')), 'password', camera.password);
    await this.#button(t('set-up/cameras.next'));
    await page.getByRole('heading', { name: t('set-up/cameras.step-streams') }).waitFor({ timeout: waitMs });
    await this.#button(t('set-up/cameras.test'));
    await page.locator('.tested-stream img').waitFor({ timeout: cameraTestMs });
    await this.#see('camera_tested');
    await this.#button(t('set-up/cameras.to-name'));
    await hand.fill(page.getByLabel(label(t('set-up/field.name'))), 'name', this.#names.camera);
    await this.#see('camera_name');
    await this.#button(t('set-up/cameras.add'));
    await page.getByRole('heading', { name: this.#names.camera }).waitFor({ timeout: waitMs });
    await page.locator('forpost-camera .picture img').waitFor({ timeout: waitMs });
  }

  async #drawZone(): Promise<void> {
    const { hand } = this.#parts;
    const { page } = hand;
    const t = this.#t;
    await this.#button(t('gateway-page/cameras.draw'));
    await this.#button(t('gateway-page/editor.new-zone'));
    await hand.corners(page.locator('.board'), corners);
    await this.#see('zone_drawn');
    await this.#button(t('gateway-page/editor.done'));
    const dialog = page.locator('dialog.editor');
    await hand.fill(dialog.getByLabel(t('gateway-page/editor.zone'), { exact: true }), 'name', this.#names.zone);
    const save = t('gateway-page/editor.save');
    await hand.press(dialog.getByRole('button', { name: save, exact: true }), save);
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.zone text', { hasText: this.#names.zone }).waitFor({ timeout: waitMs });
  }

  async #makeRule(): Promise<void> {
    const { hand } = this.#parts;
    const { page } = hand;
    const t = this.#t;
    await this.#area('rules');
    await hand.press(this.#link(t('rule/page.add-rule')), t('rule/page.add-rule'));
    await this.#see('rule_kinds');
    await hand.press(this.#link(t('rule/kind.threshold')), t('rule/kind.threshold'));
    const field = (name: string) => page.getByLabel(label(name));
    await hand.fill(field(t('rule/field.name')), 'name', this.#names.rule);
    await hand.choose(field(t('rule/field.device')), 'device', await this.#idOf(this.#names.plug));
    await hand.fill(field(t('rule/field.metric')), 'value', 'power_w');
    await hand.fill(field(t('rule/field.above')), 'above', String(limitW));
    await page.locator('.rule-preview strong', { hasText: /./ }).waitFor();
    await this.#see('rule_form');
    await this.#button(t('rule/page.add-rule'));
    await page.getByRole('heading', { name: this.#names.rule }).waitFor({ timeout: waitMs });
  }

  async #seeAlarm(): Promise<void> {
    const { hand } = this.#parts;
    if (this.#plug !== undefined) this.#plug.power = washingW;
    this.#plug?.publish();
    await hand.page.locator('nav.places .count').waitFor({ timeout: waitMs });
    await hand.press(this.#link(this.#t('gateway-page/places.overview')), this.#t('gateway-page/places.overview'));
    await this.#alarm().waitFor({ timeout: waitMs });
  }

  async #acknowledge(): Promise<void> {
    const { hand, site } = this.#parts;
    const t = this.#t;
    const button = this.#alarm().getByRole('button', { name: t('gateway-page/alarms.acknowledge') });
    await hand.press(button, t('gateway-page/alarms.acknowledge'));
    const said = t('gateway-page/alarms.acknowledged-by', { name: site.account.user });
    await this.#alarm().getByText(said).waitFor({ timeout: waitMs });
  }

  #alarm(): Locator {
    return this.#parts.hand.page.locator('.alarm-card', { hasText: this.#names.plug });
  }

  /** Opens an area of set-up from anywhere. `name`: as in the page's address */
  async #area(name: string): Promise<void> {
    const { hand } = this.#parts;
    await hand.press(this.#link(this.#t('gateway-page/places.set-up')).first(), this.#t('gateway-page/places.set-up'));
    await hand.press(hand.page.locator(`nav.areas a[href$="#set-up/${name}"]`), name);
    await hand.page.locator('.area h2').waitFor({ timeout: waitMs });
  }

  async #button(name: string): Promise<void> {
    const { hand } = this.#parts;
    await hand.press(hand.page.getByRole('button', { name, exact: true }), name);
  }

  /** The link whose name begins so: rows have more behind it. */
  #link(name: string): Locator {
    return this.#parts.hand.page.getByRole('link', { name: new RegExp(`^${escaped(name)}`) });
  }

  /** The id of a device that a person has named. */
  #idOf(name: string): Promise<string> {
    return until(`${name} is a device of the site`, async () => {
      const { devices } = await this.#parts.site.api<{ devices: readonly { id: string; name: string }[] }>(
        '/api/v1/status',
      );
      return devices.find((device) => device.name === name)?.id;
    });
  }
}

/** The label of a field, with «(may stay empty)» behind it or without. */
function label(name: string): RegExp {
  return new RegExp(`^${escaped(name)}( \\(.*)?$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
