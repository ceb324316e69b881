/**
 * Server-sent events (WHATWG HTML, 9.2): one open answer for each page, and a limit for a page that stops reading.
 *
 * Always: a page with `maxPendingBytes` unread is disconnected; it reconnects by itself and gets the present state. At most
 * `maxStreams` are open. A stream ends when the server stops or the session that opened it ends.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, Timer } from '../clock.ts';
import { message } from '../texts/texts.ts';
import { tryAgainIn } from './problem.ts';

export interface EventStream {
  /** Sends one event, its data as JSON. Does nothing once the stream has ended. */
  send(event: string, data: unknown, id?: string): void;
  /** Sends data that is JSON already; false, and nothing is sent, when the page has too much unread. */
  offer(event: string, json: string): boolean;
  /** whether the page has read nearly everything */
  readonly caughtUp: boolean;
  /** Ends the stream at once, unread data included. */
  cutOff(): void;
  end(): void;
  /** aborted when the page has gone, was disconnected or was ended */
  readonly ended: AbortSignal;
}

export interface EventStreamsOptions {
  readonly clock: Clock;
  readonly maxStreams?: number;
  readonly maxPendingBytes?: number;
}

/** Proxies close connections that are silent for 30 or 60 s. */
const keepAliveMs = 15_000;
/** The time until a page reconnects. */
const reconnectMs = 2000;

export class EventStreams {
  readonly #clock: Clock;
  readonly #maxStreams: number;
  readonly #maxPendingBytes: number;
  readonly #open = new Set<EventStream>();

  /** Streams of `app`: they end when it closes. */
  constructor(app: FastifyInstance, options: EventStreamsOptions) {
    this.#clock = options.clock;
    this.#maxStreams = options.maxStreams ?? 64;
    this.#maxPendingBytes = options.maxPendingBytes ?? 1_048_576;
    app.addHook('preClose', async () => {
      for (const stream of [...this.#open]) stream.end();
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Answers `request` with a stream. `until`: ends it, for example with the session; `alive`: called while it is open.
   * @throws HttpProblem 503 when too many streams are open
   */
  open(request: FastifyRequest, reply: FastifyReply, until?: AbortSignal, alive?: () => void): EventStream {
    if (this.#open.size >= this.#maxStreams) throw tryAgainIn(503, 5000, message('reason/http.too-many-pages'));
    const socket = reply.raw;
    const closed = new AbortController();
    let keepAlive: Timer | undefined;

    const end = () => {
      if (closed.signal.aborted) return;
      this.#open.delete(stream);
      keepAlive?.cancel();
      until?.removeEventListener('abort', end);
      closed.abort();
      socket.end();
    };
    const write = (text: string) => {
      if (closed.signal.aborted) return;
      socket.write(text);
      if (socket.writableLength <= this.#maxPendingBytes) return;
      request.log.warn({ address: request.ip, pendingBytes: socket.writableLength }, 'a page does not read: cut off');
      end();
      socket.destroy();
    };
    const beat = () => {
      write(': still here\n\n');
      if (!closed.signal.aborted) alive?.();
      if (!closed.signal.aborted) keepAlive = this.#clock.after(keepAliveMs, beat);
    };
    const stream: EventStream = {
      offer: (event, json) => {
        if (closed.signal.aborted) return true;
        if (socket.writableLength + json.length > this.#maxPendingBytes / 2) return false;
        write(`event: ${event}\ndata: ${json}\n\n`);
        return true;
      },
      get caughtUp() {
        return socket.writableLength < 16_384;
      },
      cutOff: () => {
        end();
        socket.destroy();
      },
      ended: closed.signal,
      end,
      send: (event, data, id) =>
        write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`),
    };

    reply.hijack();
    // hijacked answers skip onSend: copy the headers of other hooks
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) socket.setHeader(name, value);
    socket.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // a proxy that compresses or buffers the stream would delay events
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    this.#open.add(stream);
    socket.on('close', end);
    socket.on('error', end);
    until?.addEventListener('abort', end, { once: true });
    write(`retry: ${reconnectMs}\n\n`);
    keepAlive = this.#clock.after(keepAliveMs, beat);
    if (until?.aborted === true) end();
    return stream;
  }
}
