/** A small proxy for outgoing HTTPS: it connects every name to the requested port of this machine. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  /** in the form of HTTPS_PROXY */
  readonly url: string;
  /** HOST:PORT of each tunnel */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

export async function startConnectProxy(): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, socket: Socket, head) => {
    const to = request.url ?? '';
    tunnels.push(to);
    const far = connect(Number(to.slice(to.lastIndexOf(':') + 1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    for (const one of [socket, far]) {
      sockets.add(one);
      one.on('close', () => sockets.delete(one));
    }
    socket.on('error', () => far.destroy());
    far.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Runs with HTTPS_PROXY in the environment, as in a process that was started with it. */
export async function withProxy<T>(run: (proxy: ConnectProxy) => Promise<T>): Promise<T> {
  const proxy = await startConnectProxy();
  const before = process.env.HTTPS_PROXY;
  process.env.HTTPS_PROXY = proxy.url;
  try {
    return await run(proxy);
  } finally {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
    await proxy.close();
  }
}
