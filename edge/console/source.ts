/**
 * What the gateway's page and API show, as the gateway knows it. The composition root implements it; the console asks.
 *
 * Always: asking costs nothing that an alert could wait for: answers come from memory, except pictures and dead
 * letters, which are read elsewhere and awaited.
 */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { DeadLetter, OutboxStatus } from '../outbox/outbox.ts';
import type { ZoneConfig } from '../site/site.ts';
import type { EvidenceRecord } from '../vision/evidence/store.ts';
import type { SceneChange, Track } from '../vision/messages.ts';

/** An alarm that is active now (or cleared and not yet acknowledged). Times RFC 3339. */
export interface ActiveAlarm extends Omit<AlertData, 'change' | 'latency_ms'> {
  /** when it was raised */
  readonly since: string;
  /** when it last changed */
  readonly at: string;
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

export interface ConsoleSource {
  status(): GatewayStatus;
  /** active alarms, newest first */
  alarms(): readonly ActiveAlarm[];
  outbox(): OutboxStatus;
  /** newest first */
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
  /** the camera's zones, to be drawn over its picture; empty for an unknown camera */
  zones(camera: string): readonly ZoneConfig[];
  /** JPEG of the latest frame, undefined where there is none (yet) */
  picture(camera: string): Promise<Buffer | undefined>;
  /** what the camera's latest analysed frame shows; undefined before its first one */
  tracks(camera: string): SceneNotice | undefined;
  /** somebody looks at this camera: keep its picture fresh for `seconds` */
  watch(camera: string, seconds: number): void;
  /** what is kept of alarms, newest first; `alarm`: of that one alone */
  evidence(limit: number, alarm?: string): readonly EvidenceRecord[];
  /** `by`, a log-in name, looks at it; undefined where it is not there. The file is there when this returns. */
  viewEvidence(id: string, by: string): { readonly record: EvidenceRecord; readonly path: string } | undefined;
  /** `by`: the log-in name. false where there is no such active alarm, or it is acknowledged already */
  acknowledge(alarm: string, by: string): boolean;
  /** Calls `listener` at each change of an alarm. Returns how to stop it. */
  onAlert(listener: (alert: AlertNotice) => void): () => void;
  /** Calls `listener` at each analysed frame. Returns how to stop it. */
  onScene(listener: (scene: SceneNotice) => void): () => void;
}
