/**
 * Implements source.ts by the gateway's parts. It keeps listeners and nothing else.
 *
 * Always: an answer touches no disk and no network, except pictures and dead letters, which the caller awaits.
 */

import { open } from 'node:fs/promises';
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { Alert } from '../alerts/action.ts';
import type { ActiveAlarm as KnownAlarm } from '../alerts/alarm.ts';
import type { Alarms } from '../alerts/alarms.ts';
import { alarmData } from '../alerts/alert-of.ts';
import type { PastAlarms } from '../alerts/past-alarms.ts';
import type { RefusedClients } from '../broker/refused-clients.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { missingReason } from '../evidence/missing-reason.ts';
import type { EvidenceLimits, EvidenceRecord, EvidenceStore } from '../evidence/store.ts';
import type { Status } from '../health/status.ts';
import type { DeadLetter, Outbox } from '../outbox/outbox.ts';
import type { CameraTest, CameraTests } from '../rules/camera-test.ts';
import type { MuteWatch } from '../rules/mute-watch.ts';
import { summaryOf } from '../rules/summary.ts';
import type { LiveSite, SceneSaved } from '../site/live-site.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { CameraConfig, Site } from '../site/site.ts';
import { deviceWords, logInsOf, siteNames } from '../site/site-devices.ts';
import type { SceneMessage, VisionSupervisor } from '../vision/supervisor.ts';
import type {
  ActiveAlarm,
  AlertNotice,
  ConsoleSource,
  EarlierAlarms,
  EarlierAlarmsQuery,
  LivePicture,
  RefusedView,
  SceneNotice,
} from './source.ts';

export interface PageSourceParts {
  readonly status: Pick<Status, 'status'>;
  readonly site: LiveSite;
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, 'status' | 'deadLetters'>;
  readonly vision: Pick<VisionSupervisor, 'livePicture' | 'latest' | 'watch'>;
  readonly evidence: Pick<Evidence, 'view'>;
  readonly evidenceStore: Pick<EvidenceStore, 'kept' | 'list' | 'pathOf'>;
  readonly evidenceLimits: EvidenceLimits;
  readonly alarms: Pick<Alarms, 'active' | 'waiting'>;
  readonly pastAlarms: Pick<PastAlarms, 'page'>;
  readonly refusedClients: Pick<RefusedClients, 'list'>;
  readonly mute: Pick<MuteWatch, 'list'>;
  readonly cameraTests: Pick<CameraTests, 'view' | 'begin'>;
  /** Acknowledges an alarm on the site for `by`, a log-in name; false where it does not wait for an acknowledgement. */
  readonly acknowledge: (alarm: string, by: string) => boolean;
}

export class PageSource implements ConsoleSource {
  readonly #parts: PageSourceParts;
  readonly #alertListeners = new Set<(alert: AlertNotice) => void>();
  readonly #sceneListeners = new Set<(scene: SceneNotice) => void>();

  constructor(parts: PageSourceParts) {
    this.#parts = parts;
  }

  status(): GatewayStatus {
    return this.#parts.status.status();
  }

  alarms(): ReturnType<ConsoleSource['alarms']> {
    const { alarms } = this.#parts;
    return [...alarms.active(), ...alarms.waiting()].map((alarm) => shownAlarm(alarm, this.#site())).sort(byUrgency);
  }

  earlierAlarms({ pictured, ...query }: EarlierAlarmsQuery): EarlierAlarms | undefined {
    const { pastAlarms, alarms, evidenceStore, evidenceLimits, clock } = this.#parts;
    const shown = new Set([...alarms.active(), ...alarms.waiting()].map(({ alarm }) => alarm));
    const page = pastAlarms.page({
      ...query,
      wanted: ({ alarm, evidence }) => !shown.has(alarm) && (!pictured || evidenceStore.kept(evidence).length > 0),
    });
    if (page === undefined) return undefined;
    const now = clock.now();
    return {
      next: page.next,
      alarms: page.alarms.map((alarm) => {
        const evidence = evidenceStore.kept(alarm.evidence);
        const numbers = { raised: alarm.raised, taken: alarm.evidence.length, kept: evidence.length };
        const why = this.#camera(alarm.device) === undefined ? '' : missingReason(numbers, evidenceLimits, now);
        return { ...alarm, evidence, why };
      }),
    };
  }

  outbox(): ReturnType<ConsoleSource['outbox']> {
    return this.#parts.outbox.status();
  }

  refused(principal?: string): readonly RefusedView[] {
    const refused = this.#parts.refusedClients.list(principal);
    if (refused.length === 0) return [];
    const site = this.#site();
    const names = new Map<string, string | undefined>(
      [...logInsOf(site), ...site.consumers].map(({ id, name }) => [id, name]),
    );
    const named = (id: string) => names.get(id) ?? id;
    return refused.map(({ first, last, ...one }) => ({
      ...one,
      name: one.principal === null ? null : named(one.principal),
      ...(one.kind === 'protocol' ? whatOf(one.what) : {}),
      first: rfc3339(first),
      last: rfc3339(last),
    }));
  }

  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]> {
    return this.#parts.outbox.deadLetters(limit, device);
  }

  scene(camera: string): CameraScene {
    const { zones = [], lines = [], masks = [], motion_masks = [] } = this.#camera(camera) ?? {};
    return { zones, lines, masks, motion_masks };
  }

  rules(camera: string): ReturnType<ConsoleSource['rules']> {
    const about = this.#site().rules.filter((rule) => rule.camera === camera);
    return about.map(({ id, name = id, kind, zone, line }) => ({
      id,
      name,
      kind,
      ...(typeof zone === 'string' ? { zone } : {}),
      ...(typeof line === 'string' ? { line } : {}),
    }));
  }

  allRules(): ReturnType<ConsoleSource['allRules']> {
    const mute = this.#parts.mute.list();
    const site = this.#site();
    const names = siteNames(site);
    return site.rules.map((config) => {
      const { id, name, kind, severity = 'warning' } = config;
      const sentence = summaryOf(config, names);
      return {
        id,
        name: name ?? id,
        kind,
        severity,
        sentence: sentence === undefined ? '' : inEnglish(sentence),
        ...(sentence === undefined ? {} : { sentenceI18n: sentence }),
        config,
        cannotFire: mute.filter(({ rule }) => rule === id).map(({ device, reason }) => ({ device, reason })),
      };
    });
  }

  saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved> {
    return this.#parts.site.saveScene(camera, revision, scene, by);
  }

  cameraTest(camera: string): CameraTest {
    return this.#parts.cameraTests.view(camera);
  }

  beginCameraTest(camera: string, seconds: number): void {
    this.#parts.cameraTests.begin(camera, seconds);
  }

  #site(): Site {
    return this.#parts.site.current;
  }

  #camera(id: string): CameraConfig | undefined {
    return this.#site().cameras.find((camera) => camera.id === id);
  }

  async picture(camera: string): Promise<LivePicture | undefined> {
    if (this.#camera(camera) === undefined) return undefined;
    // the open file stays the same picture when a newer one replaces it under its name
    const file = await open(this.#parts.vision.livePicture(camera), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    try {
      if (file === undefined) return undefined;
      const { mtimeMs: taken } = await file.stat();
      return { jpeg: await file.readFile(), taken };
    } finally {
      await file?.close();
    }
  }

  tracks(camera: string): SceneNotice | undefined {
    const scene = this.#parts.vision.latest(camera);
    return scene === undefined ? undefined : noticeOf(scene);
  }

  watch(camera: string, seconds: number): void {
    this.#parts.vision.watch(camera, seconds);
  }

  evidence(limit: number, alarm?: string): readonly EvidenceRecord[] {
    return this.#parts.evidenceStore.list(limit, alarm);
  }

  viewEvidence(id: string, by: string): ReturnType<ConsoleSource['viewEvidence']> {
    const record = this.#parts.evidence.view(id, by);
    return record === undefined ? undefined : { record, path: this.#parts.evidenceStore.pathOf(record) };
  }

  acknowledge(alarm: string, by: string): boolean {
    return this.#parts.acknowledge(alarm, by);
  }

  onAlert(listener: (alert: AlertNotice) => void): () => void {
    this.#alertListeners.add(listener);
    return () => this.#alertListeners.delete(listener);
  }

  onScene(listener: (scene: SceneNotice) => void): () => void {
    this.#sceneListeners.add(listener);
    return () => this.#sceneListeners.delete(listener);
  }

  /** Passes an alert to the listeners. Called after the local actions ran. */
  emitAlert(alert: Alert): void {
    const notice = { data: alert.data, time: rfc3339(alert.time) };
    for (const listener of this.#alertListeners) listener(notice);
  }

  emitScene(scene: SceneMessage): void {
    if (this.#sceneListeners.size === 0) return;
    const notice = noticeOf(scene);
    for (const listener of this.#sceneListeners) listener(notice);
  }
}

function shownAlarm(alarm: KnownAlarm, site: Site): ActiveAlarm {
  const { raised, changed, ended } = alarm;
  return {
    ...alarmData(alarm, deviceWords(site, alarm.device)),
    active: ended === undefined,
    since: rfc3339(raised),
    at: rfc3339(ended ?? changed),
  };
}

const weights = { critical: 2, warning: 1, info: 0 } as const;

/** Alarms that wait for an acknowledgement first, then by severity, active before ended, the newest first. */
function byUrgency(a: ActiveAlarm, b: ActiveAlarm): number {
  const rank = (alarm: ActiveAlarm) =>
    (awaitsAcknowledgement(alarm) ? 100 : 0) + weights[alarm.severity] * 10 + (alarm.active ? 1 : 0);
  return rank(b) - rank(a) || (a.since < b.since ? 1 : -1);
}

function noticeOf({ camera, time, tracks, changes }: SceneMessage): SceneNotice {
  return { camera, time: rfc3339(time), tracks, changes };
}

/** The version that a client speaks, for readers of any language. */
function whatOf(what: string): Pick<RefusedView, 'whatI18n'> {
  const text = recognise(what);
  return text === undefined ? {} : { whatI18n: text };
}
