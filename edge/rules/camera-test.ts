/**
 * An installer's test of a camera. While it runs, the camera's alarms are marked as a test and nobody is notified. For
 * each change in the picture, the test keeps each rule's verdict with its reason.
 *
 *   off ── begin ──► on ── end, or its time is over ──► off
 *
 * Always: a test ends by itself, because a forgotten one would hide real alarms; the number of kept entries is bounded,
 * the oldest go first; a camera without a test costs one look-up.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { type CameraConfig, isEnabled, type RuleConfig, type Site } from '../site/site.ts';
import type { SceneChange } from '../vision/messages.ts';
import { ruleKind } from './kinds/registry.ts';
import type { AlarmTransition, Observation } from './rule.ts';

export const longestTestS = 1800;

/** One rule's verdict on one change in the picture. */
export interface Verdict {
  readonly rule: string;
  readonly name: string;
  readonly fired: boolean;
  /** the reason why the rule fired or did not, in words */
  readonly why: string;
  readonly whyI18n?: Message;
}

/** One change in the camera's picture. */
export interface CameraTestEntry {
  /** counts up from 1 */
  readonly id: number;
  /** RFC 3339 */
  readonly time: string;
  /** the change in words: a person came into Gate */
  readonly what: string;
  readonly whatI18n?: Message;
  readonly verdicts: readonly Verdict[];
}

export interface CameraTest {
  /** seconds that are left; 0: no test */
  readonly secondsLeft: number;
  /** newest first */
  readonly entries: readonly CameraTestEntry[];
}

interface Running {
  readonly until: number;
  entries: CameraTestEntry[];
}

const mostEntries = 60;

export class CameraTests {
  readonly #clock: Clock;
  readonly #site: () => Site;
  readonly #running = new Map<string, Running>();
  #count = 0;

  constructor(clock: Clock, site: () => Site) {
    this.#clock = clock;
    this.#site = site;
  }

  /** Begins or prolongs the test of a camera; 0 s ends it. */
  begin(camera: string, seconds: number): void {
    if (seconds <= 0) {
      this.#running.delete(camera);
      return;
    }
    const until = this.#clock.uptime() + Math.min(seconds, longestTestS) * 1000;
    this.#running.set(camera, { until, entries: this.#running.get(camera)?.entries ?? [] });
  }

  view(camera: string): CameraTest {
    const running = this.#of(camera);
    if (running === undefined) return { secondsLeft: 0, entries: [] };
    const secondsLeft = Math.ceil((running.until - this.#clock.uptime()) / 1000);
    return { secondsLeft, entries: running.entries.toReversed() };
  }

  /** Whether alarms of this camera are a test now. */
  isTest(camera: string): boolean {
    return this.#running.size > 0 && this.#of(camera) !== undefined;
  }

  /** Notes the rules' verdicts on an observation. */
  observed(observation: Observation, transitions: readonly AlarmTransition[]): void {
    if (this.#running.size === 0) return;
    const running = this.#of(observation.device);
    if (running === undefined) return;
    const site = this.#site();
    const camera = site.cameras.find(({ id }) => id === observation.device);
    if (camera === undefined) return;
    if (observation.kind === 'scene') {
      const { change } = observation;
      const rules = site.rules.filter((rule) => isEnabled(rule) && rule.camera === camera.id);
      const verdicts = rules.map((rule) => verdictOf(rule, camera, change, transitions));
      this.#add(running, whatHappened(camera, change), verdicts);
      return;
    }
    // alarms without a scene change of one thing: a thing stayed too long, a zone is too full, the camera is covered
    const raised = transitions.filter(({ change }) => change === 'raised' || change === 'updated');
    for (const { rule, message: why, messageI18n: whyI18n } of raised) {
      const config = site.rules.find(({ id }) => id === rule);
      this.#add(running, message('gateway/trial.time-passed'), [
        { rule, name: config?.name ?? rule, fired: true, why, ...(whyI18n === undefined ? {} : { whyI18n }) },
      ]);
    }
  }

  #add(running: Running, what: Message, verdicts: readonly Verdict[]): void {
    this.#count++;
    running.entries.push({
      id: this.#count,
      time: rfc3339(this.#clock.now()),
      what: inEnglish(what),
      whatI18n: what,
      verdicts,
    });
    if (running.entries.length > mostEntries) running.entries.shift();
  }

  #of(camera: string): Running | undefined {
    const running = this.#running.get(camera);
    if (running === undefined || this.#clock.uptime() < running.until) return running;
    this.#running.delete(camera);
    return undefined;
  }
}

function verdictOf(
  rule: RuleConfig,
  camera: CameraConfig,
  change: SceneChange,
  transitions: readonly AlarmTransition[],
): Verdict {
  const transition = transitions.find((one) => one.rule === rule.id && one.change !== 'cleared');
  const name = rule.name ?? rule.id;
  if (transition !== undefined) {
    const whyI18n = message('gateway/trial.alarm', { message: transition.messageI18n ?? transition.message });
    return { rule: rule.id, name, fired: true, why: `Alarm: ${transition.message}`, whyI18n };
  }
  const why = whyNot(rule, camera, change);
  const whyI18n = recognise(why);
  return { rule: rule.id, name, fired: false, why, ...(whyI18n === undefined ? {} : { whyI18n }) };
}

/** Why a rule of a camera did not fire at a scene change, in an installer's words. */
export function whyNot(rule: RuleConfig, camera: CameraConfig, change: SceneChange): string {
  const why = ruleKind(rule.kind)?.whyNot?.(rule, camera, change);
  if (why !== undefined) return why;
  return rule.when !== undefined
    ? words('gateway/reason.condition-or-active')
    : words('gateway/reason.active-or-counted');
}

function whatHappened(camera: CameraConfig, change: SceneChange): Message {
  const { class: name, score, box } = change.track;
  const kind = classValue(name);
  const thing = message('gateway/trial.thing', { kind, score: { share: score }, height: { share: box[3] } });
  if (change.change === 'crossed') {
    const line = camera.lines?.find(({ id }) => id === change.line)?.name ?? change.line ?? '';
    return message(crossed[change.to ?? 'left'], { thing, line });
  }
  const zone = camera.zones?.find(({ id }) => id === change.zone)?.name ?? change.zone ?? '';
  return message(did[change.change], { thing, zone });
}

const did = {
  entered: 'gateway/trial.entered',
  left: 'gateway/trial.left',
  parked: 'gateway/trial.parked',
  moved: 'gateway/trial.moved',
} as const;
const crossed = {
  left: 'gateway/trial.crossed-left',
  right: 'gateway/trial.crossed-right',
  up: 'gateway/trial.crossed-up',
  down: 'gateway/trial.crossed-down',
} as const;
