/**
 * What the gateway's page and API ask of the gateway. page-source.ts implements it.
 *
 * Always: an answer costs nothing that an alert could wait for: it comes from memory, except pictures and dead letters,
 * which are awaited.
 */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { PastAlarm, PastAlarmsPage, PastAlarmsQuery } from '../alerts/past-alarms.ts';
import type { RefusedClient } from '../broker/refused-clients.ts';
import type { EvidenceRecord } from '../evidence/store.ts';
import type { DeadLetter, OutboxStatus } from '../outbox/outbox.ts';
import type { TrialView } from '../rules/trial.ts';
import type { SceneSaved } from '../site/live-site.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { SceneChange, Track } from '../vision/messages.ts';

/** An alarm that is active now, or over and not acknowledged. Times RFC 3339. */
export interface ActiveAlarm extends Omit<AlertData, 'change' | 'latency_ms'> {
  /** when it was raised */
  readonly since: string;
  /** when it last changed; of an ended alarm: when it ended */
  readonly at: string;
}

/** An alarm that is over. */
export interface EarlierAlarm extends PastAlarm {
  /** why it has no picture, or not all of them any more; empty where nothing is amiss */
  readonly why: string;
}

export interface EarlierAlarms extends PastAlarmsPage {
  /** `evidence`: what is still kept */
  readonly alarms: readonly EarlierAlarm[];
}

export interface EarlierAlarmsQuery extends Omit<PastAlarmsQuery, 'wanted'> {
  /** only alarms of which a picture or clip is still kept */
  readonly pictured: boolean;
}

/** One change of an alarm, as it went to the local subscribers. */
export interface AlertNotice {
  readonly data: AlertData;
  /** when it happened, RFC 3339 */
  readonly time: string;
}

/** What a camera sees in one analysed frame. */
export interface SceneNotice {
  readonly camera: string;
  /** RFC 3339 */
  readonly time: string;
  readonly tracks: readonly Track[];
  readonly changes: readonly SceneChange[];
}

/** Something that a client was refused, as often as it happened. */
export interface RefusedView extends Omit<RefusedClient, 'first' | 'last'> {
  /** what people call the device or consumer; null: nobody known */
  readonly name: string | null;
  /** RFC 3339 */
  readonly first: string;
  readonly last: string;
}

/** A rule that is about a camera, as far as the page needs it. */
export interface CameraRule {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly zone: string | undefined;
  readonly line: string | undefined;
}

/** A rule of the site. */
export interface SiteRule {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly severity: string;
  /** devices on whose messages, as sent so far, the rule can never fire, and why; empty: it can on all of them */
  readonly cannotFire: readonly { readonly device: string; readonly reason: string }[];
}

/** A camera's newest picture. */
export interface LivePicture {
  readonly jpeg: Buffer;
  /** when its frame was complete, ms since 1970: as the `time` of its scene */
  readonly taken: number;
}

export interface ConsoleSource {
  status(): GatewayStatus;
  /** active alarms and those that wait for an acknowledgement; the most urgent first */
  alarms(): readonly ActiveAlarm[];
  /** ended alarms, newest first; undefined where the alarm that the page begins after is forgotten */
  earlierAlarms(query: EarlierAlarmsQuery): EarlierAlarms | undefined;
  outbox(): OutboxStatus;
  /** clients that were refused something, the newest first; `principal`: of that device or consumer alone */
  refused(principal?: string): readonly RefusedView[];
  /** newest first; `device`: of that one */
  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]>;
  /** what is drawn over the camera's picture; nothing for an unknown camera */
  scene(camera: string): CameraScene;
  /** every rule of the site, and why it cannot fire on what a device sends */
  allRules(): readonly SiteRule[];
  /** the rules about this camera */
  rules(camera: string): readonly CameraRule[];
  /**
   * Saves what is drawn over the revision that was seen, and applies it. `revision`: the new one.
   * @throws what keeps the file from being written
   */
  saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved>;
  /** the results so far of an installer's trial of the camera */
  trial(camera: string): TrialView;
  /** makes the camera's alarms test alarms for `seconds`; 0 ends the trial */
  beginTrial(camera: string, seconds: number): void;
  /** the latest frame, undefined where there is none (yet) */
  picture(camera: string): Promise<LivePicture | undefined>;
  /** what the camera's latest analysed frame shows; undefined before its first one */
  tracks(camera: string): SceneNotice | undefined;
  /** somebody looks at this camera: keep its picture fresh for `seconds` */
  watch(camera: string, seconds: number): void;
  /** kept evidence, newest first; `alarm`: of that one alone */
  evidence(limit: number, alarm?: string): readonly EvidenceRecord[];
  /** `by`, a log-in name, looks at a piece; undefined where it is not kept. The file exists when this returns. */
  viewEvidence(id: string, by: string): { readonly record: EvidenceRecord; readonly path: string } | undefined;
  /** `by`, a log-in name, acknowledges an alarm; false where it does not wait for that */
  acknowledge(alarm: string, by: string): boolean;
  /** Calls `listener` at each change of an alarm. Returns how to stop it. */
  onAlert(listener: (alert: AlertNotice) => void): () => void;
  /** Calls `listener` at each analysed frame. Returns how to stop it. */
  onScene(listener: (scene: SceneNotice) => void): () => void;
}
