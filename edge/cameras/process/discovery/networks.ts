/** The networks of this machine: where cameras are searched, and which addresses belong to them. Pure but for `ownNetworks`. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface OwnAddress {
  /** name of the interface: eth0 */
  readonly name: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** as 10.0.0.7/24; null: unknown */
  readonly cidr: string | null;
  /** loopback */
  readonly internal: boolean;
}

/** Addresses of this machine, without those of down interfaces. */
export function ownNetworks(): readonly OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family, cidr, internal }) => ({ name, address, family, cidr, internal })),
  );
}

/** Whether an IP address lies in one of the networks. */
export function liesWithin(address: string, networks: readonly OwnAddress[]): boolean {
  const list = new BlockList();
  for (const { cidr, family } of networks) {
    const [net = '', bits] = cidr?.split('/') ?? [];
    if (net !== '' && bits !== undefined) list.addSubnet(net, Number(bits), family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  const bare = address.replace(/%.*$/, '');
  if (isIPv4(bare)) return list.check(bare, 'ipv4');
  return isIPv6(bare) && list.check(bare, 'ipv6');
}
