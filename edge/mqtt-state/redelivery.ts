/**
 * How a redelivered publish of QoS 1 or 2 is recognised (MQTT 3.1.1, section 3.3.1.1): same client, packet id, QoS, topic
 * and payload as the client's newest publish with that packet id. The records of one commit are one blob of 16 bytes each,
 * so that a publish costs no SQL statement of its own.
 *
 *   record: client key · hash of topic and payload × 65,536 + packet id      (two doubles, of which 53 bits are used)
 *
 * Always: the newest `perClient` records of a client are kept, fewer where there are very many clients. At most 16
 * clients of one principal have records. A redelivery without a record is a new message.
 */
import { hashBytes, hashText } from '@forpost/shared/short-hash.ts';

export interface Redelivery {
  /** see `clientKey` */
  readonly client: number;
  readonly messageId: number;
  /** see `publishHash` */
  readonly hash: number;
}

export const recordBytes = 16;
/** Doubles of a record, and the place of each. */
const fields = 2;
const clientField = 0;
const hashField = 1;
/** More publishes than one connection may have uncommitted. */
export const perClient = 1024;
/** Limit of the records of all clients together; `leastPerClient` of each client are kept beyond it. */
const maxRecords = 65_536;
const leastPerClient = 64;
export const maxClients = 1000;
export const maxClientsEach = 16;

const clientBits = 2 ** 32;
const hashBits = 2 ** 36;
const messageIdBits = 2 ** 16;

/** The key of a client: 21 bits of a hash of its principal, 32 bits of a hash of its client id. */
export function clientKey(principal: string, clientId: string): number {
  return (hashText(principal) % 2 ** 21) * clientBits + (hashText(clientId) % clientBits);
}

/** The part of a client's key that all clients of its principal have in common. */
export function principalOf(client: number): number {
  return Math.floor(client / clientBits);
}

/** 36 bits suffice: the hash is compared with one other, of the same client and packet id. */
export function publishHash(topic: string, payload: Uint8Array, qos: 1 | 2): number {
  return hashBytes(payload, (hashText(topic) + qos - 1) | 0) % hashBits;
}

/** Records, oldest first. */
export class PackedRedeliveries {
  readonly #values: Float64Array<ArrayBuffer>;

  constructor(values: Float64Array<ArrayBuffer>) {
    this.#values = values;
  }

  static ofLength(length: number): PackedRedeliveries {
    return new PackedRedeliveries(new Float64Array(length * fields));
  }

  /** The records of the blobs on disk, each of which is a value of `bytes`. */
  static from(blobs: readonly Uint8Array[]): PackedRedeliveries {
    // a view of doubles has to begin at a multiple of 8 bytes
    const bytes = new Uint8Array(blobs.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const blob of blobs) {
      bytes.set(blob, at);
      at += blob.length;
    }
    return new PackedRedeliveries(new Float64Array(bytes.buffer, 0, Math.floor(at / recordBytes) * fields));
  }

  get length(): number {
    return this.#values.length / fields;
  }

  /** The bytes for the disk; little-endian, as all machines are on which Forpost runs. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#values.buffer, this.#values.byteOffset, this.#values.byteLength);
  }

  set(n: number, { client, messageId, hash }: Redelivery): void {
    this.#values[n * fields + clientField] = client;
    this.#values[n * fields + hashField] = hash * messageIdBits + messageId;
  }

  get(n: number): Redelivery {
    return { client: this.#client(n), messageId: this.#messageId(n), hash: Math.floor(this.#rest(n) / messageIdBits) };
  }

  /** The records for which `keep` returns true. */
  filter(keep: (n: number) => boolean): PackedRedeliveries {
    const values: number[] = [];
    for (let n = 0; n < this.length; n++) if (keep(n)) values.push(this.#client(n), this.#rest(n));
    return new PackedRedeliveries(Float64Array.from(values));
  }

  /** The records worth keeping: the newest of each client and packet id, within all bounds. */
  folded(): PackedRedeliveries {
    const clients = new Map<number, ClientFold | undefined>();
    const clientsOf = new Map<number, number>();
    // newest first
    const kept = new Uint32Array(this.length);
    let count = 0;
    let admitted = 0;
    for (let n = this.length - 1; n >= 0; n--) {
      const client = this.#client(n);
      let fold = clients.get(client);
      if (fold === undefined) {
        if (clients.has(client)) continue;
        const principal = principalOf(client);
        const before = clientsOf.get(principal) ?? 0;
        clientsOf.set(principal, before + 1);
        fold = before < maxClientsEach && admitted < maxClients ? new ClientFold() : undefined;
        clients.set(client, fold);
        if (fold === undefined) continue;
        admitted++;
      }
      if (fold.keeps(this.#messageId(n))) kept[count++] = n;
    }
    const share = Math.max(leastPerClient, Math.floor(maxRecords / Math.max(1, admitted)));
    const values = new Float64Array(count * fields);
    let at = values.length;
    for (let i = 0; i < count; i++) {
      const n = kept[i] as number;
      const fold = clients.get(this.#client(n));
      if (fold === undefined || fold.kept >= share) continue;
      fold.kept++;
      at -= fields;
      values[at + clientField] = this.#client(n);
      values[at + hashField] = this.#rest(n);
    }
    return new PackedRedeliveries(values.slice(at));
  }

  #client(n: number): number {
    return this.#values[n * fields + clientField] as number;
  }

  #rest(n: number): number {
    return this.#values[n * fields + hashField] as number;
  }

  #messageId(n: number): number {
    return this.#rest(n) % messageIdBits;
  }
}

/** The packet ids of one client that occurred, from the newest record back. */
class ClientFold {
  readonly #seen = new Uint8Array(messageIdBits / 8);
  #count = 0;
  /** records that are kept in the end */
  kept = 0;

  /** false: a newer publish has the same packet id, or the client has its share. */
  keeps(messageId: number): boolean {
    const bit = 1 << (messageId & 7);
    const byte = this.#seen[messageId >> 3] as number;
    if (this.#count >= perClient || (byte & bit) !== 0) return false;
    this.#seen[messageId >> 3] = byte | bit;
    this.#count++;
    return true;
  }
}
