/** Subscriptions as the disk knows them (mqtt-state/mqtt-state.ts). */
import type { Change, SubscriptionOptions } from '../mqtt-state/mqtt-state.ts';
import type { Subscription } from './session.ts';

export function subscribedChange(session: number, subscription: Subscription): Change {
  const { topic, qos, noLocal, retainAsPublished, id } = subscription;
  const change = { kind: 'subscribed' as const, session, filter: topic, qos };
  if (noLocal !== true && retainAsPublished !== true && id === undefined) return change;
  return {
    ...change,
    options: { noLocal: noLocal === true, retainAsPublished: retainAsPublished === true, id: id ?? null },
  };
}

export function optionsOf(options: SubscriptionOptions | null | undefined) {
  if (options == null) return undefined;
  const { noLocal, retainAsPublished, id } = options;
  return { noLocal, retainAsPublished, id: id ?? undefined };
}
