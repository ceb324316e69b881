/** Control packet types that a client may send (MQTT 5 section 2.1.2), and the shape of a check of one packet. */
import type { Broken } from './fields.ts';

export const packetTypes = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
  auth: 15,
} as const;

/** `first`: the packet's first byte; `from`, `end`: the range of the bytes after the fixed header. */
export type CheckPacket = (bytes: Buffer, first: number, from: number, end: number) => Broken | undefined;
