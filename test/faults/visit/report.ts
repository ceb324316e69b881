/**
 * `npm run faults -- --visit [--shots FOLDER]`: the whole visit of an installer in a real browser, twice: with a finger on a
 * phone in English, and by keyboard alone at a desk in Russian. Each begins on an empty site with a gateway's own process,
 * simulated devices and a simulated camera. Afterwards every area of set-up is judged by axe and walked through by Tab.
 *
 * Meanwhile a meter publishes twenty readings a second, and the alerts of a watched device are timed. Goals: every step
 * succeeds, nothing acknowledged is lost, the gateway's process stays the same, and no alert waits for the installer.
 */
import { mkdir } from 'node:fs/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startCamera } from '../../../scripts/camera/camera.ts';
import { startOnvifBeside } from '../../../scripts/camera/onvif/beside.ts';
import { createReport, percentile, type Report } from '../../../scripts/report.ts';
import { launchBrowser, withoutBrowser } from '../../harness/browser.ts';
import { cameraCache } from '../../harness/root.ts';
import { judgeAreas } from './areas.ts';
import { EmptySite } from './empty-site.ts';
import { Finger, type Hand, Keyboard } from './hand.ts';
import { type MeterVerdict, Neighbours } from './neighbours.ts';
import { Seen } from './seen.ts';
import { type StepFigure, Visit, type VisitedCamera } from './visit.ts';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };
const login = { user: 'viewer', password: 'of the yard' };
/** an installer drives to the site for this */
const visitWithinS = 300;
const say = (text: string) => process.stderr.write(`${text}\n`);

interface Pass {
  readonly language: Language;
  readonly context: BrowserContextOptions;
  readonly handOn: (page: Page) => Hand;
}

const passes: readonly Pass[] = [
  {
    language: 'en',
    context: { viewport: phone, hasTouch: true, locale: 'en-GB' },
    handOn: (page) => new Finger(page),
  },
  { language: 'ru', context: { viewport: desk, locale: 'ru-RU' }, handOn: (page) => new Keyboard(page) },
];

interface PassFigures {
  readonly kind: Hand['kind'];
  readonly steps: readonly StepFigure[];
  readonly failures: readonly string[];
  readonly awkward: readonly string[];
  readonly violations: readonly string[];
  readonly unreached: readonly string[];
  readonly views: number;
  readonly meter: MeterVerdict;
  readonly alerts: readonly number[];
  /** starts of the gateway beyond the first */
  readonly restarts: number;
}

/** @returns the exit status: 1 when a goal is missed. `shots`: folder for pictures of each step */
export async function visitReport(shots: string | undefined): Promise<0 | 1> {
  if (withoutBrowser !== undefined) throw new Error(`the visit needs a browser: ${withoutBrowser}`);
  if (shots !== undefined) await mkdir(shots, { recursive: true });
  const report = createReport('visit');
  const releasers = new Releasers();
  const all: PassFigures[] = [];
  try {
    const camera = await startCamera({ cache: cameraCache, ...login, progress: say });
    releasers.add('camera', () => camera.stop());
    const onvif = await startOnvifBeside({ url: camera.url, ...login });
    releasers.add('onvif', () => onvif.stop());
    const browser = await launchBrowser();
    releasers.add('browser', () => browser.close());
    for (const pass of passes) all.push(await passOf(pass, browser, { ...onvif, ...login }, shots));
  } finally {
    await releasers.releaseAll((what, problem) => say(`${what}: ${messageOf(problem)}`));
  }
  return printed(report, all);
}

async function passOf(
  pass: Pass,
  browser: Browser,
  camera: VisitedCamera,
  shots: string | undefined,
): Promise<PassFigures> {
  const site = await EmptySite.start();
  const releasers = new Releasers();
  releasers.add('files', () => site.remove());
  releasers.add('gateway', () => site.stop());
  try {
    const { outbox } = await site.api<{ outbox: { epoch: string; starts: number } }>('/api/v1/status');
    const { pid } = site.gateway;
    const neighbours = await Neighbours.start(site);
    const context = await browser.newContext(pass.context);
    releasers.add('context', () => context.close());
    const page = await context.newPage();
    const failures = complaintsOf(page);
    const hand = pass.handOn(page);
    const seen = new Seen(page, `${pass.language}-${pass.context.viewport?.width ?? 0}`, shots);
    const visit = new Visit({ hand, site, camera, language: pass.language, seen });
    releasers.add('devices', async () => visit.stop());
    await visit.run().catch((error: unknown) => {
      failures.push(messageOf(error));
      say(messageOf(error));
    });
    const alerts = await neighbours.stop();
    const unreached = await judgeAreas(page, site, seen).catch((error: unknown) => {
      failures.push(`areas: ${messageOf(error)}`);
      return [];
    });
    const now = (await site.api<{ outbox: { epoch: string; starts: number } }>('/api/v1/status')).outbox;
    const isSame = site.gateway.running && site.gateway.pid === pid && now.epoch === outbox.epoch;
    await site.stop();
    return {
      kind: hand.kind,
      steps: visit.steps,
      failures,
      awkward: hand.problems,
      violations: seen.violations,
      unreached,
      views: seen.views,
      meter: neighbours.verdict(),
      alerts,
      restarts: now.starts - outbox.starts + (isSame ? 0 : 1),
    };
  } finally {
    await releasers.releaseAll((what, problem) => say(`${what}: ${messageOf(problem)}`));
  }
}

/** What the page says to its console, and errors that nobody has caught; refusals are part of a visit. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error in the page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/40[149] \(|422 \(/.test(message.text()))
      complaints.push(`the page says: ${message.text()}`);
  });
  return complaints;
}

function printed(report: Report, all: readonly PassFigures[]): 0 | 1 {
  const listed = {
    steps: [] as string[],
    failures: [] as string[],
    awkward: [] as string[],
    violations: [] as string[],
  };
  for (const { kind, steps, failures, awkward, violations, unreached, views, meter, alerts, restarts } of all) {
    const total = (of: (step: StepFigure) => number) => steps.reduce((sum, step) => sum + of(step), 0);
    const acts = kind === 'touch' ? 'taps' : 'keys';
    for (const step of steps) {
      report.metric(`${kind}_${step.name}_s`, step.seconds).metric(`${kind}_${step.name}_${acts}`, step.acts);
      listed.steps.push(
        `${kind}: ${step.words}: ${step.seconds.toFixed(1)} s, ${step.acts} ${acts}, ${step.typed} characters`,
      );
    }
    report
      .metric(`${kind}_visit_s`, failures.length > 0 ? Number.NaN : total(({ seconds }) => seconds))
      .metric(
        `${kind}_visit_${acts}`,
        total((step) => step.acts),
      )
      .metric(
        `${kind}_visit_characters`,
        total(({ typed }) => typed),
      )
      .metric(`${kind}_failures`, failures.length)
      .metric(`${kind}_awkward`, awkward.length)
      .metric(`${kind}_views_judged`, views)
      .metric(`${kind}_axe_violations`, violations.length)
      .metric(`${kind}_not_by_keyboard`, unreached.length)
      .metric(`${kind}_gateway_restarts`, restarts)
      .metric(`${kind}_meter_acknowledged`, meter.acknowledged)
      .metric(`${kind}_meter_reconnects`, meter.reconnects)
      .metric(`${kind}_lost`, meter.lost)
      .metric(`${kind}_duplicated`, meter.duplicated)
      .metric(`${kind}_alert_p50_ms`, percentile(alerts, 50))
      .metric(`${kind}_alert_p99_ms`, percentile(alerts, 99))
      .metric(`${kind}_alerts`, alerts.length);
    for (const name of ['failures', 'awkward', 'axe_violations', 'not_by_keyboard', 'gateway_restarts'])
      report.goal(`${kind}_${name}`, '=', 0);
    report.goal(`${kind}_meter_reconnects`, '=', 0).goal(`${kind}_lost`, '=', 0).goal(`${kind}_duplicated`, '=', 0);
    report.goal(`${kind}_alert_p99_ms`, '<=', 5).goal(`${kind}_visit_s`, '<=', visitWithinS);
    listed.failures.push(...failures.map((one) => `${kind}: ${one}`));
    listed.awkward.push(...awkward.map((one) => `${kind}: ${one}`));
    listed.violations.push(...violations, ...unreached.map((one) => `${kind}, ${one}`));
  }
  report.samples(all.reduce((sum, { steps }) => sum + steps.length, 0));
  for (const [name, lines] of Object.entries(listed)) report.list(name, lines);
  for (const line of [...listed.failures, ...listed.awkward, ...listed.violations]) say(line);
  return report.print();
}
