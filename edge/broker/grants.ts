/**
 * Computes from a subscriber's matching subscriptions how it gets a message: the QoS, the RETAIN flag and the subscription
 * identifiers (MQTT 5, section 3.8.3.1; MQTT 3.1.1, section 3.3.1.3).
 */
import type { Match } from './filter-index.ts';
import type { Grant } from './grant.ts';
import type { Message } from './message.ts';
import type { QueuedItem } from './outgoing-queue.ts';
import { property, variableProperty } from './protocol/properties.ts';
import type { LiveSubscriber } from './session.ts';

const plainGrants: readonly Grant[] = ([0, 1, 2] as const).map((qos) => ({ qos, retain: false, ids: undefined }));

/** undefined: the subscriber published the message itself, and its subscription has No Local. */
export function grantOf({ qos, special, subscriber }: Match<LiveSubscriber>, message: Message): Grant | undefined {
  // an established subscription gets no retain flag [MQTT-3.3.1-9]
  if (special === undefined) return plainGrants[Math.min(qos, message.qos)];
  const isOwn = message.publisher === subscriber.client;
  const held = isOwn ? special.filter(({ noLocal }) => noLocal !== true) : special;
  if (held.length === 0) return undefined;
  const highest = Math.max(...held.map((subscription) => subscription.qos));
  const ids = held.flatMap(({ id }) => (id === undefined ? [] : [variableProperty(property.subscriptionId, id)]));
  return {
    qos: Math.min(highest, message.qos) as 0 | 1 | 2,
    retain: message.retain && held.some(({ retainAsPublished }) => retainAsPublished === true),
    ids: ids.length === 0 ? undefined : Buffer.concat(ids),
  };
}

/** The message as an item of a session's queue. @param message has a number */
export function itemOf(message: Message, { qos, retain, ids }: Grant, payload: Buffer): QueuedItem {
  const { topic, properties, expiresAt, number = 0 } = message;
  const own = [ids, properties].filter((part) => part !== undefined);
  return {
    message: number,
    topic,
    payload,
    qos: qos as 1 | 2,
    messageId: undefined,
    released: false,
    retain,
    expiresAt,
    properties: own.length === 0 ? undefined : Buffer.concat(own),
  };
}
