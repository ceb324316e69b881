/**
 * Rules are pure functions: (state, observation, now) -> (state, changes of alarms), without clock, disk or network. The
 * engine holds the states, and its caller keeps the time. A kind may change a state in place and return it: the engine
 * does not use the old one again.
 *
 *   inactive ── set off (and held long enough) ──► active ── cleared by its own condition ──► inactive
 *
 * Always: a rule raises the alarm of a subject once until it clears it. While the true time is known, a reading older
 * than `lateAfterMs` raises nothing, and a condition on the hour holds at its hours only. While the true time is unknown,
 * neither suppresses an alarm. Hold times and silence are counted by the monotonic clock. A rule that throws is counted,
 * and no other rule is affected.
 */

import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { Quality, Severity, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { Texts } from '@forpost/shared/texts/texts.ts';
import type { TObject } from 'typebox';
import type { MessageRecord } from '../devices/message-record.ts';
import type { CameraConfig } from '../site/site.ts';
import type { SceneChange, Tamper, Track } from '../vision/messages.ts';
import type { CannotFire } from './can-fire.ts';
import type { Subject } from './cel.ts';
import type { ClockError, KnowsClockError } from './clock-error.ts';

/** `time`: of the event itself, `received`: of its receipt by the gateway, both ms since 1970. */
export type Observation =
  | {
      readonly kind: 'reading';
      readonly device: DeviceId;
      readonly channel?: string;
      readonly time: number;
      readonly received: WallTime;
      readonly values: Readonly<Record<string, Value>>;
      /** absent = good; a reading that is stale, implausible or bad proves only that the device is alive */
      readonly quality?: Quality;
    }
  | {
      readonly kind: 'scene';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly change: SceneChange;
    }
  /** a camera's frame was analysed: all tracks of the frame, sent after its scene changes */
  | {
      readonly kind: 'frame';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly tracks: readonly Track[];
    }
  /** the device sent a message without a reading: it is alive */
  | { readonly kind: 'message'; readonly device: DeviceId; readonly time: number; readonly received: WallTime }
  /** a kind of tampering with a camera began or ended */
  | {
      readonly kind: 'tamper';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly tamper: Tamper;
      readonly active: boolean;
      /** more about the cause, in words; may be empty */
      readonly reason: string;
    }
  /** a bridge can be reached, or no longer: the devices behind it cannot be received meanwhile */
  | {
      readonly kind: 'reach';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly reachable: boolean;
    }
  /** the camera lost its tracks (its stream or the vision process restarted): no `left` will come for them */
  | { readonly kind: 'scene-lost'; readonly device: DeviceId; readonly time: number; readonly received: WallTime }
  /** the camera is live: from now on, a thing without a track is not in the picture */
  | { readonly kind: 'scene-live'; readonly device: DeviceId; readonly time: number; readonly received: WallTime };

/** A reading that arrives later than this is stored, and raises no alarm. */
export const lateAfterMs = 120_000;

/** The latest plausible time of a reading, ms since 1970. `received`: its receipt, ms since 1970. */
export function latestTime(received: WallTime, error: ClockError | undefined): number {
  return error === undefined ? Number.POSITIVE_INFINITY : received + error.shiftMs + error.withinMs + lateAfterMs;
}

/** A change of one alarm of a rule. */
export interface RuleChange {
  /** reached: a new worst value, kept for the message at the alarm's end; it is not notified by itself */
  readonly change: 'raised' | 'updated' | 'reached' | 'cleared';
  readonly device: DeviceId;
  /** distinguishes the alarms of one rule and device: a channel, a zone; empty where a device has one alarm only */
  readonly subject: string;
  /** in the site's language */
  readonly message: string;
  /** the same message for readers of another language; absent where the installer wrote the message */
  readonly messageI18n?: Message;
  readonly cause: string;
  readonly value?: Value;
  /** the worst value since the alarm was raised */
  readonly peak?: Value;
  /** a sentence about the whole alarm, also valid after its end; default: the newest message before its end */
  readonly summary?: string;
  readonly summaryI18n?: Message;
  readonly time: number;
}

/** A change with the keys of its rule's configuration; the input of `alerts/`. */
export interface AlarmTransition extends RuleChange {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly category: string;
  readonly test: boolean;
}

export interface Evaluation<State> {
  readonly state: State;
  readonly changes: readonly RuleChange[];
  /** the time at which `wake` must be called, ms of the monotonic clock */
  readonly wakeAt?: number;
  /** an error of the rule that is counted; returned, because throwing costs as much as evaluating many readings */
  readonly problem?: string;
}

/** One alarm of a rule, by device and subject. */
export interface AlarmSubject {
  readonly device: DeviceId;
  readonly subject: string;
  /** the worst value so far, of an alarm from before a restart */
  readonly peak?: Value;
}

/** The texts and formats of the rules' messages. */
export type AlarmWords = Pick<Texts<'alarm' | 'common' | 'gateway'>, 'say' | 'formats'>;

/** Facts about the site. All but `active` are those of the site as it is when they are read. */
export interface RuleContext {
  /** devices with a log-in, bridges, and devices behind bridges */
  readonly devices: readonly DeviceId[];
  /** the bridge that speaks for a device; undefined: it has a log-in of its own, or is a bridge */
  bridgeOf(device: DeviceId): DeviceId | undefined;
  /** the devices behind a bridge; none for any other id */
  behind(bridge: DeviceId): readonly DeviceId[];
  /** whether a bridge can be reached now */
  reaches(bridge: DeviceId): boolean;
  /** IANA */
  readonly timezone: string;
  readonly clockError: KnowsClockError;
  /** texts in the site's language, for the rule's messages */
  readonly words: AlarmWords;
  /** the name of a device or camera for people; its id where it has no name */
  nameOf(device: string): string;
  /** the name of a camera's zone for people */
  zoneNameOf(camera: string, zone: string): string;
  /** the name of a camera's line for people */
  lineNameOf(camera: string, line: string): string;
  /** active alarms from before a restart that this rule covers: the rule keeps or clears them */
  readonly active: readonly AlarmSubject[];
}

/** Devices and cameras that a rule may refer to, for the check at load. */
export interface RuleReferences {
  readonly devices: readonly DeviceId[];
  readonly cameras: readonly CameraConfig[];
}

/** A problem of a rule's configuration; `path` within the rule, `offset`: of the wrong character in the text at that path. */
export interface RuleProblem {
  readonly path: readonly (string | number)[];
  readonly message: Words;
  readonly offset?: number;
}

/** What `carry` gets. */
export interface Carried<Config, State> {
  readonly before: Config;
  readonly config: Config;
  /** as the rule left it under `before`; it may be changed in place */
  readonly state: State;
  /** `active`: the alarms that the rule still covers */
  readonly context: RuleContext;
  /** ms of the monotonic clock */
  readonly uptime: Uptime;
}

/** The names for people that a sentence about a rule needs. */
export type SiteNames = Pick<RuleContext, 'nameOf' | 'zoneNameOf' | 'lineNameOf'>;

/** One kind of rule. A new one is one file in kinds/ and one line in kinds/registry.ts. */
export interface RuleKind<Config, State> {
  /** as the site's configuration names it: threshold, silent, zone-entered, … */
  readonly kind: string;
  /** what the kind is called where a person chooses one; absent: the word of `kind` */
  readonly title?: Message;
  /** category of the alarms of a rule that names none */
  readonly category: string;
  /**
   * Schema of the kind's own keys in site.yaml. The form of the kind is made from it (form/form.ts): `x-field` says what a
   * key holds, where its type does not (form/field.ts), and `x-instead` names the key whose place it takes.
   */
  readonly schema: TObject;
  /**
   * What a rehearsal over stored events lacks of what the kind observes: frames of a camera, tampering other than missing
   * pictures, messages that no decoder could read. Absent: nothing.
   */
  readonly rehearsal?: 'pictures' | 'partly' | 'unread';
  /** names of the placeholders that a rule's own `message` may use, without braces */
  readonly placeholders?: readonly string[];
  /** the subject of the rule's condition (`when`); absent: rules of this kind have no condition */
  readonly conditionOn?: Subject;
  /** whether `observe` also gets late readings: they prove that the device is alive */
  readonly observesLate: boolean;
  /** the checks beyond the schema, at load; compiles CEL too. Returns each wrong key with the reason. */
  check(config: Config, references: RuleReferences): readonly RuleProblem[];
  /** when the rule raises its alarm, as the part of a sentence behind «When»: "power of Meter hall is above 24 kW for 30 s" */
  clause(config: Config, names: SiteNames): Message;
  /** whether this rule could raise this alarm; after a restart the engine clears an alarm that no rule could raise */
  covers(config: Config, devices: readonly DeviceId[], subject: AlarmSubject): boolean;
  /**
   * While a bridge cannot be reached, the rule raises one alarm of the bridge for all devices behind it: it observes
   * the bridge of each of its devices, and covers such an alarm.
   */
  readonly groupsByBridge?: true;
  /** whether the rule observes this device or camera; asked once for each */
  concerns(config: Config, device: DeviceId): boolean;
  /** why the rule cannot fire on a device's messages so far; undefined where it can, or where too few have come */
  cannotFire?(config: Config, record: MessageRecord): CannotFire | undefined;
  /**
   * Why the rule raised nothing at a scene change of its camera, in an installer's words; undefined where its condition
   * does not hold, or its alarm is active already. Absent: the kind watches no camera.
   */
  whyNot?(config: Config, camera: CameraConfig, change: SceneChange): string | undefined;
  /** the default rule of a site whose file has none of this kind; absent or undefined: no default */
  standard?(cameras: readonly { readonly id: string }[]): { readonly id: string; readonly kind: string } | undefined;
  initial(config: Config, context: RuleContext, uptime: Uptime): State;
  /**
   * The state under a changed configuration, or for devices that came or went: it keeps what `initial` would lose (silence
   * so far, hold times) and forgets devices that are gone. Absent: a rule begins anew where its own keys change, and its
   * state depends on no list of devices.
   */
  carry?(change: Carried<Config, State>): State;
  /** `uptime`: ms of the monotonic clock, for hold times and silence */
  observe(config: Config, state: State, observation: Observation, uptime: Uptime): Evaluation<State>;
  wake(config: Config, state: State, now: WallTime, uptime: Uptime): Evaluation<State>;
}
