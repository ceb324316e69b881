/** A reverse proxy as they are set up first: it puts its own Host in, and passes on and says what it is told to. */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReverseProxyOptions {
  /** port of this machine */
  readonly to: number;
  /** what it takes away from the path */
  readonly strip?: string;
  /** more headers, or other ones */
  readonly headers?: (incoming: IncomingHttpHeaders) => Record<string, string>;
}

export interface ReverseProxy {
  readonly url: string;
  /** what was asked of it */
  readonly paths: readonly string[];
  close(): void;
}

export async function startReverseProxy({
  to,
  strip = '',
  headers = () => ({}),
}: ReverseProxyOptions): Promise<ReverseProxy> {
  const paths: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method, headers: came } = incoming;
    paths.push(url);
    const path = strip !== '' && url.startsWith(strip) ? `/${url.slice(strip.length).replace(/^\//, '')}` : url;
    const upstream = httpRequest(
      { host: '127.0.0.1', port: to, path, method, headers: { ...came, host: `127.0.0.1:${to}`, ...headers(came) } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(outgoing);
      },
    );
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
