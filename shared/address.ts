/**
 * Groups network addresses for limits: one IPv4 address, or one IPv6 /64, because the owner of one address of a /64 has
 * all 2^64 of them (RFC 6177). A whole site may share one group (NAT, a bridge).
 */
import { isIPv6 } from 'node:net';

/** The group of `address` (of a socket; may have an IPv6 zone). Text that is no address is its own group. */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return bare;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = bare.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  // an embedded IPv4 address fills two groups, always the last two of four
  const lastCount = last.length + (last.at(-1)?.includes('.') ? 1 : 0);
  const all = [...first, ...Array.from({ length: Math.max(0, 8 - first.length - lastCount) }, () => '0'), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
