/**
 * The common part of the rule kinds that watch one zone of a camera: which alarms belong to a rule, the checks of its
 * keys, and why a rule raised nothing at a scene change. A kind spreads it and adds its schema and its state.
 */
import type { CameraConfig, RuleConfig } from '../../site/site.ts';
import type { SceneChange, Track } from '../../vision/messages.ts';
import type { Subject } from '../cel.ts';
import { checkMessage } from '../messages.ts';
import type { Observation, RuleContext, RuleKind, RuleProblem } from '../rule.ts';
import { checkWhen, compileWhen } from './common.ts';
import {
  cameraNamed,
  checkPlace,
  checkThings,
  factsOf,
  means,
  notMeant,
  notThere,
  type ThingChoice,
} from './things.ts';

/** A rule with the keys of `zoneKeys`, `thingKeys` and `whenKey`. */
export type ZoneRule = RuleConfig &
  ThingChoice & { readonly camera: string; readonly zone: string; readonly when?: string };

interface ZoneKindOptions<Config> {
  /** subject of the condition: a thing in the zone, or the zone as a whole */
  readonly subject: Extract<Subject, 'scene' | 'zone'>;
  /** placeholders that the rule's own message may use */
  readonly placeholders: readonly string[];
  /** whether a parked thing counts */
  readonly standingCounts: boolean;
  /** checks of the kind's own keys */
  readonly check?: (config: Config) => readonly RuleProblem[];
  /** why a change raised nothing, though it is in the rule's zone and of a thing that the rule means */
  readonly whyNot: (change: SceneChange) => string | undefined;
}

type Shared<Config> = Required<
  Pick<
    RuleKind<Config, unknown>,
    'placeholders' | 'conditionOn' | 'observesLate' | 'rehearsal' | 'check' | 'covers' | 'concerns' | 'whyNot'
  >
>;

export function zoneKind<Config extends ZoneRule>(options: ZoneKindOptions<Config>): Shared<Config> {
  const { subject, placeholders, standingCounts, check, whyNot } = options;
  return {
    placeholders,
    conditionOn: subject,
    observesLate: false,
    rehearsal: 'pictures',
    check: (config, { cameras }) => [
      ...checkPlace(config, cameras),
      ...checkThings(config, cameraNamed(cameras, config.camera)),
      ...(check?.(config) ?? []),
      ...checkWhen(config.when, subject),
      ...checkMessage(config.message, placeholders),
    ],
    covers: (config, _devices, alarm) => config.camera === alarm.device && config.zone === alarm.subject,
    concerns: (config, device) => config.camera === device,
    whyNot: (config: Config, camera: CameraConfig, change: SceneChange) =>
      notThere(config, camera, change) ?? notMeant(config, change.track, standingCounts) ?? whyNot(change),
  };
}

/** For `Presence`: whether the rule means a thing in its zone, and its condition holds. */
export function meansInZone(config: ZoneRule, context: RuleContext) {
  const when = compileWhen(config.when, 'scene', context);
  const { camera: device, zone } = config;
  return (track: Track, { received: now }: Observation): boolean =>
    means(config, track) && (when?.holds({ now, device, zone, ...factsOf(track) }) ?? true);
}
