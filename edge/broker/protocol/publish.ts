/**
 * Reads and writes PUBLISH (MQTT 5 and 3.1.1, section 3.3): the hot packet of the broker.
 *
 * Always: a message to many subscribers is encoded once for each combination of version, QoS and flags, and then copied.
 * The payload of a PUBLISH that was read is a view of the socket's buffer; code that keeps it must copy it.
 */
import { numberAt } from './fields.ts';
import { endOfAll, longProperty, numbersOf, passedOn, properties as propertiesOf, property } from './properties.ts';

/** A received PUBLISH. */
export interface Publish {
  /** empty: the connection resolves `topicAlias` and sets it */
  topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  retain: boolean;
  readonly dup: boolean;
  /** 0: none (QoS 0) */
  readonly packetId: number;
  /** the properties that are forwarded to subscribers, encoded */
  readonly properties: Buffer | undefined;
  readonly expiryS: number | undefined;
  /** undefined: none */
  readonly topicAlias: number | undefined;
}

const noNumbers: ReadonlyMap<number, number> = new Map();

/** Reads a PUBLISH that the packet reader has checked. `from`, `end`: the range of the bytes after the fixed header. */
export function readPublish(first: number, bytes: Buffer, from: number, end: number, isV5: boolean): Publish {
  const qos = ((first >> 1) & 3) as 0 | 1 | 2;
  const topicEnd = from + 2 + numberAt(bytes, from);
  const topic = bytes.toString('utf8', from + 2, topicEnd);
  const packetId = qos === 0 ? 0 : numberAt(bytes, topicEnd);
  const at = qos === 0 ? topicEnd : topicEnd + 2;
  const has = isV5 && bytes[at] !== 0;
  const numbers = has ? numbersOf(bytes, at) : noNumbers;
  return {
    topic,
    payload: bytes.subarray(isV5 ? (has ? endOfAll(bytes, at) : at + 1) : at, end),
    qos,
    retain: (first & 1) !== 0,
    dup: (first & 8) !== 0,
    packetId,
    properties: has ? passedOn(bytes, at) : undefined,
    expiryS: numbers.get(property.messageExpiry),
    topicAlias: numbers.get(property.topicAlias),
  };
}

/** A message to send to a subscriber. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Buffer;
  readonly properties: Buffer | undefined;
  /** the rest of its Message Expiry Interval, in seconds */
  readonly expiryS: number | undefined;
}

/** An encoded PUBLISH without packet id and DUP; `withId` makes copies that have them. */
export interface Frame {
  readonly bytes: Buffer;
  /** where the packet id belongs; 0: QoS 0 has none */
  readonly idAt: number;
}

/** Encodes a PUBLISH, for QoS 1 and 2 with two free bytes for a packet id. `ids`: encoded Subscription Identifiers. */
export function frameOf(message: Outgoing, isV5: boolean, qos: 0 | 1 | 2, retain: boolean, ids?: Buffer): Frame {
  const { topic, payload } = message;
  const topicBytes = Buffer.byteLength(topic);
  const properties = isV5 ? propertiesOfOutgoing(message, ids) : nothing;
  const remaining = 2 + topicBytes + (qos === 0 ? 0 : 2) + properties.length + payload.length;
  const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
  const bytes = Buffer.allocUnsafe(1 + lengthBytes + remaining);
  bytes[0] = 0x30 | (qos << 1) | (retain ? 1 : 0);
  let at = 1;
  for (let left = remaining, n = lengthBytes; n > 0; n--, left >>>= 7) bytes[at++] = (left & 0x7f) | (n > 1 ? 0x80 : 0);
  bytes[at++] = topicBytes >> 8;
  bytes[at++] = topicBytes;
  at += bytes.write(topic, at, 'utf8');
  const idAt = qos === 0 ? 0 : at;
  if (qos !== 0) at += 2;
  bytes.set(properties, at);
  bytes.set(payload, at + properties.length);
  return { bytes, idAt };
}

const dupBit = 0x08;

/** A copy of a frame with a packet id and DUP. */
export function withId({ bytes, idAt }: Frame, packetId: number, dup: boolean): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  copy.set(bytes);
  if (dup) copy[0] = (bytes[0] ?? 0) | dupBit;
  copy[idAt] = packetId >> 8;
  copy[idAt + 1] = packetId;
  return copy;
}

const nothing = Buffer.alloc(0);
const noProperties = Buffer.from([0]);

function propertiesOfOutgoing({ properties, expiryS }: Outgoing, ids: Buffer | undefined): Buffer {
  if (properties === undefined && expiryS === undefined && ids === undefined) return noProperties;
  const parts: Buffer[] = [];
  if (expiryS !== undefined) parts.push(longProperty(property.messageExpiry, expiryS));
  if (ids !== undefined) parts.push(ids);
  if (properties !== undefined) parts.push(properties);
  return propertiesOf(parts);
}
