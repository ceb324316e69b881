/** A server of the built page whose API answers what a test sets, also what no centre would send. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const builtPage = fileURLToPath(new URL('../dist/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export class FakeCentre {
  /** answers by path, without the query; null, or none: 404 */
  readonly answers = new Map<string, unknown>();
  /** paths of all requests, with their queries */
  readonly asked: string[] = [];
  /** refusals by path */
  readonly problems = new Map<string, { readonly status: number; readonly detail: string }>();
  /** requests that change something: method and path, and the body */
  readonly sent: [string, unknown][] = [];
  /** number of streams that pages have opened since the start */
  streamsOpened = 0;
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  #ticks: NodeJS.Timeout | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#ticks = setInterval(() => this.sendToPages('tick', { now: new Date().toISOString() }), 3000);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticks);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends a message of the stream to every page. */
  sendToPages(name: string, message: unknown): void {
    for (const stream of this.#streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  /** Answers like a centre that has no gateway, no alarm and no event. */
  empty(): void {
    const now = new Date().toISOString();
    this.answers.clear();
    this.problems.clear();
    this.sent.length = 0;
    this.answers.set('/api/v1/session', { user: 'admin' });
    this.answers.set('/api/v1/alarms', { alarms: [] });
    this.answers.set('/api/v1/gateways', { now, gateways: [] });
    this.answers.set('/api/v1/events', { events: [] });
    this.answers.set('/api/v1/metrics', { metrics: [] });
    this.answers.set('/api/v1/series', { unit: 'W', from: now, to: now, step: 60, agg: 'mean', tz: 'UTC', points: [] });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://centre');
    if (pathname === '/api/v1/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`event: hello\ndata: ${JSON.stringify({ now: new Date().toISOString() })}\n\n`);
      this.#streams.add(response);
      this.streamsOpened++;
      request.on('close', () => this.#streams.delete(response));
      return;
    }
    if (pathname.startsWith('/api/')) {
      this.asked.push(request.url ?? '');
      if (request.method !== 'GET')
        this.sent.push([`${request.method} ${pathname}`, await json(request).catch(() => undefined)]);
      const problem = this.problems.get(pathname);
      if (problem !== undefined) {
        response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify(problem));
        return;
      }
      const answer = this.answers.get(pathname);
      response.writeHead(answer === undefined || answer === null ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { detail: 'there is none' }));
      return;
    }
    const path = normalize(pathname === '/' ? 'index.html' : pathname.slice(1));
    const file = await readFile(join(builtPage, path)).catch(() => undefined);
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': types[extname(path)] ?? 'text/plain' });
    response.end(file);
  }
}
