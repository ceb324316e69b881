/** The packets that the broker answers with, in the words of each version (section 3 of MQTT 5 and 3.1.1). */
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

/** CONNACK that lets a client in. `parts`: its properties, of which MQTT 3.1.1 has none. */
export function accepted(version: ProtocolVersion, sessionPresent: boolean, parts: readonly Uint8Array[]): Buffer {
  // MQTT 3.1 has no word for it
  const flags = sessionPresent && version !== '3.1' ? 1 : 0;
  return framed(packet.connack, [
    Uint8Array.of(flags, reason.success),
    version === '5' ? properties(parts) : new Uint8Array(0),
  ]);
}

/** CONNACK that lets nobody in. `code`: the version's own. */
export function refused(version: ProtocolVersion, code: number): Buffer {
  return version === '5' ? Buffer.from([packet.connack, 3, 0, code, 0]) : Buffer.from([packet.connack, 2, 0, code]);
}

/** The same, by the return code that MQTT 3.1.1 has. */
export function refusedBy(version: ProtocolVersion, returnCode: number): Buffer {
  return refused(version, version === '5' ? reasonOf(returnCode) : returnCode);
}

/** DISCONNECT, which a server says in MQTT 5 alone. */
export function disconnect(code: number): Buffer {
  return Buffer.from([packet.disconnect, 1, code]);
}
