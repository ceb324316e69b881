/** The bytes of an IP address, as an iPAddress of a certificate has them (RFC 5280, 4.2.1.6): 4 or 16. */
import { isIPv4 } from 'node:net';

/** `address`: an IPv4 or IPv6 address without a zone. */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = withoutDots(address).split('::', 2);
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => 0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** ::ffff:10.0.0.1 as ::ffff:a00:1 */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(':');
  const last = address.slice(at + 1);
  if (!last.includes('.')) return address;
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
  return `${address.slice(0, at + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
