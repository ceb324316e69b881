/** A console source in memory, for tests: every answer can be set, and calls are recorded. */

import type { CameraStatus, DeviceStatus, GatewayStatus } from '@forpost/shared/event/status.ts';
import { noWords } from '@forpost/shared/texts/english.ts';
import type { EvidenceRecord } from '../../evidence/store.ts';
import type { DeadLetter, OutboxStatus } from '../../outbox/outbox.ts';
import type { CameraTest } from '../../rules/camera-test.ts';
import type { SceneSaved } from '../../site/live-site.ts';
import type { CameraScene } from '../../site/scene-edit.ts';
import type {
  ActiveAlarm,
  AlertNotice,
  CameraRule,
  ConsoleSource,
  EarlierAlarm,
  EarlierAlarms,
  EarlierAlarmsQuery,
  LivePicture,
  RefusedView,
  SceneNotice,
  SiteRule,
} from '../source.ts';

export function deviceStatus(id: string, more: Partial<DeviceStatus> = {}): DeviceStatus {
  return {
    id,
    name: id,
    connected: true,
    lastSeen: '2026-06-01T12:04:00.000Z',
    messages: 1,
    deadLetters: 0,
    values: {},
    ...more,
  };
}

/** A camera that is live. */
export function liveCamera(more: Partial<CameraStatus> = {}): CameraStatus {
  return { id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion', ...more };
}

export function activeAlarm(alarm: string, more: Partial<ActiveAlarm> = {}): ActiveAlarm {
  return {
    alarm,
    rule: 'overload',
    device: 'meter',
    active: true,
    acknowledged: false,
    severity: 'warning',
    category: 'power',
    message: 'Power above 5 kW',
    cause: 'power_w',
    count: 1,
    test: false,
    evidence: [],
    since: '2026-06-01T12:04:00.000Z',
    at: '2026-06-01T12:04:00.000Z',
    ...more,
  };
}

export function refusedView(more: Partial<RefusedView> = {}): RefusedView {
  return {
    kind: 'password',
    principal: 'meter',
    name: 'Meter',
    user: 'meter',
    clientId: 'c1',
    address: '10.0.0.7',
    what: '',
    count: 3,
    first: '2026-06-01T12:00:00.000Z',
    last: '2026-06-01T12:04:00.000Z',
    over: false,
    ...more,
  };
}

export function earlierAlarm(alarm: string, more: Partial<EarlierAlarm> = {}): EarlierAlarm {
  return {
    alarm,
    rule: 'gate',
    device: 'yard',
    severity: 'warning',
    message: 'Somebody in Gate',
    count: 1,
    test: false,
    acknowledged: false,
    raised: 1_780_000_000_000,
    ended: 1_780_000_012_000,
    evidence: [],
    why: '',
    ...more,
  };
}

export function gatewayStatus(more: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    site: 'farm' as GatewayStatus['site'],
    gateway: 'farm-1' as GatewayStatus['gateway'],
    name: 'Farm',
    version: '0.1.0',
    starts: 1,
    counter: 1,
    at: '2026-06-01T12:05:00.000Z',
    clock: 'synced',
    boot: 'boot',
    uptime: 60_000,
    revision: 'c0ffee',
    lanes: [],
    uplinks: [],
    cameras: [],
    devices: [],
    problems: [],
    ...more,
  };
}

export class FakeSource implements ConsoleSource {
  current: GatewayStatus = gatewayStatus();
  active: ActiveAlarm[] = [];
  /** newest first */
  earlier: EarlierAlarm[] = [];
  letters: DeadLetter[] = [];
  siteRules: SiteRule[] = [];
  refusals: RefusedView[] = [];
  pictures = new Map<string, Buffer>();
  /** time of each picture, ms since 1970; undefined: now */
  taken: number | undefined;
  scenes = new Map<string, SceneNotice>();
  drawn: Record<string, CameraScene> = {};
  rulesByCamera: Record<string, readonly CameraRule[]> = {};
  cameraTests: Record<string, CameraTest> = {};
  /** the answer to the next save; undefined: the scene is saved */
  refusal: SceneSaved | undefined;
  readonly saved: { camera: string; revision: string; scene: CameraScene; by: string }[] = [];
  readonly kept = new Map<string, { readonly record: EvidenceRecord; readonly path: string }>();
  readonly views: { id: string; by: string }[] = [];
  readonly watched: string[] = [];
  readonly acknowledged: { alarm: string; by: string }[] = [];
  readonly alertListeners = new Set<(alert: AlertNotice) => void>();
  readonly sceneListeners = new Set<(scene: SceneNotice) => void>();

  /** number of calls of `status` */
  polls = 0;

  status(): GatewayStatus {
    this.polls++;
    return { ...this.current, counter: this.current.counter + this.polls };
  }
  alarms(): readonly ActiveAlarm[] {
    return this.active;
  }
  earlierAlarms({ limit, before, until, device, pictured }: EarlierAlarmsQuery): EarlierAlarms | undefined {
    const from = before === undefined ? 0 : this.earlier.findIndex(({ alarm }) => alarm === before) + 1;
    if (before !== undefined && from === 0) return undefined;
    const wanted = this.earlier
      .slice(from)
      .filter((one) => (until === undefined || one.raised <= until) && (device === undefined || one.device === device))
      .filter(({ evidence }) => !pictured || evidence.length > 0);
    const alarms = wanted.slice(0, limit);
    return { alarms, next: wanted.length > limit ? alarms.at(-1)?.alarm : undefined };
  }
  refused(principal?: string): readonly RefusedView[] {
    return this.refusals.filter((one) => principal === undefined || one.principal === principal);
  }
  outbox(): OutboxStatus {
    return {
      epoch: 'e1' as OutboxStatus['epoch'],
      starts: 1,
      committedEvents: 1234,
      reusedIds: [],
      repeatedEvents: 0,
      deadLetters: this.letters.length,
      commits: 100,
      lastCommitMs: 1.5,
      longestCommitMs: 12,
      queued: 0,
      fileBytes: 4_194_304,
      lastSyncMs: 0.9,
      longestSyncMs: 8,
      room: {
        maxBytes: 2 ** 30,
        usedBytes: 4_000_000,
        freeDiskBytes: 6_000_000_000,
        minFreeBytes: 256 * 2 ** 20,
        diskFull: false,
        shedsInMs: null,
        ballastBytes: 16 * 2 ** 20,
        shedEvents: 0,
        shedRanges: 0,
        daysLeft: 41.5,
        writtenBytes: 9_000_000,
        writtenBytesADay: 120_000_000,
      },
      problem: noWords,
    };
  }
  async deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]> {
    return this.letters.filter((letter) => device === undefined || letter.device === device).slice(0, limit);
  }
  scene(camera: string): CameraScene {
    return this.drawn[camera] ?? { zones: [], lines: [], masks: [], motion_masks: [] };
  }
  allRules(): readonly SiteRule[] {
    return this.siteRules;
  }
  rules(camera: string): readonly CameraRule[] {
    return this.rulesByCamera[camera] ?? [];
  }
  async saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved> {
    if (this.refusal !== undefined) return this.refusal;
    this.saved.push({ camera, revision, scene, by });
    this.drawn[camera] = scene;
    this.current = { ...this.current, revision: `${revision}+` };
    return { revision: this.current.revision };
  }
  cameraTest(camera: string): CameraTest {
    return this.cameraTests[camera] ?? { secondsLeft: 0, entries: [] };
  }
  beginCameraTest(camera: string, seconds: number): void {
    this.cameraTests[camera] = { secondsLeft: seconds, entries: this.cameraTests[camera]?.entries ?? [] };
  }
  async picture(camera: string): Promise<LivePicture | undefined> {
    const jpeg = this.pictures.get(camera);
    return jpeg && { jpeg, taken: this.taken ?? Date.now() };
  }
  tracks(camera: string): SceneNotice | undefined {
    return this.scenes.get(camera);
  }
  watch(camera: string): void {
    this.watched.push(camera);
  }
  evidence(limit: number, alarm?: string): readonly EvidenceRecord[] {
    const all = [...this.kept.values()].map(({ record }) => record);
    return all.filter(({ alarms }) => alarm === undefined || alarms.includes(alarm)).slice(0, limit);
  }
  viewEvidence(id: string, by: string): { readonly record: EvidenceRecord; readonly path: string } | undefined {
    const found = this.kept.get(id);
    if (found !== undefined) this.views.push({ id, by });
    return found;
  }
  acknowledge(alarm: string, by: string): boolean {
    const open = this.active.find((one) => one.alarm === alarm && !one.acknowledged);
    if (open === undefined) return false;
    this.active = this.active.map((one) => (one === open ? { ...one, acknowledged: true } : one));
    this.acknowledged.push({ alarm, by });
    this.#notify('acknowledged', { ...open, acknowledged: true });
    return true;
  }
  onAlert(listener: (alert: AlertNotice) => void): () => void {
    this.alertListeners.add(listener);
    return () => this.alertListeners.delete(listener);
  }
  onScene(listener: (scene: SceneNotice) => void): () => void {
    this.sceneListeners.add(listener);
    return () => this.sceneListeners.delete(listener);
  }

  raise(alarm: ActiveAlarm): void {
    this.active = [alarm, ...this.active];
    this.#notify('raised', alarm);
  }
  see(scene: SceneNotice): void {
    this.scenes.set(scene.camera, scene);
    for (const listener of this.sceneListeners) listener(scene);
  }

  #notify(change: 'raised' | 'acknowledged', alarm: ActiveAlarm): void {
    const { since: _since, at, ...data } = alarm;
    for (const listener of this.alertListeners) listener({ data: { ...data, change }, time: at });
  }
}
