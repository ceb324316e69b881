/** Recognises devices that speak Forpost's own topics: nothing else publishes below `forpost/devices/`. */
import type { Recognised, UnknownMessage } from '../recognise.ts';
import { sure } from '../recognise.ts';

const ownTopic = /^forpost\/devices\/(.+)\/(readings|events|status|devices)$/;

export function recogniseNative({ topic }: UnknownMessage): Recognised | undefined {
  const [, name] = ownTopic.exec(topic) ?? [];
  return name === undefined ? undefined : { sure: sure.certain, config: { topic: name } };
}
