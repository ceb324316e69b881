/**
 * Rules, pure: (state, observation, now) -> (state, changes of alarms). No clock, no disk, no network in here; the
 * engine holds the states and asks to be woken, whoever owns it keeps the time. A state is handed over: the kind may
 * change it in place and return it, nobody keeps the old one.
 *
 *   inactive ── set off (and held long enough) ──► active ── cleared by its own condition ──► inactive
 *
 * Always: a rule raises an alarm of a subject once until it clears it; a reading older than `lateAfterMs` raises
 * nothing, and a condition on the hour holds at its hours, where the true time is known; where it is not, neither
 * suppresses anything. Holding and silence are counted by the monotonic clock. A rule that throws is counted and harms
 * no other rule.
 */

import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { Quality, Severity, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { Texts } from '@forpost/shared/texts/texts.ts';
import type { TObject } from 'typebox';
import type { Heard } from '../devices/heard.ts';
import type { CameraConfig } from '../site/site.ts';
import type { SceneChange, Tamper, Track } from '../vision/messages.ts';
import type { CannotFire } from './can-fire.ts';
import type { Subject } from './cel.ts';
import type { ClockError, KnowsClockError } from './clock-error.ts';

/** `time`: when it happened, `received`: when the gateway took it, both ms since 1970. */
export type Observation =
  | {
      readonly kind: 'reading';
      readonly device: DeviceId;
      readonly channel?: string;
      readonly time: number;
      readonly received: WallTime;
      readonly values: Readonly<Record<string, Value>>;
      /** absent = good; a reading that is stale, implausible or bad proves life and no more */
      readonly quality?: Quality;
    }
  | {
      readonly kind: 'scene';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly change: SceneChange;
    }
  /** a camera's picture was analysed: all that is tracked in it now, after its changes */
  | {
      readonly kind: 'looked';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly tracks: readonly Track[];
    }
  /** the device said something that is no reading: it lives */
  | { readonly kind: 'message'; readonly device: DeviceId; readonly time: number; readonly received: WallTime }
  /** something was done to a camera, or is over */
  | {
      readonly kind: 'tamper';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: WallTime;
      readonly tamper: Tamper;
      readonly active: boolean;
      /** in words, where somebody knows more */
      readonly reason: string;
    }
  /** the camera lost its tracks (its stream or the vision process started again): nobody will say who left */
  | { readonly kind: 'scene-lost'; readonly device: DeviceId; readonly time: number; readonly received: WallTime }
  /** the camera is live: from now on, what it does not tell is not there */
  | { readonly kind: 'scene-live'; readonly device: DeviceId; readonly time: number; readonly received: WallTime };

/** A reading that is later than this is stored and never raises an alarm. */
export const lateAfterMs = 120_000;

/** The latest time, ms since 1970, that a reading received now may bear. `received`: ms since 1970. */
export function latestTime(received: WallTime, error: ClockError | undefined): number {
  return error === undefined ? Number.POSITIVE_INFINITY : received + error.shiftMs + error.withinMs + lateAfterMs;
}

/** What a rule says about one subject (a device, or a device's channel or zone). */
export interface RuleChange {
  /** reached: a worse value than before, noted for the alarm's end; nobody is told of it by itself */
  readonly change: 'raised' | 'updated' | 'reached' | 'cleared';
  readonly device: DeviceId;
  /** tells apart several alarms of one rule and device: a channel, a zone; empty where there is one */
  readonly subject: string;
  /** in the site's language */
  readonly message: string;
  /** the same for a reader of another language; absent where the installer wrote the message */
  readonly messageI18n?: Message;
  readonly cause: string;
  readonly value?: Value;
  /** the worst value since it was raised */
  readonly peak?: Value;
  /** what the alarm is about, also when it is over; default: the newest message before its end */
  readonly summary?: string;
  readonly summaryI18n?: Message;
  readonly time: number;
}

/** A change, with what its rule's configuration adds. What `alerts/` takes. */
export interface AlarmTransition extends RuleChange {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly category: string;
  readonly test: boolean;
}

export interface Evaluation<State> {
  readonly state: State;
  readonly changes: readonly RuleChange[];
  /** wall-clock-free: ms of the monotonic clock at which `wake` must be called, if any */
  readonly wakeAt?: number;
  /** what kept the rule from following something, counted as its error; thrown it would cost as much as many readings */
  readonly problem?: string;
}

/** One alarm's subject that a rule speaks of. */
export interface AlarmSubject {
  readonly device: DeviceId;
  readonly subject: string;
  /** of one that is active since before a restart */
  readonly peak?: Value;
}

/** The texts that rules speak with. */
export type AlarmWords = Pick<Texts<'alarm' | 'common' | 'gateway'>, 'say' | 'formats'>;

/** What a rule kind may ask about when it is built. */
export interface RuleContext {
  readonly devices: readonly DeviceId[];
  /** IANA */
  readonly timezone: string;
  readonly clockError: KnowsClockError;
  /** the texts of the site's language, for what a rule says */
  readonly words: AlarmWords;
  /** what people call a device, a camera; its id where it has no name */
  nameOf(device: string): string;
  /** what people call a zone of a camera */
  zoneNameOf(camera: string, zone: string): string;
  /** what people call a line of a camera */
  lineNameOf(camera: string, line: string): string;
  /** alarms of this rule that are active since before a restart, and that it covers: it keeps or clears them */
  readonly active: readonly AlarmSubject[];
}

/** What a rule may refer to, for checking it at load. */
export interface RuleReferences {
  readonly devices: readonly DeviceId[];
  readonly cameras: readonly CameraConfig[];
}

/** What is wrong with a rule; `path` within the rule, `offset`: of the character in the text at that path. */
export interface RuleProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly offset?: number;
}

/** One kind of rule. A new one is one file in kinds/ and one line in kinds/registry.ts. */
export interface RuleKind<Config, State> {
  /** as the site's configuration names it: threshold, silent, zone-entered, … */
  readonly kind: string;
  /** of its alarms, where the rule names none */
  readonly category: string;
  /** of the kind's own keys in the site's file */
  readonly schema: TObject;
  /** what a rule's own `message` may have in braces, without them */
  readonly placeholders?: readonly string[];
  /** what the condition (`when`) of such a rule is about; absent: such a rule has none */
  readonly conditionOn?: Subject;
  /** late readings are offered too: they prove that the device lives */
  readonly takesLate: boolean;
  /** checks beyond the schema, at load: which key is wrong and why. CEL is compiled here. */
  check(config: Config, references: RuleReferences): readonly RuleProblem[];
  /** whether this rule could raise an alarm of that subject: one that it could not is cleared after a restart */
  covers(config: Config, devices: readonly DeviceId[], subject: AlarmSubject): boolean;
  /** whether it wants to observe what that device or camera says: asked once for each */
  concerns(config: Config, device: DeviceId): boolean;
  /** why it cannot fire on what a device has said; undefined where it can, or where nobody knows yet */
  cannotFire?(config: Config, heard: Heard): CannotFire | undefined;
  /**
   * Why it was silent at something that its camera saw, in an installer's words; undefined: its condition does not hold,
   * or its alarm is active already. Absent: the kind watches no camera.
   */
  whyNot?(config: Config, camera: CameraConfig, change: SceneChange): string | undefined;
  /** the rule that a site has where its file has none of this kind; absent, undefined: none */
  standard?(cameras: readonly { readonly id: string }[]): { readonly id: string; readonly kind: string } | undefined;
  initial(config: Config, context: RuleContext, uptime: Uptime): State;
  /** `uptime`: ms of the monotonic clock, for hold times and silence */
  observe(config: Config, state: State, observation: Observation, uptime: Uptime): Evaluation<State>;
  wake(config: Config, state: State, now: WallTime, uptime: Uptime): Evaluation<State>;
}
