/**
 * The newest QoS 1 publishes of each device's clients, to tell a redelivery (DUP) of one that was taken from a message
 * that never came (MQTT 3.1.1, section 3.3.1.1). What was committed before a restart is known again from the disk.
 *
 *   note ──► under way (a redelivery waits for the same commit) ── committed ──► known ── 1,024 newer ones ──► forgotten
 *                └── refused ──► forgotten
 *
 * Always: the newest publish with a packet id decides: a later one without DUP takes its place. Bounded: so many of a
 * client, so many clients, and of one principal so many that nobody drives others out by client ids that he makes up.
 * A device that sends the very same bytes under the very same packet id each time cannot be told from one that
 * redelivers them; what is lost then with a connection is a repetition of what is stored.
 */
import {
  maxClients,
  maxClientsEach,
  PackedRedeliveries,
  perClient,
  principalOf,
  type Redelivery,
} from '../outbox/redelivery.ts';

const firstRoom = 16;

/** One client's newest publishes, as a ring. */
class Ring {
  ids = new Uint16Array(firstRoom);
  hashes = new Float64Array(firstRoom);
  admissions: (Promise<void> | undefined)[] = new Array(firstRoom).fill(undefined);
  next = 0;
  used = 0;

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
  readonly #rings = new Map<number, Ring>();
  #uses = 0;

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
      this.#rings.set(client, ring);
    }
    ring.used = ++this.#uses;
    return ring;
  }

  /** The client that was silent for longest goes, of the same principal where that has its share. */
  #makeRoom(client: number): void {
    const principal = principalOf(client);
    const own = [...this.#rings].filter(([key]) => principalOf(key) === principal);
    if (own.length < maxClientsEach && this.#rings.size < maxClients) return;
    const among = own.length >= maxClientsEach ? own : [...this.#rings];
    let oldest = among[0];
    for (const entry of among) if (entry[1].used < (oldest?.[1].used ?? 0)) oldest = entry;
    if (oldest !== undefined) this.#rings.delete(oldest[0]);
  }
}
