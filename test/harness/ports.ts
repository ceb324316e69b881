/**
 * Ports for what the tests start, and start again after it was killed.
 *
 * Always: a port is given to one process at a time, for as long as that lives (an abstract socket, which the kernel takes
 * away with its owner, says that it is taken); and none is of those that the kernel gives to connections, one of which
 * could have it by the time that somebody listens there.
 */
import { createServer, type ListenOptions, type Server } from 'node:net';

/** Below Linux' net.ipv4.ip_local_port_range, which begins at 32768, and above the ports that programs are known by. */
const all = { first: 20_000, count: 12_000 };
const attempts = 1_000;

/**
 * Ports on 127.0.0.1 that nobody listens on, and that are this process's own from now on.
 * @throws where none of `range` is found
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

/** undefined: somebody else does already */
function listening(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(where, () => resolve(server));
  });
}
