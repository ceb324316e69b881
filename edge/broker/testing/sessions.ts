/** For tests of sessions: a store of sessions without a broker, and what SUBSCRIBE and a publish do to it. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { type MqttStateStore, noStateStore } from '../../mqtt-state/mqtt-state.ts';
import { grantOf } from '../grants.ts';
import { Message, type MessageFields } from '../message.ts';
import type { SessionLimits } from '../session.ts';
import { Sessions } from '../sessions.ts';
import type { Subscription } from '../subscription.ts';

/** what the newest store has dropped at its limits */
export const dropped: string[] = [];
const clock = new FakeClock();

/** An empty store. `connected`: ids of the clients that count as connected. */
export function sessions(
  limits: Partial<SessionLimits>,
  connected: readonly string[] = [],
  storage: MqttStateStore = noStateStore,
): Sessions {
  dropped.length = 0;
  return new Sessions({
    limits,
    storage,
    clock,
    isConnected: (id) => connected.includes(id),
    onDropped: (what) => dropped.push(what),
  });
}

/** A client with a persistent session. */
export const staying = (id: string) => ({ id, stays: true });
/** A client whose session ends with its connection. */
export const leaving = (id: string) => ({ id, stays: false });

export function message(topic: string, text: string, change: Partial<MessageFields> = {}): Message {
  return new Message({ topic, payload: Buffer.from(text), qos: 1, retain: true, ...change });
}

/** Subscribes as SUBSCRIBE does. */
export async function subscribe(store: Sessions, id: string, subscriptions: readonly Subscription[]): Promise<void> {
  const session = store.attach(id);
  await store.subscriptions.saved(session, store.subscriptions.save(session, subscriptions));
  store.subscriptions.apply(session, subscriptions);
}

/** The sessions with a subscription to this topic, as [client, QoS]. */
export const subscribed = (store: Sessions, topic: string) =>
  store.index.match(topic).stored.map(({ subscriber, qos }) => [subscriber.client, qos]);

/** Queues a message for each session with a subscription to its topic. */
export function enqueue(store: Sessions, one: Message): void {
  for (const match of store.index.match(one.topic).stored) {
    const grant = grantOf(match, one);
    if (grant !== undefined) store.queues.enqueue(store.attach(match.subscriber.client), one, grant, undefined);
  }
}

/** Whether a promise is settled once all due work has run. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}
