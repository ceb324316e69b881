/**
 * Hands a published message to the connected subscribers, each once, with the highest QoS that it asked for
 * [MQTT-3.3.5-1]. Stands in for aedes's own emitter (its option `mq`), which keeps one listener for each filter of each
 * client.
 *
 * Always: `done` is called once, when each of them has been written to or given up; what fails for one subscriber ends
 * that one's connection and no other's, the publisher's neither; nobody has subscribed to topics of the broker's own.
 */
import { type BoundedWork, contained } from '@forpost/shared/bounded-work.ts';
import type { AedesPublishPacket, Client } from 'aedes';
import { deliver } from './aedes-internals.ts';
import type { FilterIndex } from './filter-index.ts';
import type { LiveSubscriber } from './session.ts';

export interface DeliveriesOptions {
  readonly index: FilterIndex<LiveSubscriber>;
  /** the work that a client's connection is */
  readonly workOf: (client: Client) => BoundedWork | undefined;
  /** whether this client is a bridge: it gets messages retained as published, and not its own */
  readonly isBridge: (client: Client) => boolean;
}

type Message = AedesPublishPacket & { readonly clientId?: string };

export class Deliveries {
  readonly #options: DeliveriesOptions;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** aedes subscribes to topics by which several brokers work together: here is only one. */
  on(_topic: string, _listener: unknown, done?: () => void): this {
    if (done !== undefined) setImmediate(done);
    return this;
  }

  removeListener(_topic: string, _listener: unknown, done?: () => void): this {
    if (done !== undefined) setImmediate(done);
    return this;
  }

  emit(message: Message, done: () => void): this {
    const { index, workOf } = this.#options;
    if (message.topic.startsWith('$')) {
      done();
      return this;
    }
    // one more than there are subscribers, so that it does not end before all of them have been begun
    let left = 1;
    const delivered = () => {
      left--;
      if (left === 0) done();
    };
    for (const { subscriber, qos } of index.match(message.topic).all) {
      const client = subscriber.live;
      const work = client === undefined ? undefined : workOf(client);
      if (client === undefined || client.closed || work === undefined) continue;
      left++;
      contained(work, () => this.#deliver(client, message, qos, delivered));
    }
    delivered();
    return this;
  }

  close(done: () => void): this {
    setImmediate(done);
    return this;
  }

  #deliver(client: Client, message: Message, granted: 0 | 1 | 2, done: () => void): void {
    const isBridge = this.#options.isBridge(client);
    if (isBridge && message.clientId === client.id) {
      done();
      return;
    }
    const { brokerId, brokerCounter, topic, payload } = message;
    const qos = Math.min(message.qos, granted) as 0 | 1 | 2;
    // an established subscription gets no retain flag [MQTT-3.3.1-9]
    const retain = isBridge && message.retain;
    deliver(client, { cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain, dup: false }, done);
  }
}
