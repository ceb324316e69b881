/** Encodes the packets that the broker sends besides PUBLISH, for each version (section 3 of MQTT 5 and 3.1.1). */
import type { ProtocolVersion } from './connect.ts';
import { framed } from './fields.ts';
import { properties } from './properties.ts';
import { reason, reasonOf } from './reason-codes.ts';

export const packet = {
  connack: 0x20,
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  suback: 0x90,
  unsuback: 0xb0,
  disconnect: 0xe0,
} as const;

export const pingresp = Buffer.from([0xd0, 0]);

/** CONNACK that accepts a connection. `parts`: its encoded properties; MQTT 3.1 and 3.1.1 send none. */
export function accepted(version: ProtocolVersion, sessionPresent: boolean, parts: readonly Uint8Array[]): Buffer {
  // MQTT 3.1 has no Session Present flag
  const flags = sessionPresent && version !== '3.1' ? 1 : 0;
  return framed(packet.connack, [
    Uint8Array.of(flags, reason.success),
    version === '5' ? properties(parts) : new Uint8Array(0),
  ]);
}

/** CONNACK that refuses a connection. `code`: the return code or reason code, as `version` numbers it. */
export function refused(version: ProtocolVersion, code: number): Buffer {
  return version === '5' ? Buffer.from([packet.connack, 3, 0, code, 0]) : Buffer.from([packet.connack, 2, 0, code]);
}

/** CONNACK that refuses a connection, by the return code of MQTT 3.1.1; MQTT 5 gets the corresponding reason code. */
export function refusedBy(version: ProtocolVersion, returnCode: number): Buffer {
  return refused(version, version === '5' ? reasonOf(returnCode) : returnCode);
}

/** DISCONNECT from the server, which only MQTT 5 has. */
export function disconnect(code: number): Buffer {
  return Buffer.from([packet.disconnect, 1, code]);
}
