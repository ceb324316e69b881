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
 *  - `deliver0` and `deliverQoS` write a message to a client that has subscribed to it.
 *  - `_keepaliveInterval` is the time without a packet after which it ends a client.
 *  - `waitForDrain` makes a message wait for its slowest subscriber: here nobody waits, and a frozen
 *    one is found by write-watch.ts.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type BoundedWork, contained, within } from '@forpost/shared/bounded-work.ts';
import type { Aedes, AedesPublishPacket, Client } from 'aedes';
import type { OutgoingQueue } from './outgoing-queue.ts';

interface ClientInternals {
  id: string;
  _nextBatch(error?: Error): void;
  readonly duplicates: Record<string, number>;
  _nextId: number;
  readonly _keepaliveInterval: number;
  waitForDrain(callback: (error: Error | null, client: unknown) => void): void;
  readonly will: object | null;
  deliver0(packet: object, done: () => void): void;
  deliverQoS(packet: object, done: () => void): void;
}

type PublishInternal = (packet: { qos: number }, client: unknown, done?: (error?: Error | null) => void) => void;

function internals(client: Client): ClientInternals {
  const inner = client as unknown as Partial<ClientInternals>;
  if (typeof inner._keepaliveInterval !== 'number')
    throw new Error('this version of aedes keeps its clients alive in another way');
  if (typeof inner._nextId !== 'number') throw new Error('this version of aedes gives packet ids in another way');
  if (
    typeof inner._nextBatch !== 'function' ||
    typeof inner.waitForDrain !== 'function' ||
    typeof inner.deliver0 !== 'function' ||
    !('duplicates' in inner)
  )
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
}

function broker(aedes: Aedes): BrokerInternals {
  const inner = aedes as unknown as Partial<BrokerInternals>;
  if (typeof inner.counter !== 'number') throw new Error('this version of aedes numbers its messages in another way');
  return inner as BrokerInternals;
}

/** A message for one client, with the QoS and the retain flag under which it goes out. `done`: it is written, or given up. */
export function deliver(client: Client, packet: AedesPublishPacket, done: () => void): void {
  const inner = internals(client);
  if (packet.qos === 0) inner.deliver0(packet, done);
  else inner.deliverQoS(packet, done);
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

/** PUBACKs for publishes that aedes is not to go on with, in one write. */
export function pubacks(messageIds: readonly number[]): Buffer {
  const packets = Buffer.allocUnsafe(4 * messageIds.length);
  let at = 0;
  for (const id of messageIds) {
    packets[at++] = 0x40;
    packets[at++] = 2;
    packets[at++] = id >> 8;
    packets[at++] = id;
  }
  return packets;
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

export interface Preparation {
  /** under which it is registered */
  readonly id: string;
  /** of its session, if it has one */
  readonly queue: () => OutgoingQueue | undefined;
  /** a write found the socket's buffer full */
  readonly onFull: () => void;
}

/** Prepares a client before it is registered. */
export function prepareClient(aedes: Aedes, client: Client, { id, queue, onFull }: Preparation): void {
  const inner = internals(client);
  inner.id = id;
  giveIds(inner, queue);
  Object.defineProperty(inner.duplicates, aedes.id, { get: () => 0, set: () => undefined });
  inner.waitForDrain = (callback) => {
    onFull();
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
