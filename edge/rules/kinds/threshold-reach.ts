/**
 * Why a rule of the kind `threshold` cannot fire on a device's messages: its metric never comes, comes in another channel,
 * or in a form that is never beyond the limit. Pure.
 */
import type { Value } from '@forpost/shared/event/event.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { channelAndMetric, type MessageRecord } from '../../devices/message-record.ts';
import { type CannotFire, enoughMessages } from '../can-fire.ts';
import { muteCondition } from '../mute-condition.ts';

/** The part of the rule's configuration that decides which values can raise the alarm. */
interface Limit {
  readonly metric: string;
  readonly channel?: string;
  readonly above?: number;
  readonly below?: number;
  readonly when?: string;
}

const mostNames = 6;

/** Why no value of the device can raise the alarm, judged by the device's messages so far. */
export function cannotReach(config: Limit, record: MessageRecord): CannotFire | undefined {
  const { metric, channel: only } = config;
  const wanted = [...record.values]
    .map(([name, { value }]) => ({ ...channelAndMetric(name), value }))
    .filter((one) => one.metric === metric && (only === undefined || one.channel === only));
  const [first] = wanted;
  if (first === undefined) return absent(config, record);
  if (record.onlyUnjudged)
    return {
      kind: 'form',
      reason: words('gateway/reason.quality'),
    };
  const reachable = wanted.filter(({ value }) => notBeyond(config, value) === undefined);
  const reason = reachable.length === 0 ? notBeyond(config, first.value) : undefined;
  if (reason !== undefined) return { kind: 'form', reason };
  return muteCondition(config, record, new Set(reachable.map(({ channel }) => channel)));
}

/** Why values of this form are never beyond the limit. */
function notBeyond({ metric, above, below }: Limit, value: Value): string | undefined {
  if (typeof value === 'number') return undefined;
  if (typeof value === 'string')
    return words('gateway/reason.text-not-number', { metric, value: JSON.stringify(value) });
  if ((above !== undefined && above < 1) || (below !== undefined && below > 0)) return undefined;
  const limit = above === undefined ? `below ${below}` : `above ${above}`;
  return words('gateway/reason.switch-never', { metric, limit });
}

/** Why the metric is absent from the device's messages; undefined while too few have come. */
function absent({ metric, channel }: Limit, record: MessageRecord): CannotFire | undefined {
  if (record.messages === 0)
    return record.notUnderstood === 0
      ? undefined
      : { kind: 'absent', reason: words('gateway/reason.nothing-understood', { count: record.notUnderstood }) };
  if (record.more || record.messages < enoughMessages) return undefined;
  const names = [...record.values.keys()];
  const elsewhere = names.filter((name) => name.slice(name.lastIndexOf('/') + 1) === metric);
  if (channel !== undefined && elsewhere.length > 0) {
    const channels = elsewhere.map((name) => name.slice(0, Math.max(name.lastIndexOf('/'), 0)) || 'none');
    return {
      kind: 'absent',
      reason: words('gateway/reason.channel-absent', {
        channel,
        count: record.messages,
        metric,
        channels: channels.slice(0, mostNames).join(', '),
      }),
    };
  }
  const metrics = [...new Set(names.map((name) => name.slice(name.lastIndexOf('/') + 1)))];
  const more = metrics.length > mostNames ? ', …' : '';
  return {
    kind: 'absent',
    reason: words('gateway/reason.metric-absent', {
      metric,
      count: record.messages,
      metrics: `${metrics.slice(0, mostNames).join(', ')}${more}`,
    }),
  };
}
