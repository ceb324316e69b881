import { expect, test } from 'vitest';
import type { CameraConfig, RuleConfig } from '../../site/site.ts';
import type { SceneChange, Track } from '../../vision/messages.ts';
import { whyNot } from '../camera-test.ts';
import { crossing, scene, siteWith } from '../testing/rules.ts';

const camera = siteWith().cameras[0] as CameraConfig;
const entered = { id: 'r', kind: 'zone-entered', camera: 'yard', zone: 'drive' };
const crossed = { id: 'r', kind: 'line-crossed', camera: 'yard', line: 'fence', direction: 'left' };

function changeOf(observation: ReturnType<typeof scene>): SceneChange {
  if (observation.kind !== 'scene') throw new Error('no scene');
  return observation.change;
}
const enters = (more: Partial<Track> = {}) => changeOf(scene('entered', 1, more));

test.each([
  [{ ...entered, zone: 'porch' }, enters(), 'Not here: the rule watches porch'],
  [{ ...entered, classes: ['cat'] }, enters(), 'Not what it looks for: this is a person, it wants cat'],
  [{ ...entered, min_score: 0.95 }, enters(), 'Not certain enough: 90 %, it wants 95 % (min_score)'],
  [
    { ...entered, classes: ['cat'], min_score: 0.95, confirmations: 2 },
    enters({ class: 'motion', anyClass: true }),
    'Not sure yet: seen in 1 frames',
  ],
  [{ ...entered, max_height: 0.2 }, enters(), 'Too high: 30 %, it wants at most 20 % (max_height)'],
  [entered, enters({ class: 'car', static: true }), 'It has not moved, or stands again'],
  [{ ...entered, confirmations: 3 }, enters(), 'Not sure yet: seen in 1 frames, it wants 3 (confirmations)'],
  [entered, changeOf(scene('left', 1)), 'It tells when somebody comes in'],
  [crossed, changeOf(crossing('right', 1)), 'The other way: the rule tells who crosses to the left'],
  [crossed, enters(), 'Not here: the rule watches Fence'],
  [{ ...entered, when: 'hour > 22' }, enters(), 'Its condition (when) does not hold'],
])('%# a rule that raised nothing gives its reason in words', (rule, change, reason) => {
  expect(whyNot(rule as unknown as RuleConfig, camera, change)).toContain(reason);
});
