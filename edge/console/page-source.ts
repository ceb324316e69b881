/**
 * What the gateway knows of itself, gathered from its parts when somebody asks: the status for the centre and the
 * page, the snapshot for the metrics, the page's source. Nothing is kept here but counters and listeners.
 *
 * Always: asking touches no disk and no network (pictures and dead letters are read by whoever awaits them).
 */
import { open } from 'node:fs/promises';
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { awaitsAcknowledgement, type ClockQuality, type Severity } from '@forpost/shared/event/event.ts';
import type { GatewayId } from '@forpost/shared/event/ids.ts';
import type { DeviceStatus, GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Alert } from '../alerts/action.ts';
import type { ActiveAlarm as KnownAlarm } from '../alerts/alarm.ts';
import type { Alarms } from '../alerts/alarms.ts';
import type { PastAlarms } from '../alerts/past-alarms.ts';
import type { Broker } from '../broker/broker.ts';
import type { RefusedClients } from '../broker/refused-clients.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { whyGone } from '../evidence/missing-reason.ts';
import type { EvidenceLimits, EvidenceRecord, EvidenceStore } from '../evidence/store.ts';
import type { EvidenceUpload } from '../evidence/upload.ts';
import type { GatewaySnapshot } from '../health/snapshot.ts';
import type { DeadLetter, Outbox } from '../outbox/outbox.ts';
import { type MuteRule, muteInWords, muteRules } from '../rules/cannot-fire.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { Trials, TrialView } from '../rules/trial.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import { type CameraConfig, deviceWords, type Site } from '../site/site.ts';
import type { Uplink } from '../uplink/uplink.ts';
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

const muteEveryMs = 1000;

export interface OverviewParts {
  readonly gateway: GatewayId;
  readonly name: string;
  readonly version: string;
  /** as it is now: zones and lines may be drawn anew */
  readonly site: () => Site;
  readonly saveScene: ConsoleSource['saveScene'];
  readonly trials: Trials;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly vision: VisionSupervisor;
  readonly evidence: Evidence;
  readonly evidenceStore: EvidenceStore;
  readonly evidenceLimits: EvidenceLimits;
  readonly pastAlarms: PastAlarms;
  readonly uploads: EvidenceUpload;
  readonly devices: DeviceRegistry;
  readonly rules: () => RuleEngine;
  readonly alarms: Alarms;
  readonly broker: Broker;
  readonly refusedClients: Pick<RefusedClients, 'list'>;
  readonly unstored: () => GatewaySnapshot['unstored'];
  /** ids of the keys whose commands are taken */
  readonly commandKeys: () => readonly string[];
  /** whether there is a receiver for pictures and clips */
  readonly sendsEvidence: boolean;
  /** what is wrong and belongs to no part that could say it */
  readonly problems: () => readonly string[];
  /** Whether there was such an active alarm. */
  readonly acknowledge: (alarm: string, by: string) => boolean;
}

export class Overview implements ConsoleSource {
  readonly #parts: OverviewParts;
  readonly #alertListeners = new Set<(alert: AlertNotice) => void>();
  readonly #sceneListeners = new Set<(scene: SceneNotice) => void>();
  #counter = 0;
  #mutes: readonly MuteRule[] = [];
  #mutesAt = Number.NEGATIVE_INFINITY;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
  }

  status(): GatewayStatus {
    const { gateway, name, version, clock, outbox, uplink, vision, devices } = this.#parts;
    const site = this.#parts.site();
    const mute = this.#muteRules();
    this.#counter += 1;
    return {
      site: site.id,
      gateway,
      name,
      ...(site.place === undefined ? {} : { place: site.place }),
      version,
      starts: outbox.status().starts,
      counter: this.#counter,
      at: rfc3339(clock.now()),
      clock: this.#parts.quality(),
      boot: this.#parts.boot(),
      uptime: Math.trunc(clock.uptime()),
      revision: site.revision,
      lanes: uplink.lanes(),
      uplinks: uplink.statuses(),
      cameras: placed(vision.cameras(), site.cameras),
      devices: placed(withMuteRules(devices.statuses(), mute), site.devices),
      commandKeys: this.#parts.commandKeys(),
      sendsEvidence: this.#parts.sendsEvidence,
      ...(outbox.status().problem === '' ? {} : { storageProblem: outbox.status().problem }),
      problems: [
        ...this.#parts.problems(),
        ...muteInWords(mute, (id) => deviceWords(site, id).name ?? id),
        ...uplink.problems(),
        ...vision.problems(),
      ],
    };
  }

  snapshot(): GatewaySnapshot {
    const { outbox, broker, rules, evidence, evidenceStore, uploads, vision } = this.#parts;
    const { residentBytes } = vision;
    const activeAlarms: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
    for (const { severity } of this.#parts.alarms.active()) activeAlarms[severity] += 1;
    return {
      status: this.status(),
      outbox: outbox.status(),
      broker: broker.counters(),
      unstored: this.#parts.unstored(),
      ruleErrors: Object.fromEntries(
        rules()
          .errors()
          .map(({ rule, count }) => [rule, count]),
      ),
      activeAlarms,
      evidence: { ...evidenceStore.figures(), looks: evidence.looks, uploads: uploads.figures() },
      ...(residentBytes === undefined ? {} : { visionResidentBytes: residentBytes }),
    };
  }

  alarms(): ReturnType<ConsoleSource['alarms']> {
    const { alarms } = this.#parts;
    return [...alarms.active(), ...alarms.waiting()]
      .map((alarm) => shownAlarm(alarm, this.#parts.site()))
      .sort(byUrgency);
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
        const why = this.#camera(alarm.device) === undefined ? '' : whyGone(numbers, evidenceLimits, now);
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
    const { devices, consumers } = this.#parts.site();
    const names = new Map<string, string | undefined>([...devices, ...consumers].map(({ id, name }) => [id, name]));
    const named = (id: string) => names.get(id) ?? id;
    return refused.map(({ first, last, ...one }) => ({
      ...one,
      name: one.principal === null ? null : named(one.principal),
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
    const about = this.#parts.site().rules.filter((rule) => rule.camera === camera);
    const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
    return about.map(({ id, name, kind, zone, line }) => ({
      ...{ id, name: name ?? id, kind },
      ...{ zone: text(zone), line: text(line) },
    }));
  }

  allRules(): ReturnType<ConsoleSource['allRules']> {
    const mute = this.#muteRules();
    return this.#parts.site().rules.map(({ id, name, kind, severity = 'warning' }) => ({
      ...{ id, name: name ?? id, kind, severity },
      cannotFire: mute.filter(({ rule }) => rule === id).map(({ device, reason }) => ({ device, reason })),
    }));
  }

  /** Asked for with each status: looked for once a second at most. */
  #muteRules(): readonly MuteRule[] {
    const { clock, devices, site } = this.#parts;
    const now = clock.uptime();
    if (now - this.#mutesAt >= muteEveryMs) {
      this.#mutes = muteRules(site(), (device) => devices.heard(device));
      this.#mutesAt = now;
    }
    return this.#mutes;
  }

  saveScene(camera: string, revision: string, scene: CameraScene, by: string): ReturnType<ConsoleSource['saveScene']> {
    return this.#parts.saveScene(camera, revision, scene, by);
  }

  trial(camera: string): TrialView {
    return this.#parts.trials.view(camera);
  }

  beginTrial(camera: string, seconds: number): void {
    this.#parts.trials.begin(camera, seconds);
  }

  #camera(id: string): CameraConfig | undefined {
    return this.#parts.site().cameras.find((camera) => camera.id === id);
  }

  async picture(camera: string): Promise<LivePicture | undefined> {
    if (this.#camera(camera) === undefined) return undefined;
    // the open file stays one picture when the next one takes its name
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

  /** after the local actions ran */
  tellAlert(alert: Alert): void {
    const notice = { data: alert.data, time: rfc3339(alert.time) };
    for (const listener of this.#alertListeners) listener(notice);
  }

  tellScene(scene: SceneMessage): void {
    if (this.#sceneListeners.size === 0) return;
    const notice = noticeOf(scene);
    for (const listener of this.#sceneListeners) listener(notice);
  }
}

/** Of one device in each status. */
const mostMute = 8;

function withMuteRules(devices: readonly DeviceStatus[], mute: readonly MuteRule[]): readonly DeviceStatus[] {
  if (mute.length === 0) return devices;
  const byDevice = Map.groupBy(mute, ({ device }) => device as string);
  return devices.map((device) => {
    const rules = byDevice.get(device.id);
    if (rules === undefined) return device;
    return { ...device, muteRules: rules.slice(0, mostMute).map(({ rule, name, reason }) => ({ rule, name, reason })) };
  });
}

/** Adds where each is, in the site's words. */
function placed<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  configured: readonly { readonly id: string; readonly place?: string | undefined }[],
): readonly (Thing & { readonly place?: string })[] {
  const places = new Map(configured.flatMap(({ id, place }) => (place === undefined ? [] : [[id, place] as const])));
  if (places.size === 0) return things;
  return things.map((thing) => {
    const place = places.get(thing.id);
    return place === undefined ? thing : { ...thing, place };
  });
}

function shownAlarm(
  { raised, changed, ended, acknowledgement: seen, subject: _, evidence = [], ...alarm }: KnownAlarm,
  site: Site,
): ActiveAlarm {
  const { name, place } = deviceWords(site, alarm.device);
  return {
    ...alarm,
    active: ended === undefined,
    evidence,
    since: rfc3339(raised),
    at: rfc3339(ended ?? changed),
    ...(ended === undefined ? {} : { duration_ms: Math.max(0, ended - raised) }),
    ...(seen === undefined
      ? {}
      : { acknowledged_by: seen.by, acknowledged_at: rfc3339(seen.at), acknowledged_where: seen.where }),
    ...(name === undefined ? {} : { device_name: name }),
    ...(place === undefined ? {} : { place }),
  };
}

const weights = { critical: 2, warning: 1, info: 0 } as const;

/** First what needs a person, of that the gravest, what goes on before what is over; then the newest. */
function byUrgency(a: ActiveAlarm, b: ActiveAlarm): number {
  const rank = (alarm: ActiveAlarm) =>
    (awaitsAcknowledgement(alarm) ? 100 : 0) + weights[alarm.severity] * 10 + (alarm.active ? 1 : 0);
  return rank(b) - rank(a) || (a.since < b.since ? 1 : -1);
}

function noticeOf({ camera, time, tracks, changes }: SceneMessage): SceneNotice {
  return { camera, time: rfc3339(time), tracks, changes };
}
