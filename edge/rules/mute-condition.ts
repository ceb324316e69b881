/**
 * Finds a condition (`when`) that cannot hold on a device's readings: its metric never comes, or comes as a text where
 * the condition expects a number. A condition sees the values of one reading, so each channel is judged by itself.
 *
 * Always: no verdict before enough messages, none where the device sends more values than are remembered, and none where
 * the condition can hold on some channel's values.
 */

import { suggestion } from '@forpost/shared/config/nearest.ts';
import type { Value } from '@forpost/shared/event/event.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { channelAndMetric, type MessageRecord } from '../devices/message-record.ts';
import { type CannotFire, enoughMessages } from './can-fire.ts';
import { type Blame, HoldAnalysis } from './can-hold.ts';

/** A device with more channels is not examined. */
const mostChannels = 16;
const listedNames = 6;

/** Analyses by rule configuration. */
const analyses = new WeakMap<object, HoldAnalysis>();

/** `channels`: the channels that the rule observes, '' for readings without a channel. */
export function muteCondition(
  rule: { readonly when?: string },
  record: MessageRecord,
  channels: ReadonlySet<string>,
): CannotFire | undefined {
  const { when } = rule;
  if (when === undefined || record.more || record.messages < enoughMessages || channels.size > mostChannels)
    return undefined;
  const analysis = analyses.get(rule) ?? new HoldAnalysis(when, 'reading');
  analyses.set(rule, analysis);
  let first: CannotFire | undefined;
  for (const channel of channels) {
    const values = valuesOf(record, channel);
    const blamed = analysis.cannotHold(values);
    if (blamed === undefined) return undefined;
    first ??= {
      kind: blamed.some(({ wants }) => wants === undefined) ? 'absent' : 'form',
      reason: words('gateway/reason.condition-never', {
        reason: blamed.map((one) => inWords(one, record, values, channel)).join(', and '),
      }),
    };
  }
  return first;
}

function valuesOf(record: MessageRecord, wanted: string): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  for (const [name, { value }] of record.values) {
    const { channel, metric } = channelAndMetric(name);
    if (channel === wanted) found.set(metric, value);
  }
  return found;
}

function inWords(
  { metric, wants }: Blame,
  record: MessageRecord,
  values: ReadonlyMap<string, Value>,
  channel: string,
): string {
  const value = values.get(metric);
  if (value !== undefined && wants !== undefined) {
    const form = typeof value === 'string' ? `a text (${JSON.stringify(value)})` : formOf(value);
    return words('gateway/reason.condition-form', { metric, form, wanted: wants });
  }
  const elsewhere = [...record.values.keys()].map(channelAndMetric).find((one) => one.metric === metric);
  if (elsewhere !== undefined)
    return words('gateway/reason.condition-channel', { metric, where: place(elsewhere.channel), seen: place(channel) });
  return `${metric} has not come in ${record.messages} messages${suggestion(metric, [...values.keys()], listedNames)}`;
}

function formOf(value: Value): string {
  return typeof value === 'boolean' ? 'true or false' : `a number (${value})`;
}

function place(channel: string): string {
  return channel === '' ? 'readings without a channel' : `channel ${channel}`;
}
