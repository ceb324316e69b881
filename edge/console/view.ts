/** What the console's API answers and its stream sends: the types that server and page agree on. No code. */
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { PastAlarm } from '../alerts/past-alarms.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { TrialView } from '../rules/trial.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { ActiveAlarm, AlertNotice, CameraRule, RefusedView, SceneNotice } from './source.ts';
import type { Summary } from './summary.ts';

export type { ActiveAlarm, AlertNotice, CameraRule, CameraScene, RefusedView, SceneNotice, Summary, TrialView };

/** GET /api/v1/cameras/<id>/scene: what is drawn over its picture, of which revision, and who refers to it. */
export interface CameraSceneView extends CameraScene {
  readonly revision: string;
  readonly rules: readonly CameraRule[];
}

/** GET /api/v1/status, and `status` in the stream. */
export interface ConsoleStatus extends GatewayStatus {
  readonly summary: Summary;
  /** the most urgent first */
  readonly alarms: readonly ActiveAlarm[];
  readonly outbox: OutboxStatus;
  /** what clients were refused, the newest first; GET /api/v1/refused has it too */
  readonly refused: readonly RefusedView[];
  /** by camera id */
  readonly scenes: Readonly<Record<string, CameraScene>>;
}

/** GET /api/v1/alarms/earlier: an alarm that is over. Times RFC 3339. */
export interface EarlierAlarmView extends Omit<PastAlarm, 'raised' | 'ended'> {
  readonly since: string;
  /** null: not known any more */
  readonly ended: string | null;
  /** why there is no picture, or not all of them; empty where nothing is amiss */
  readonly why: string;
  readonly whyI18n?: Message;
}

export interface EarlierAlarmsView {
  /** newest first */
  readonly alarms: readonly EarlierAlarmView[];
  /** `before` of the next page; null at the end */
  readonly next: string | null;
}

/** GET /api/v1/dead-letters. */
export interface DeadLetterView {
  readonly device: string;
  readonly topic: string;
  /** RFC 3339 */
  readonly received: string;
  readonly reason: string;
  /** bytes of the original */
  readonly size: number;
  /** the beginning of the payload: as text where it is UTF-8, else in hexadecimal */
  readonly payload: string;
  readonly encoding: 'text' | 'hex';
}

/** The stream's events by name. */
export interface StreamEvents {
  readonly status: ConsoleStatus;
  readonly alert: AlertNotice;
  readonly scene: SceneNotice;
  /** every few seconds, so that a page can tell silence from a connection that is dead; the gateway's clock */
  readonly tick: { readonly at: string };
}
