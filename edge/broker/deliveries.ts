/**
 * Delivers a message to its subscribers, to each once, with the highest QoS of its matching filters [MQTT-3.3.5-1]: to
 * connected ones at once, and to the queues of persistent sessions.
 *
 * Always: an error for one subscriber ends only that subscriber's connection. A slow subscriber delays no other client. The
 * broker's own topics have no subscribers.
 */
import type { Match } from './filter-index.ts';
import type { Grant } from './grant.ts';
import { grantOf } from './grants.ts';
import type { Message } from './message.ts';
import type { LiveConnection, LiveSubscriber, Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export class Deliveries {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** false: the message has no subscribers. */
  deliver(message: Message): boolean {
    if (message.topic.startsWith('$')) return false;
    const onDisk = this.#sessions.queues.removePrepared(message);
    const { all } = this.#sessions.index.match(message.topic);
    for (const match of all) this.#toOne(match, message, onDisk);
    if (onDisk !== undefined) this.#sessions.queues.forgetPrepared(message.number, onDisk);
    return all.length > 0;
  }

  #toOne(match: Match<LiveSubscriber>, message: Message, onDisk: Set<number> | undefined): void {
    const { subscriber } = match;
    const grant = grantOf(match, message);
    if (grant === undefined) return;
    const connection = subscriber.live;
    if (grant.qos === 0) {
      if (connection !== undefined) attempt(connection, () => connection.send(message, grant));
    } else if (subscriber.isStored) this.#toSession(subscriber as Session, message, grant, onDisk);
    else if (connection !== undefined) attempt(connection, () => connection.offer(message, grant));
  }

  #toSession(session: Session, message: Message, grant: Grant, onDisk: Set<number> | undefined): void {
    const item = this.#sessions.queues.enqueue(session, message, grant, onDisk);
    const { live } = session;
    if (item === undefined || live === undefined) return;
    attempt(live, () => {
      if (!live.offer(message, grant, item)) this.#sessions.queues.unqueue(session, item);
    });
  }
}

function attempt(connection: LiveConnection, work: () => void): void {
  try {
    work();
  } catch (error) {
    connection.guarded.work.failed(error);
  }
}
