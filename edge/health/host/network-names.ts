/**
 * What the operating system says of names and times: the host's name, the addresses of each interface, the system's time
 * zone. Shown to people, who change it with the system's own tools.
 *
 * Always: read anew for each question, in microseconds; bounded, however many interfaces containers bring.
 */
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

const mostInterfaces = 16;
const mostAddresses = 8;

export interface NetworkNames {
  readonly hostName: string;
  /** without the loopback */
  readonly interfaces: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** IANA */
  readonly systemTimeZone: string;
}

export interface SystemNames {
  readonly hostname: () => string;
  readonly networkInterfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  readonly timeZone: () => string;
}

const system: SystemNames = {
  hostname,
  networkInterfaces,
  timeZone: () => new Intl.DateTimeFormat().resolvedOptions().timeZone,
};

export function networkNames(of: SystemNames = system): NetworkNames {
  const interfaces = Object.entries(of.networkInterfaces()).flatMap(([name, infos = []]) => {
    const addresses = infos.filter(({ internal }) => !internal).toSorted((a, b) => rank(a) - rank(b));
    return addresses.length === 0
      ? []
      : [{ name, addresses: addresses.slice(0, mostAddresses).map(({ address }) => address) }];
  });
  return { hostName: of.hostname(), interfaces: interfaces.slice(0, mostInterfaces), systemTimeZone: of.timeZone() };
}

/** IPv4 first, link-local IPv6 last, which no browser opens. */
function rank({ family, address }: Pick<NetworkInterfaceInfo, 'family' | 'address'>): number {
  if (family === 'IPv4') return 0;
  return address.startsWith('fe80:') ? 2 : 1;
}
