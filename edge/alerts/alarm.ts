/**
 * An alarm as the gateway knows it: what the parts of this folder, the outbox's reader and the page pass on. Data only.
 *
 * Always: `rule`, `device` and `subject` together are one kind of alarm (`keyOf`): at most one of a kind is active.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { AcknowledgedWhere, EvidenceReference, Severity, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { Message } from '@forpost/shared/texts/message.ts';

/** An alarm that is active now, or over and not acknowledged. Times in ms since 1970. */
export interface ActiveAlarm {
  /** id of this occurrence */
  readonly alarm: string;
  readonly rule: RuleId;
  readonly device: DeviceId;
  readonly subject: string;
  readonly severity: Severity;
  readonly category: string;
  readonly test: boolean;
  readonly cause: string;
  /** in the site's language, or as the installer wrote it */
  readonly message: string;
  /** the same for a reader of another language; absent where the installer wrote it */
  readonly messageI18n?: Message;
  readonly value?: Value;
  readonly count: number;
  readonly acknowledged: boolean;
  /** who acknowledged the alarm, when and where; absent: nobody did, or an older version that did not note it */
  readonly acknowledgement?: Acknowledgement;
  readonly raised: number;
  readonly changed: number;
  /** absent: the alarm is active */
  readonly ended?: number;
  /** what the alarm is about, also when it is over; absent: as `message` says */
  readonly summary?: string;
  readonly summaryI18n?: Message;
  /** the worst value since the alarm was raised */
  readonly peak?: Value;
  /** absent: none */
  readonly evidence?: readonly EvidenceReference[];
  /** why the alarm has no clip, in words; absent: it has one, or the camera records none */
  readonly evidenceProblem?: string;
}

export interface Acknowledgement {
  /** a log-in name */
  readonly by: string;
  readonly where: AcknowledgedWhere;
  /** ms since 1970 */
  readonly at: number;
  /** id of the later alarm of the same kind that was acknowledged, and this one with it */
  readonly with?: string;
}

/** What people call a device or camera, and where it is. */
export interface DeviceWords {
  readonly name?: string | undefined;
  readonly place?: string | undefined;
}

/** When the gateway took a message in, by both clocks. */
export interface Arrival {
  readonly received: WallTime;
  readonly uptime: Uptime;
}

/** Pieces of evidence of one alarm. An alarm that goes on for days is shown by its first ones. */
export const mostEvidence = 12;

/** The kind of an alarm. */
export function keyOf({ rule, device, subject }: Pick<ActiveAlarm, 'rule' | 'device' | 'subject'>): string {
  return `${rule}/${device}/${subject}`;
}
