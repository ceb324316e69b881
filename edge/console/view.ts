/** Types of the console's API and stream, shared by server and page. No code. */
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { PastAlarm } from '../alerts/past-alarms.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';
import type { TrialView } from '../rules/trial.ts';
import type { CameraScene } from '../site/scene-edit.ts';
import type { ActiveAlarm, AlertNotice, CameraRule, RefusedView, SceneNotice } from './source.ts';
import type { Summary } from './summary.ts';

export type { ActiveAlarm, AlertNotice, CameraRule, CameraScene, RefusedView, SceneNotice, Summary, TrialView };

/** GET /api/v1/cameras/<id>/scene: zones, lines and masks with their revision, and the rules that refer to them. */
export interface CameraSceneView extends CameraScene {
  readonly revision: string;
  readonly rules: readonly CameraRule[];
}

/** GET /api/v1/status, and `status` in the stream. */
export interface ConsoleStatus extends GatewayStatus {
  readonly summary: Summary;
  /** most urgent first */
  readonly alarms: readonly ActiveAlarm[];
  readonly outbox: OutboxStatus;
  /** refused log-ins, publishes and subscriptions, newest first; GET /api/v1/refused has them too */
  readonly refused: readonly RefusedView[];
  /** by camera id */
  readonly scenes: Readonly<Record<string, CameraScene>>;
}

/** GET /api/v1/alarms/earlier: an alarm that is over. Times RFC 3339. */
export interface EarlierAlarmView extends Omit<PastAlarm, 'raised' | 'ended'> {
  readonly since: string;
  /** null: unknown */
  readonly ended: string | null;
  /** why pictures are missing; empty where none is */
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
  /** every few seconds, by the gateway's clock, so that a page can tell a quiet site from a dead connection */
  readonly tick: { readonly at: string };
}
