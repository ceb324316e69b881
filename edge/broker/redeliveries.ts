/**
 * Remembers the newest QoS 1 and QoS 2 publishes of each client. A publish with DUP is a redelivery if this record holds
 * its packet id and content, and a new message otherwise (MQTT 3.1.1, section 3.3.1.1). After a restart the record is
 * read from disk.
 *
 *   note ──► under way (a redelivery waits for the same commit) ── committed ──► known ── 1,024 newer ones ──► forgotten
 *                └── refused ──► forgotten
 *
 * Always: only the newest publish with a packet id counts; a later publish without DUP replaces it. Bounded: publishes of
 * a client, clients, and clients of a principal, so that a principal with invented client ids evicts no other principal.
 *
 * Limit: a device may send equal bytes with DUP under the same packet id every time. Its new messages look like
 * redeliveries and are dropped; each repeats a message that is stored.
 *
 * A publish without DUP is a new message, with one exception (`findUnmarked`). After two failed attempts to reconnect,
 * paho-mqtt resends a released QoS 2 message without DUP. It is recognised if the client reuses packet ids rarely, and
 * has sent these bytes under this packet id and under no other.
 */
import {
  maxClients,
  maxClientsEach,
  PackedRedeliveries,
  perClient,
  principalOf,
  type Redelivery,
} from '../mqtt-state/redelivery.ts';

const firstCapacity = 16;
/** A client that has used this many packet ids, none of them for two messages, counts its ids up. */
const countedIds = 256;
/** Low packet ids prove nothing: a client that restarts its count, or takes the lowest free id, uses them again. */
const firstIds = 64;

/** The newest publishes of one client, as a ring buffer. */
class Ring {
  ids = new Uint16Array(firstCapacity);
  hashes = new Float64Array(firstCapacity);
  admissions: (Promise<void> | undefined)[] = new Array(firstCapacity).fill(undefined);
  next = 0;

  add(messageId: number, hash: number, admission: Promise<void> | undefined): number {
    if (this.next === this.ids.length && this.ids.length < perClient) this.#grow();
    const at = this.next % this.ids.length;
    this.next++;
    this.ids[at] = messageId;
    this.hashes[at] = hash;
    this.admissions[at] = admission;
    return at;
  }

  /** The index of the newest publish with this packet id, or -1. */
  newest(messageId: number): number {
    const capacity = this.ids.length;
    for (let back = 1; back <= Math.min(this.next, capacity); back++) {
      const at = (this.next - back) % capacity;
      if (this.ids[at] === messageId) return at;
    }
    return -1;
  }

  /** How many publishes ago the publish at this index came; 1 = it is the newest. */
  age(at: number): number {
    const capacity = this.ids.length;
    return ((this.next - 1 - at + capacity) % capacity) + 1;
  }

  /**
   * Whether the client sent these bytes under this packet id only, and this packet id with these bytes only, and has
   * used at least `countedIds` packet ids, none of them for two messages.
   */
  isUnique(messageId: number, hash: number): boolean {
    const known = new Map<number, number>();
    for (let at = 0; at < Math.min(this.next, this.ids.length); at++) {
      const [id, own] = [this.ids[at] as number, this.hashes[at] as number];
      if (id === 0) continue;
      if ((own === hash) !== (id === messageId) || (known.get(id) ?? own) !== own) return false;
      known.set(id, own);
    }
    return known.size >= countedIds;
  }

  #grow(): void {
    const capacity = Math.min(2 * this.ids.length, perClient);
    const ids = new Uint16Array(capacity);
    const hashes = new Float64Array(capacity);
    ids.set(this.ids);
    hashes.set(this.hashes);
    this.admissions.length = capacity;
    this.ids = ids;
    this.hashes = hashes;
  }
}

/** A publish in the record whose commit is under way. The owner calls `committed` or `refused` once. */
export class NotedPublish {
  readonly #ring: Ring;
  readonly #at: number;
  readonly #admission: Promise<void>;

  constructor(ring: Ring, at: number, admission: Promise<void>) {
    this.#ring = ring;
    this.#at = at;
    this.#admission = admission;
  }

  committed(): void {
    if (this.#isThere()) this.#ring.admissions[this.#at] = undefined;
  }

  refused(): void {
    if (!this.#isThere()) return;
    this.#ring.admissions[this.#at] = undefined;
    this.#ring.ids[this.#at] = 0; // no packet has this id [MQTT-2.3.1-1]
  }

  /** Whether the ring still holds this publish: a newer one may have replaced it. */
  #isThere(): boolean {
    return this.#ring.admissions[this.#at] === this.#admission;
  }
}

const done = Promise.resolve();

export class Redeliveries {
  /** by client, the least recently used first */
  readonly #rings = new Map<number, Ring>();
  /** number of clients by principal */
  readonly #clientsOf = new Map<number, number>();

  get clients(): number {
    return this.#rings.size;
  }

  /** Restores the record at the start. `packed`: the records on disk, oldest first. */
  recall(packed: Uint8Array): void {
    const records = PackedRedeliveries.from([packed]);
    for (let n = 0; n < records.length; n++) {
      const { client, messageId, hash } = records.get(n);
      this.#ringOf(client).add(messageId, hash, undefined);
    }
  }

  /** The admission of the publish that this one redelivers; undefined: it is not a redelivery. */
  find({ client, messageId, hash }: Redelivery): Promise<void> | undefined {
    const ring = this.#rings.get(client);
    const at = ring === undefined ? -1 : ring.newest(messageId);
    if (ring === undefined || at < 0 || ring.hashes[at] !== hash) return undefined;
    return ring.admissions[at] ?? done;
  }

  /** How many publishes of this client have been noted in all. */
  position(client: number): number {
    return this.#rings.get(client)?.next ?? 0;
  }

  /**
   * The admission of the publish that this one resends without DUP; undefined: that is not certain. `since`: the client's
   * `position` when its connection began; only earlier publishes count. In doubt the message is new, because storing a
   * message twice is better than dropping one: nothing is recognised of a device whose messages have equal content.
   */
  findUnmarked({ client, messageId, hash }: Redelivery, since: number): Promise<void> | undefined {
    const ring = this.#rings.get(client);
    if (ring === undefined || messageId <= firstIds) return undefined;
    const at = ring.newest(messageId);
    if (at < 0 || ring.hashes[at] !== hash) return undefined;
    if (ring.next - ring.age(at) >= since || !ring.isUnique(messageId, hash)) return undefined;
    return ring.admissions[at] ?? done;
  }

  /** Whether the newest publish under this packet id is known and has other content. */
  isAnother({ client, messageId, hash }: Redelivery): boolean {
    const ring = this.#rings.get(client);
    const at = ring === undefined ? -1 : ring.newest(messageId);
    return ring !== undefined && at >= 0 && ring.hashes[at] !== hash;
  }

  /** Adds a new publish, whose admission is under way. */
  note({ client, messageId, hash }: Redelivery, admission: Promise<void>): NotedPublish {
    const ring = this.#ringOf(client);
    return new NotedPublish(ring, ring.add(messageId, hash, admission), admission);
  }

  #ringOf(client: number): Ring {
    let ring = this.#rings.get(client);
    if (ring === undefined) {
      this.#evictFor(client);
      ring = new Ring();
      const principal = principalOf(client);
      this.#clientsOf.set(principal, (this.#clientsOf.get(principal) ?? 0) + 1);
    } else this.#rings.delete(client);
    this.#rings.set(client, ring);
    return ring;
  }

  /** Forgets the least recently used client at a limit: of the same principal if that is at its own limit. */
  #evictFor(client: number): void {
    const principal = principalOf(client);
    const isOwnFull = (this.#clientsOf.get(principal) ?? 0) >= maxClientsEach;
    if (!isOwnFull && this.#rings.size < maxClients) return;
    for (const oldest of this.#rings.keys()) {
      if (isOwnFull && principalOf(oldest) !== principal) continue;
      this.#forget(oldest);
      return;
    }
  }

  #forget(client: number): void {
    this.#rings.delete(client);
    const principal = principalOf(client);
    const left = (this.#clientsOf.get(principal) ?? 0) - 1;
    if (left > 0) this.#clientsOf.set(principal, left);
    else this.#clientsOf.delete(principal);
  }
}
