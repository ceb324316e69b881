/**
 * Rules, pure: (state, observation, now) -> (state, changes of alarms). No clock, no disk, no network in here; the
 * engine holds the states and asks to be woken, whoever owns it keeps the time.
 *
 *   inactive ── set off (and held long enough) ──► active ── cleared by its own condition ──► inactive
 *
 * Always: a rule raises an alarm of a subject once until it clears it; a reading older than `lateAfterMs` raises
 * nothing; a rule that throws is counted and harms no other rule.
 */
import type { Severity, Value } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import type { TSchema } from 'typebox';
import type { SceneChange } from '../vision/messages.ts';

/** `time`: when it happened, `received`: when the gateway took it, both ms since 1970. */
export type Observation =
  | {
      readonly kind: 'reading';
      readonly device: DeviceId;
      readonly channel?: string;
      readonly time: number;
      readonly received: number;
      readonly values: Readonly<Record<string, Value>>;
    }
  | {
      readonly kind: 'scene';
      readonly device: DeviceId;
      readonly time: number;
      readonly received: number;
      readonly change: SceneChange;
    };

/** A reading that is later than this is stored and never raises an alarm. */
export const lateAfterMs = 120_000;

/** What a rule says about one subject (a device, or a device's channel or zone). */
export interface RuleChange {
  readonly change: 'raised' | 'updated' | 'cleared';
  readonly device: DeviceId;
  /** tells apart several alarms of one rule and device: a channel, a zone; empty where there is one */
  readonly subject: string;
  readonly message: string;
  readonly cause: string;
  readonly value?: Value;
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
}

/** The devices that a rule kind may ask about when it is built, and the time zone of the site. */
export interface RuleContext {
  readonly devices: readonly DeviceId[];
  readonly timezone: string;
}

/** One kind of rule. A new one is one file in kinds/ and one line in kinds/registry.ts. */
export interface RuleKind<Config, State> {
  /** as the site's configuration names it: threshold, silent, zone-entered, … */
  readonly kind: string;
  /** of the kind's own keys in the site's file */
  readonly schema: TSchema;
  /** checks beyond the schema, at load: which key is wrong and why. CEL is compiled here. */
  check(config: Config): readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  initial(config: Config, context: RuleContext, uptime: number): State;
  /** `uptime`: ms of the monotonic clock, for hold times and silence */
  observe(config: Config, state: State, observation: Observation, uptime: number): Evaluation<State>;
  wake(config: Config, state: State, now: number, uptime: number): Evaluation<State>;
}
