/**
 * What Forpost needs of aedes 1.2 beyond its public interface, in one place. Each use is checked when a client
 * connects, so that another version of aedes fails loudly and not in the field.
 *
 *  - `_nextBatch` listens to the socket's `readable`: all work that a packet causes begins there, and is bounded there.
 *  - `_nextBatch` reads on from the socket: aedes itself waits while two or more packets of a read are pending, and
 *    a pending one may be waiting for the disk.
 *  - `duplicates` drops a message whose counter is lower than that of the last one delivered, which loses a QoS 1
 *    message that a QoS 0 one, published later, has overtaken on its shorter way: the broker tells duplicates itself.
 *  - mqtt-packet, which writes its packets, keeps a buffer for each of the 65,536 packet ids: 8 MB for nothing.
 *  - `_nextId` gives packet ids from a random one on, whatever ids messages of the session still have that were sent
 *    before: where there is a session it gives them.
 *  - `counter` numbers the broker's messages: it goes on where the last life of the broker ended, and a message that is
 *    on disk before it is delivered has its number before.
 *  - `mq` matches topics with the subscriptions of connected clients: what nobody has subscribed to is not delivered.
 *  - `_keepaliveInterval` is the time without a packet after which it ends a client.
 *  - `waitForDrain` makes a message wait for its slowest subscriber: here only the timer that ends a frozen one stays.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type BoundedWork, contained, within } from '@forpost/shared/bounded-work.ts';
import type { Aedes, Client } from 'aedes';
import type { OutgoingQueue } from './outgoing-queue.ts';

interface ClientInternals {
  id: string;
  _nextBatch(error?: Error): void;
  readonly duplicates: Record<string, number>;
  _nextId: number;
  _drainTimer: unknown;
  readonly _keepaliveInterval: number;
  waitForDrain(callback: (error: Error | null, client: unknown) => void): void;
  readonly will: object | null;
}

type PublishInternal = (packet: { qos: number }, client: unknown, done?: (error?: Error | null) => void) => void;

function internals(client: Client): ClientInternals {
  const inner = client as unknown as Partial<ClientInternals>;
  if (typeof inner._keepaliveInterval !== 'number')
    throw new Error('this version of aedes keeps its clients alive in another way');
  if (typeof inner._nextId !== 'number') throw new Error('this version of aedes gives packet ids in another way');
  if (typeof inner._nextBatch !== 'function' || typeof inner.waitForDrain !== 'function' || !('duplicates' in inner))
    throw new Error('this version of aedes is not the one that the broker was written for');
  return inner as ClientInternals;
}

/** Has packet ids written without a buffer kept for each. To be called before the first packet is written. */
export function keepNoPacketIds(): void {
  // the instance that aedes uses, wherever npm has put it
  const fromHere = createRequire(import.meta.url);
  const { writeToStream } = createRequire(fromHere.resolve('aedes'))('mqtt-packet');
  if (!('cacheNumbers' in writeToStream)) throw new Error('this version of mqtt-packet keeps its packet ids otherwise');
  writeToStream.cacheNumbers = false;
}

/**
 * A client for a connection. All that its packets cause belongs to `work`: an error that nobody handles ends the
 * connection, and not the process.
 */
export function acceptClient(aedes: Aedes, socket: Socket, work: BoundedWork): void {
  const client = within(work, () => aedes.handle(socket));
  const { _nextBatch: nextBatch } = internals(client);
  if (socket.listenerCount('readable', nextBatch) !== 1)
    throw new Error('this version of aedes reads its sockets in another way');
  socket.removeListener('readable', nextBatch);
  socket.on('readable', () => {
    if (!client.closed) contained(work, nextBatch);
  });
}

interface BrokerInternals {
  counter: number;
  readonly mq: { readonly _matcher: { match(topic: string): readonly unknown[] } };
}

function broker(aedes: Aedes): BrokerInternals {
  const inner = aedes as unknown as Partial<BrokerInternals>;
  if (typeof inner.counter !== 'number') throw new Error('this version of aedes numbers its messages in another way');
  if (typeof inner.mq?._matcher?.match !== 'function')
    throw new Error('this version of aedes matches topics otherwise');
  return inner as BrokerInternals;
}

/** The number of the broker's next message. */
export function nextMessage(aedes: Aedes): number {
  const inner = broker(aedes);
  inner.counter += 1;
  return inner.counter;
}

/** Messages are numbered from behind `last` on. */
export function goOnBehind(aedes: Aedes, last: number): void {
  const inner = broker(aedes);
  inner.counter = Math.max(inner.counter, last);
}

/** Whether a connected client has subscribed to this topic. */
export function isSubscribed(aedes: Aedes, topic: string): boolean {
  return broker(aedes).mq._matcher.match(topic).length > 0;
}

/** PUBACKs for publishes that aedes is not to go on with, in one write. */
export function acknowledge(client: Client, messageIds: readonly number[]): void {
  const socket = client.conn as Socket;
  if (client.closed || socket.destroyed) return;
  const packets = Buffer.allocUnsafe(4 * messageIds.length);
  let at = 0;
  for (const id of messageIds) {
    packets[at++] = 0x40;
    packets[at++] = 2;
    packets[at++] = id >> 8;
    packets[at++] = id;
  }
  socket.write(packets);
}

/** Packet ids of what is sent to this client, from its session's queue where there is one. */
function giveIds(inner: ClientInternals, queue: () => OutgoingQueue | undefined): void {
  let own = inner._nextId;
  Object.defineProperty(inner, '_nextId', {
    get: () => queue()?.nextId ?? own,
    // aedes sets what follows on the one it took
    set: (next: number) => {
      const of = queue();
      if (of === undefined) own = next;
      else of.takeId();
    },
  });
}

/** Whether this is the client's will, published at its end, and no publish of its own. */
export function isWill(client: Client, packet: object): boolean {
  return internals(client).will === packet;
}

/** The keep-alive that a client has asked for, ms; Infinity where it wants none. For clients that are logged in. */
export function keepAliveMs(client: Client): number {
  const endMs = internals(client)._keepaliveInterval;
  // one and a half times what was asked for [MQTT-3.1.2-24]
  return endMs > 0 ? Math.floor(endMs / 1.5) : Number.POSITIVE_INFINITY;
}

/** Prepares a client before it is registered under `id`. `queue`: of its session, if it has one. */
export function prepareClient(aedes: Aedes, client: Client, id: string, queue: () => OutgoingQueue | undefined): void {
  const inner = internals(client);
  inner.id = id;
  giveIds(inner, queue);
  Object.defineProperty(inner.duplicates, aedes.id, { get: () => 0, set: () => undefined });
  const arm = inner.waitForDrain;
  inner.waitForDrain = (callback) => {
    if (!inner._drainTimer) arm.call(inner, () => undefined);
    setImmediate(callback, null, inner);
  };
}

/**
 * Has a QoS 2 publish acknowledged (PUBREC) when its delivery begins, not when it ends: a slow subscriber does not
 * hold back the device, and the PUBRECs leave in order.
 */
export function acknowledgeAtDelivery(aedes: Aedes, onError: (error: Error) => void): void {
  const inner = aedes as unknown as { publish: PublishInternal };
  const publish = inner.publish;
  inner.publish = (packet, client, done) => {
    if (packet.qos !== 2 || typeof client !== 'object' || client === null || done === undefined) {
      publish.call(aedes, packet, client, done);
      return;
    }
    publish.call(aedes, packet, client, (error) => {
      if (error) onError(error);
    });
    done();
  };
}
