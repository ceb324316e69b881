/**
 * For each kind of rule: an example rule of the small test site, what raises its alarm and what clears it. For the contract
 * in rule-kind.test.ts. A new kind adds its entry here.
 */
import type { Observation } from '../../edge/rules/rule.ts';
import { crossing, frameWith, noon, reading, scene, sceneLive, trackOf } from '../../edge/rules/testing/rules.ts';
import type { Tamper } from '../../edge/vision/messages.ts';
import type { DeviceId } from '../../shared/event/ids.ts';

/** An observation, or a time that passes, ms. */
export type Step = Observation | number;

export interface RuleExample {
  readonly config: Readonly<Record<string, unknown>>;
  readonly raise: readonly Step[];
  readonly clear: readonly Step[];
}

const zone = { camera: 'yard', zone: 'drive' };

function tampered(tamper: Tamper, active: boolean): Observation {
  return {
    kind: 'tamper',
    device: 'yard' as DeviceId,
    time: noon,
    received: noon,
    tamper,
    active,
    reason: 'for a test',
  };
}

/** Empty frames for longer than any kind waits here. */
const nobody: readonly Step[] = Array.from({ length: 12 }, () => [frameWith(), 10_000] as const).flat();

export const ruleExamples: Readonly<Record<string, RuleExample>> = {
  threshold: {
    config: { device: 'heat-pump', metric: 'power_w', above: 100, hold_s: 5 },
    raise: [reading({ power_w: 150 }), 6_000],
    clear: [reading({ power_w: 50 })],
  },
  silent: {
    config: { device: 'heat-pump', after_s: 60 },
    raise: [61_000],
    clear: [reading({ power_w: 1 })],
  },
  'zone-entered': { config: zone, raise: [scene('entered', 1)], clear: [scene('left', 1), ...nobody] },
  'zone-left': { config: zone, raise: [scene('entered', 1), 3_000, scene('left', 1)], clear: nobody },
  loitering: {
    config: { ...zone, after_s: 10 },
    raise: [scene('entered', 1), 11_000, frameWith(trackOf(1))],
    clear: [scene('left', 1), ...nobody],
  },
  'zone-count': {
    config: { ...zone, above: 0 },
    raise: [sceneLive, scene('entered', 1), 5_000, frameWith(trackOf(1))],
    clear: [scene('left', 1), frameWith()],
  },
  'zone-empty': {
    config: { ...zone, after_s: 10 },
    raise: [sceneLive, 4_000, frameWith(), 11_000, frameWith()],
    clear: [scene('entered', 1), 4_000, frameWith(trackOf(1))],
  },
  'line-crossed': { config: { camera: 'yard', line: 'fence' }, raise: [crossing('left', 1)], clear: nobody },
  tamper: {
    config: { cameras: ['yard'] },
    raise: [tampered('covered', true)],
    clear: [tampered('covered', false)],
  },
};
