/**
 * The newest publishes of QoS 1 and 2 of each device's clients, to tell a redelivery of one that was taken from a message
 * that never came (MQTT 3.1.1, section 3.3.1.1). What was committed before a restart is known again from the disk.
 *
 *   note ──► under way (a redelivery waits for the same commit) ── committed ──► known ── 1,024 newer ones ──► forgotten
 *                └── refused ──► forgotten
 *
 * Always: the newest publish with a packet id decides: a later one without DUP takes its place. Bounded: so many of a
 * client, so many clients, and of one principal so many that nobody drives others out by client ids that he makes up.
 * A device that sends the very same bytes under the very same packet id each time, marked with DUP, cannot be told from
 * one that redelivers them; what is lost then with a connection is a repetition of what is stored.
 *
 * Without DUP a publish is a new one, but for one case, which paho-mqtt makes of a QoS 2 message that it has released,
 * after two failed attempts to reconnect (`findUnmarked`): a client that uses no packet id twice for a long time comes
 * back with one of its ids and the bytes that it sent under it, and never sent under another.
 */
import {
  maxClients,
  maxClientsEach,
  PackedRedeliveries,
  perClient,
  principalOf,
  type Redelivery,
} from '../mqtt-state/redelivery.ts';

const firstRoom = 16;
/** So many packet ids without one used twice are those of a client that counts them up and not in a small circle. */
const countedIds = 256;
/** Where a count begins that was begun anew, and where the lowest free id is. */
const firstIds = 64;

/** One client's newest publishes, as a ring. */
class Ring {
  ids = new Uint16Array(firstRoom);
  hashes = new Float64Array(firstRoom);
  admissions: (Promise<void> | undefined)[] = new Array(firstRoom).fill(undefined);
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

  /** Where the newest publish with this packet id stands, or -1. */
  newest(messageId: number): number {
    const room = this.ids.length;
    for (let back = 1; back <= Math.min(this.next, room); back++) {
      const at = (this.next - back) % room;
      if (this.ids[at] === messageId) return at;
    }
    return -1;
  }

  /** How many publishes ago this place was taken, from 1 on. */
  age(at: number): number {
    const room = this.ids.length;
    return ((this.next - 1 - at + room) % room) + 1;
  }

  /** Whether these bytes tell one message from all others, and packet ids do, too: many, none of them for two messages. */
  isTelling(messageId: number, hash: number): boolean {
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
    const room = Math.min(2 * this.ids.length, perClient);
    const ids = new Uint16Array(room);
    const hashes = new Float64Array(room);
    ids.set(this.ids);
    hashes.set(this.hashes);
    this.admissions.length = room;
    this.ids = ids;
    this.hashes = hashes;
  }
}

/** A publish that was noted, until its commit has ended. */
export class Noted {
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
    this.#ring.ids[this.#at] = 0; // no packet's id [MQTT-2.3.1-1]
  }

  /** its place in the ring is not another's yet */
  #isThere(): boolean {
    return this.#ring.admissions[this.#at] === this.#admission;
  }
}

const done = Promise.resolve();

export class Redeliveries {
  /** the one that was silent for longest first */
  readonly #rings = new Map<number, Ring>();
  /** how many of each principal */
  readonly #clientsOf = new Map<number, number>();

  get clients(): number {
    return this.#rings.size;
  }

  /** `packed`: what was on disk at the start, oldest first. */
  recall(packed: Uint8Array): void {
    const records = PackedRedeliveries.from([packed]);
    for (let n = 0; n < records.length; n++) {
      const { client, messageId, hash } = records.get(n);
      this.#ringOf(client).add(messageId, hash, undefined);
    }
  }

  /** The admission of the publish that this one redelivers, or undefined where it is none. */
  find({ client, messageId, hash }: Redelivery): Promise<void> | undefined {
    const ring = this.#rings.get(client);
    const at = ring === undefined ? -1 : ring.newest(messageId);
    if (ring === undefined || at < 0 || ring.hashes[at] !== hash) return undefined;
    return ring.admissions[at] ?? done;
  }

  /** How many publishes of this client have been noted. */
  position(client: number): number {
    return this.#rings.get(client)?.next ?? 0;
  }

  /**
   * The admission of the publish that this one, without DUP, sends again; undefined where that is not certain. `since`:
   * the client's `position` when its connection began. Rather one stored twice than one taken for another's resend: of
   * a device whose messages repeat each other nothing is recognised.
   */
  findUnmarked({ client, messageId, hash }: Redelivery, since: number): Promise<void> | undefined {
    const ring = this.#rings.get(client);
    if (ring === undefined || messageId <= firstIds) return undefined;
    const at = ring.newest(messageId);
    if (at < 0 || ring.hashes[at] !== hash) return undefined;
    if (ring.next - ring.age(at) >= since || !ring.isTelling(messageId, hash)) return undefined;
    return ring.admissions[at] ?? done;
  }

  /** Whether the newest publish under this packet id is known to have been another one. */
  isAnother({ client, messageId, hash }: Redelivery): boolean {
    const ring = this.#rings.get(client);
    const at = ring === undefined ? -1 : ring.newest(messageId);
    return ring !== undefined && at >= 0 && ring.hashes[at] !== hash;
  }

  /** A new publish, whose admission is under way. */
  note({ client, messageId, hash }: Redelivery, admission: Promise<void>): Noted {
    const ring = this.#ringOf(client);
    return new Noted(ring, ring.add(messageId, hash, admission), admission);
  }

  #ringOf(client: number): Ring {
    let ring = this.#rings.get(client);
    if (ring === undefined) {
      this.#makeRoom(client);
      ring = new Ring();
      const principal = principalOf(client);
      this.#clientsOf.set(principal, (this.#clientsOf.get(principal) ?? 0) + 1);
    } else this.#rings.delete(client);
    this.#rings.set(client, ring);
    return ring;
  }

  /** The client that was silent for longest goes, of the same principal where that has its share. */
  #makeRoom(client: number): void {
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
