/** A reverse proxy with a beginner's settings: it replaces the Host header, and sends the headers that a test asks for. */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReverseProxyOptions {
  /** port of the server behind it */
  readonly to: number;
  /** prefix that it removes from the path */
  readonly strip?: string;
  /** additional or replaced headers */
  readonly headers?: (incoming: IncomingHttpHeaders) => Record<string, string>;
}

export interface ReverseProxy {
  readonly url: string;
  /** requested paths */
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
