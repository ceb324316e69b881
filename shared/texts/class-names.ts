/** The models' names of recognised things (COCO), as texts. A name outside this list is shown unchanged. */
import type { Message } from './message.ts';
import type { TextKey } from './texts.ts';

const known = new Map<string, TextKey<'common'>>([
  ['person', 'common/class.person'],
  ['car', 'common/class.car'],
  ['truck', 'common/class.truck'],
  ['bus', 'common/class.bus'],
  ['motorcycle', 'common/class.motorcycle'],
  ['bicycle', 'common/class.bicycle'],
  ['train', 'common/class.train'],
  ['boat', 'common/class.boat'],
  ['dog', 'common/class.dog'],
  ['cat', 'common/class.cat'],
  ['bird', 'common/class.bird'],
  ['horse', 'common/class.horse'],
  ['motion', 'common/class.motion'],
]);

export function classMessage(name: string): Message | undefined {
  const key = known.get(name);
  return key === undefined ? undefined : { key };
}

/** The value for a placeholder. */
export function classValue(name: string): Message | string {
  return classMessage(name) ?? name;
}
