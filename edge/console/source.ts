/**
 * The interface between the gateway's page or API and the gateway; page-source.ts implements it.
 *
 * Always: an alert never waits for an answer: answers come from memory, except pictures and dead letters, which are
 * awaited.
 */

import type { AlertData } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { PastAlarm, PastAlarmsPage, PastAlarmsQuery } from '../alerts/past-alarms.ts';
import type { RefusedClient } from '../broker/refused-clients.ts';
import type { EvidenceRecord } from '../evidence/store.ts';
import type { DeadLetter, OutboxStatus } from '../outbox/outbox.ts';
import type { CameraTest } from '../rules/camera-test.ts';
import type { SceneSaved } from '../site/live-site.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { SceneChange, Track } from '../vision/messages.ts';
import type { CameraRule } from './schemas/cameras.ts';
import type { SiteRule } from './schemas/status.ts';

export type { CameraRule, SiteRule };

/** An alarm that is active now, or over and not acknowledged. Times RFC 3339. */
export interface ActiveAlarm extends Omit<AlertData, 'change' | 'latency_ms'> {
  /** when the alarm was raised */
  readonly since: string;
  /** when the alarm ended, or else last changed */
  readonly at: string;
}

/** An alarm that is over. */
export interface EarlierAlarm extends PastAlarm {
  /** why pictures are missing; empty where none is */
  readonly why: string;
}

export interface EarlierAlarms extends PastAlarmsPage {
  /** `evidence` of each: the pieces that are still kept */
  readonly alarms: readonly EarlierAlarm[];
}

export interface EarlierAlarmsQuery extends Omit<PastAlarmsQuery, 'wanted'> {
  /** only alarms of which a picture or clip is still kept */
  readonly pictured: boolean;
}

/** One change of an alarm, as it went to the local subscribers. */
export interface AlertNotice {
  readonly data: AlertData;
  /** time of the change, RFC 3339 */
  readonly time: string;
}

/** The tracks of a camera's analysed frame, and the changes since the frame before. */
export interface SceneNotice {
  readonly camera: string;
  /** RFC 3339 */
  readonly time: string;
  readonly tracks: readonly Track[];
  readonly changes: readonly SceneChange[];
}

/** A refusal of a client, with its count. */
export interface RefusedView extends Omit<RefusedClient, 'first' | 'last'> {
  /** the name of the device or consumer for people; null: an unknown client */
  readonly name: string | null;
  /** `what` for readers of any language; absent: a topic or filter */
  readonly whatI18n?: Message;
  /** RFC 3339 */
  readonly first: string;
  readonly last: string;
}

/** A camera's newest picture. */
export interface LivePicture {
  readonly jpeg: Buffer;
  /** when the frame was complete, ms since 1970; equals the `time` of the frame's scene */
  readonly taken: number;
}

export interface ConsoleSource {
  status(): GatewayStatus;
  /** active alarms, and ended ones that wait for an acknowledgement; most urgent first */
  alarms(): readonly ActiveAlarm[];
  /** ended alarms, newest first; undefined where the alarm of `before` is no longer remembered */
  earlierAlarms(query: EarlierAlarmsQuery): EarlierAlarms | undefined;
  outbox(): OutboxStatus;
  /** refusals of clients, newest first; `principal`: only those of this device or consumer */
  refused(principal?: string): readonly RefusedView[];
  /** dead letters, newest first; `device`: only those of this device */
  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]>;
  /** zones, lines and masks of the camera; none for an unknown camera */
  scene(camera: string): CameraScene;
  /** every rule of the site, with the devices on whose messages it cannot fire */
  allRules(): readonly SiteRule[];
  /** the rules about this camera */
  rules(camera: string): readonly CameraRule[];
  /**
   * Saves zones, lines and masks, and applies them. `revision`: the revision that the installer has edited; another
   * newest one is a conflict. @throws the error of writing the file
   */
  saveScene(camera: string, revision: string, scene: CameraScene, by: string): Promise<SceneSaved>;
  /** the results so far of the camera's test */
  cameraTest(camera: string): CameraTest;
  /** marks the camera's alarms as a test for `seconds`; 0 ends the test */
  beginCameraTest(camera: string, seconds: number): void;
  /** the newest frame; undefined before the first one */
  picture(camera: string): Promise<LivePicture | undefined>;
  /** the tracks of the camera's newest analysed frame; undefined before the first one */
  tracks(camera: string): SceneNotice | undefined;
  /** keeps the camera's picture fresh for `seconds`, because a page shows it */
  watch(camera: string, seconds: number): void;
  /** kept evidence, newest first; `alarm`: only that of this alarm */
  evidence(limit: number, alarm?: string): readonly EvidenceRecord[];
  /** notes that `by`, a log-in name, views a piece of evidence, and returns it; undefined where it is no longer kept. The file exists when this returns. */
  viewEvidence(id: string, by: string): { readonly record: EvidenceRecord; readonly path: string } | undefined;
  /** acknowledges an alarm for `by`, a log-in name; false where the alarm does not wait for an acknowledgement */
  acknowledge(alarm: string, by: string): boolean;
  /** Calls `listener` at each change of an alarm. Returns a function that removes it. */
  onAlert(listener: (alert: AlertNotice) => void): () => void;
  /** Calls `listener` at each analysed frame. Returns a function that removes it. */
  onScene(listener: (scene: SceneNotice) => void): () => void;
}
