/** Computes the length of a CONNECT from its first bytes (MQTT 3.1.1, sections 2.2.3 and 3.1.1). Pure. */

/** the first byte of CONNECT: its type, without flags */
const connectType = 0x10;
/** the first byte of a TLS record with a ClientHello (RFC 8446, 5.1) */
const tlsHandshake = 0x16;
/** largest encoded length of the remaining length, in bytes */
export const longestLengthBytes = 4;

const tlsOnPlain = 'a TLS handshake to the port without TLS';
const noConnect = 'something else than a CONNECT of MQTT';

export type ConnectLength =
  | { readonly kind: 'incomplete' }
  /** of the whole packet */
  | { readonly kind: 'known'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly why: string; readonly oversized: boolean };

/** @param head the first bytes of the connection, at least one */
export function connectLength(head: Buffer, maxBytes: number): ConnectLength {
  if (head[0] !== connectType)
    return { kind: 'refused', why: head[0] === tlsHandshake ? tlsOnPlain : noConnect, oversized: false };
  let length = 0;
  for (let i = 1; i <= longestLengthBytes; i++) {
    const byte = head[i];
    if (byte === undefined) return { kind: 'incomplete' };
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (byte >= 0x80) continue;
    const bytes = 1 + i + length;
    if (bytes <= maxBytes) return { kind: 'known', bytes };
    return { kind: 'refused', why: `a CONNECT of ${length} bytes: ${maxBytes} are allowed`, oversized: true };
  }
  return { kind: 'refused', why: noConnect, oversized: false };
}
