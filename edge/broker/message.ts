/**
 * A message on its way from its publisher to its subscribers.
 *
 * Always: a message is encoded once for each form that subscribers need (version, RETAIN, with or without packet id). The
 * payload is a view of the bytes that were read; code that keeps the message copies it.
 */
import { type Frame, frameOf, withId } from './protocol/publish.ts';

const nobody = '';

export interface MessageFields {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** its MQTT 5 properties for subscribers, encoded */
  readonly properties?: Buffer | undefined;
  /** the uptime at which it expires, ms */
  readonly expiresAt?: number | undefined;
  /** the publisher's client id with the principal's name in front; absent: the gateway */
  readonly publisher?: string | undefined;
}

/** The part of a message that a retained message keeps. */
export type KeptMessage = Omit<MessageFields, 'publisher' | 'retain'>;

export class Message implements MessageFields {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly properties: Buffer | undefined;
  readonly expiresAt: number | undefined;
  readonly publisher: string;
  /** the broker's own count of its messages, once it needs one */
  number: number | undefined = undefined;
  #frames: (Frame | undefined)[] | undefined;

  constructor({ topic, payload, qos, retain, properties, expiresAt, publisher = nobody }: MessageFields) {
    this.topic = topic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.properties = properties;
    this.expiresAt = expiresAt;
    this.publisher = publisher;
  }

  /** The bytes for one subscriber. `packetId` 0: of QoS 0. */
  bytesFor(isV5: boolean, qos: 0 | 1 | 2, retain: boolean, packetId: number, now: () => number, ids?: Buffer): Buffer {
    const frame =
      isV5 && (ids !== undefined || this.expiresAt !== undefined)
        ? frameOf({ ...outgoing(this, now()) }, isV5, qos, retain, ids)
        : this.#frame(isV5, qos, retain);
    return qos === 0 ? frame.bytes : withId(frame, packetId, false);
  }

  #frame(isV5: boolean, qos: 0 | 1 | 2, retain: boolean): Frame {
    const form = (isV5 ? 6 : 0) + (retain ? 3 : 0) + qos;
    this.#frames ??= new Array(12).fill(undefined);
    let frame = this.#frames[form];
    if (frame === undefined) {
      frame = frameOf({ ...outgoing(this, 0), expiryS: undefined }, isV5, qos, retain);
      this.#frames[form] = frame;
    }
    return frame;
  }
}

/** Bytes that a message counts towards limits: its topic, payload and properties. */
export function sizeOf({
  topic,
  payload,
  properties,
}: Pick<MessageFields, 'topic' | 'payload' | 'properties'>): number {
  return topic.length + payload.length + (properties?.length ?? 0);
}

/** The outgoing properties, with the rest of its expiry. @param now the uptime, ms */
export function outgoing({ topic, payload, properties, expiresAt }: KeptMessage, now: number) {
  const expiryS = expiresAt === undefined ? undefined : Math.max(0, Math.ceil((expiresAt - now) / 1000));
  return { topic, payload, properties, expiryS };
}

/** A copy that may live longer than the bytes that it was read from. */
export function kept({ topic, payload, qos, properties, expiresAt }: KeptMessage): KeptMessage {
  return {
    topic,
    payload: Buffer.from(payload),
    qos,
    properties: properties === undefined ? undefined : Buffer.from(properties),
    expiresAt,
  };
}
