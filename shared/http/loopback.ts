/** Addresses that never leave this machine (127.0.0.0/8 and ::1, RFC 1122 and RFC 4291), and requests from there. */
import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether `host`, an address or a name without port, is this machine itself. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const bare = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  const family = isIP(bare);
  return family !== 0 && loopback.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** A proxy on this machine that passes strangers on, and a page whose name was rebound to 127.0.0.1, send another Host. */
export function isFromThisMachine(request: Pick<FastifyRequest, 'ip' | 'headers'>): boolean {
  const host = request.headers.host;
  if (!isLoopback(request.ip) || request.headers['x-forwarded-for'] !== undefined) return false;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''));
}
