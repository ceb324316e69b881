/**
 * What Forpost needs of aedes 1.2 beyond its public interface, in one place. Each use is checked when a client
 * connects, so that another version of aedes fails loudly and not in the field.
 *
 *  - `_nextBatch` reads on from the socket: aedes itself waits while two or more packets of a read are pending, and
 *    a pending one may be waiting for the disk.
 *  - `duplicates` drops a message whose counter is lower than that of the last one delivered, which loses a QoS 1
 *    message that a QoS 0 one, published later, has overtaken on its shorter way: the broker tells duplicates itself.
 *  - mqtt-packet, which writes its packets, keeps a buffer for each of the 65,536 packet ids: 8 MB for nothing.
 *  - `waitForDrain` makes a message wait for its slowest subscriber: here only the timer that ends a frozen one stays.
 */
import { createRequire } from 'node:module';
import type { Aedes, Client } from 'aedes';

interface ClientInternals {
  id: string;
  _nextBatch(error?: Error): void;
  readonly duplicates: Record<string, number>;
  _drainTimer: unknown;
  waitForDrain(callback: (error: Error | null, client: unknown) => void): void;
  readonly will: object | null;
}

type PublishInternal = (packet: { qos: number }, client: unknown, done?: (error?: Error | null) => void) => void;

function internals(client: Client): ClientInternals {
  const inner = client as unknown as Partial<ClientInternals>;
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

/** Lets aedes read the next packets of a client although some of its publishes are pending. */
export function readOn(client: Client): void {
  if (!client.closed) internals(client)._nextBatch();
}

/** Whether this is the client's will, published at its end, and no publish of its own. */
export function isWill(client: Client, packet: object): boolean {
  return internals(client).will === packet;
}

/** Prepares a client before it is registered under `id`. */
export function prepareClient(aedes: Aedes, client: Client, id: string): void {
  const inner = internals(client);
  inner.id = id;
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
