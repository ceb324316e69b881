/** A device's messages and newest values since the gateway started, as the check for mute rules needs them. */
import type { Value } from '@forpost/shared/event/event.ts';

/** A device's messages and newest values since the gateway started. */
export interface MessageRecord {
  /** messages with at least one reading */
  readonly messages: number;
  /** messages that carry measured values of which the decoder read none; refused messages count too */
  readonly notUnderstood: number;
  /** newest values by metric, or by channel/metric for a device with channels */
  readonly values: ReadonlyMap<string, { readonly value: Value }>;
  /** the device sends more values than are remembered: a value missing in `values` may have come all the same */
  readonly more: boolean;
  /** all readings had a quality that rules ignore */
  readonly onlyUnjudged: boolean;
}

/** Splits a name of `MessageRecord.values` into channel ('' without one) and metric. */
export function channelAndMetric(name: string): { readonly channel: string; readonly metric: string } {
  const at = name.lastIndexOf('/');
  return { channel: name.slice(0, Math.max(at, 0)), metric: name.slice(at + 1) };
}
