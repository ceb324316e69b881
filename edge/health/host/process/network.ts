/** Network interfaces: Documentation/ABI/testing/sysfs-class-net and sysfs-class-net-statistics. */
import { networkInterfaces } from 'node:os';
import { words } from '@forpost/shared/texts/english.ts';
import type { Interface, Known, Network } from '../reading.ts';
import type { Root } from './root.ts';

const folder = '/sys/class/net';
const mostInterfaces = 8;

/** The first address of an interface; undefined: none. */
export type AddressOf = (name: string) => string | undefined;

/** IPv4 before IPv6, and a global address before a link-local one. */
export const systemAddress: AddressOf = (name) => {
  const addresses = networkInterfaces()[name] ?? [];
  const rank = ({ family, address }: { readonly family: string; readonly address: string }) =>
    family === 'IPv4' ? 0 : address.startsWith('fe80:') ? 2 : 1;
  return addresses.toSorted((a, b) => rank(a) - rank(b))[0]?.address;
};

export async function network(root: Root, addressOf: AddressOf = systemAddress): Promise<Known<Network>> {
  const names = (await root.names(folder)).filter((name) => name !== 'lo');
  const real = await Promise.all(
    // only hardware has this link: bridges and virtual interfaces of containers are left out if there is hardware
    names.map(async (name) => ((await root.target(`${folder}/${name}/device`)) === undefined ? [] : [name])),
  );
  const shown = real.flat().length > 0 ? real.flat() : names;
  if (shown.length === 0) return { unknown: words('gateway/reason.host-no-interface') };
  return {
    interfaces: await Promise.all(shown.slice(0, mostInterfaces).map((name) => interfaceOf(root, name, addressOf))),
  };
}

async function interfaceOf(root: Root, name: string, addressOf: AddressOf): Promise<Interface> {
  const path = `${folder}/${name}`;
  const [state, carrier, speed, received, sent] = await Promise.all([
    root.text(`${path}/operstate`),
    root.number(`${path}/carrier`),
    root.number(`${path}/speed`),
    root.number(`${path}/statistics/rx_errors`),
    root.number(`${path}/statistics/tx_errors`),
  ]);
  const address = addressOf(name);
  return {
    name,
    // drivers that do not know their state say "unknown" (point-to-point, some containers)
    up: state === 'up' || (state === 'unknown' && carrier !== 0),
    ...(address === undefined ? {} : { address }),
    // -1: not connected
    ...(speed === undefined || speed <= 0 ? {} : { speed }),
    errors: (received ?? 0) + (sent ?? 0),
  };
}
