/**
 * How a redelivered QoS 1 publish is recognised (MQTT 3.1.1, section 3.3.1.1): same client, same packet id, same topic
 * and payload as the client's newest publish with that id. The records of one commit are packed into one blob of 16
 * bytes each, so that a publish costs no statement of its own.
 *
 *   record: client key (8 bytes, a double) · hash of topic and payload (6 bytes) · packet id (2 bytes)
 *
 * Always: of one client at most `perClient` records are kept, the newest, fewer where there are very many clients; of
 * one principal those of at most 16 clients. What is redelivered later than that is a new message.
 */
import { hashBytes, hashText } from '../hash.ts';

export interface Redelivery {
  /** see `clientKey` */
  readonly client: number;
  readonly messageId: number;
  /** see `publishHash` */
  readonly hash: number;
}

export const recordBytes = 16;
/** More than one connection may have under way. */
export const perClient = 1024;
/** Of all clients together, as far as each has more than its least share of them. */
const maxRecords = 65_536;
const leastPerClient = 64;
export const maxClients = 1000;
export const maxClientsEach = 16;

const clientBits = 2 ** 32;
const hashBits = 2 ** 48;

/** Stands for a client: 21 bits of its principal, 32 of its client id. */
export function clientKey(principal: string, clientId: string): number {
  return (hashText(principal) % 2 ** 21) * clientBits + (hashText(clientId) % clientBits);
}

/** The part of a client's key that it shares with all clients of its principal. */
export function principalOf(client: number): number {
  return Math.floor(client / clientBits);
}

/** 48 bits. */
export function publishHash(topic: string, payload: Uint8Array): number {
  return hashBytes(payload, hashText(topic) | 0) % hashBits;
}

export function packRecord(into: Buffer, at: number, { client, messageId, hash }: Redelivery): void {
  into.writeDoubleLE(client, at);
  into.writeUIntLE(hash, at + 8, 6);
  into.writeUInt16LE(messageId, at + 14);
}

export function unpackRecord(from: Buffer, at: number): Redelivery {
  return { client: from.readDoubleLE(at), hash: from.readUIntLE(at + 8, 6), messageId: from.readUInt16LE(at + 14) };
}

/** What is worth keeping of many records (packed, oldest first), again oldest first. */
export function fold(blobs: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(blobs);
  const seen = new Map<number, Set<number>>();
  const clientsOf = new Map<number, number>();
  const records: Redelivery[] = [];
  for (let at = all.length - recordBytes; at >= 0; at -= recordBytes) {
    const record = unpackRecord(all, at);
    let ids = seen.get(record.client);
    if (ids === undefined) {
      const principal = principalOf(record.client);
      const clients = clientsOf.get(principal) ?? 0;
      if (clients >= maxClientsEach || seen.size >= maxClients) continue;
      clientsOf.set(principal, clients + 1);
      ids = new Set();
      seen.set(record.client, ids);
    }
    // an older publish with the same packet id is no redelivery's any more
    if (ids.size >= perClient || ids.has(record.messageId)) continue;
    ids.add(record.messageId);
    records.push(record);
  }
  const share = Math.max(leastPerClient, Math.floor(maxRecords / Math.max(1, seen.size)));
  const kept: Redelivery[] = [];
  const left = new Map<number, number>();
  for (const record of records) {
    const taken = left.get(record.client) ?? 0;
    if (taken >= share) continue;
    left.set(record.client, taken + 1);
    kept.push(record);
  }
  const folded = Buffer.allocUnsafeSlow(kept.length * recordBytes);
  kept.reverse().forEach((record, i) => {
    packRecord(folded, i * recordBytes, record);
  });
  return folded;
}
