/**
 * The names and addresses by which a client may reach this machine: they stand in the server's certificate.
 *
 * Always: the list is bounded, the configured names stand first, and it has no address that only one link knows
 * (fe80::/10) and no text that is no DNS name.
 */
import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

/** What the system says of this machine. */
export interface Machine {
  readonly hostname: string;
  /** as os.networkInterfaces() gives them */
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
}

/** A certificate of more names is too large for the buffers of small devices. */
export const mostNames = 48;

const dnsName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** `configured`: of gateway.yaml. Without duplicates, small letters. */
export function boxNames({ hostname, interfaces }: Machine, configured: readonly string[] = []): readonly string[] {
  const host = hostname.toLowerCase();
  const short = host.split('.')[0] ?? host;
  const addresses = Object.values(interfaces).flatMap((list = []) => list.map(({ address }) => address));
  const [v4, v6] = [addresses.filter((one) => isIP(one) === 4), addresses.filter((one) => isIP(one) === 6)];
  const all = [...configured, host, short, `${short}.local`, 'localhost', '127.0.0.1', '::1', ...v4, ...v6];
  return [...new Set(all.map((name) => name.toLowerCase()))].filter(isForCertificates).slice(0, mostNames);
}

/** Whether a certificate can carry this name. */
export function isForCertificates(name: string): boolean {
  if (isIP(name) === 0) return dnsName.test(name) && !/^[\d.]+$/.test(name);
  return !name.includes('%') && !/^fe[89ab]/i.test(name) && name !== '0.0.0.0' && name !== '::';
}
