/**
 * Ports for the programs that tests start, kill and start again.
 *
 * Always: a port belongs to one process at a time, until that process ends (an abstract socket marks it, which the kernel
 * removes with its owner). No port comes from the kernel's ephemeral range, because a
 * connection could take such a port before the program listens.
 */
import { createServer, type ListenOptions, type Server } from 'node:net';

/** Below Linux' net.ipv4.ip_local_port_range, which begins at 32768, and above the ports of well-known programs. */
const all = { first: 20_000, count: 12_000 };
const attempts = 1_000;

/**
 * Free ports on 127.0.0.1, which belong to this process from now on.
 * @throws Error when `range` has not enough
 */
export async function freePorts(wanted: number, range = all): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < wanted) ports.push(await freePort(range));
  return ports;
}

async function freePort({ first, count }: typeof all): Promise<number> {
  for (let i = 0; i < attempts; i++) {
    const port = first + Math.floor(Math.random() * count);
    const claim = await listening({ path: `\0forpost-test-port-${port}` });
    if (claim === undefined) continue;
    claim.unref();
    const server = await listening({ host: '127.0.0.1', port });
    if (server === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no port from ${first} to ${first + count - 1} is free`);
}

/** undefined when another program listens there */
function listening(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(where, () => resolve(server));
  });
}
