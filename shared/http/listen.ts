/** Opens a port; a failure names the setting to change, in one line. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ForpostError, messageOf } from '../errors.ts';
import { words } from '../texts/english.ts';

/**
 * Listens on `host`:`port` (0 = any free port) and returns the port.
 * @param setting the setting to change: "http.port in gateway.yaml"
 * @throws ForpostError FORPOST_PORT_TAKEN, or FORPOST_CONFIG_INVALID for an address that this machine does not have
 */
export async function listenOrExplain(
  app: FastifyInstance,
  host: string,
  port: number,
  setting: string,
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw explainListenError(error, host, port, setting);
  }
  const address: AddressInfo | string | null = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** The same explanation for other servers than Fastify's. Other errors come back unchanged. */
export function explainListenError(error: unknown, host: string, port: number, setting: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return new ForpostError('FORPOST_PORT_TAKEN', words('gateway/problem.port-taken', { where, setting }), {
        cause: error,
      });
    case 'EACCES':
      return new ForpostError(
        'FORPOST_CONFIG_INVALID',
        `${where} may not be opened by this user (ports below 1024 need a right of their own): change ${setting}`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ForpostError(
        'FORPOST_CONFIG_INVALID',
        `${where} is no address of this machine (${messageOf(error)}): change ${setting}`,
        { cause: error },
      );
    default:
      return error;
  }
}
