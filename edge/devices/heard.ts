/** What a device has said since the gateway started, in the form that rules judge by. */
import type { Value } from '@forpost/shared/event/event.ts';

/** What a device has said since the gateway started. */
export interface Heard {
  /** messages that gave a reading */
  readonly messages: number;
  /** messages that should have given one and gave none */
  readonly notUnderstood: number;
  /** newest values by metric, by channel/metric where there are channels */
  readonly values: ReadonlyMap<string, { readonly value: Value }>;
  /** more than are remembered: what is not among them may have come all the same */
  readonly more: boolean;
  /** all its readings came with a quality that rules do not judge by */
  readonly onlyUnjudged: boolean;
}

/** Of a name in `Heard.values`: its channel ('' without one) and its metric. */
export function channelAndMetric(name: string): { readonly channel: string; readonly metric: string } {
  const at = name.lastIndexOf('/');
  return { channel: name.slice(0, Math.max(at, 0)), metric: name.slice(at + 1) };
}
