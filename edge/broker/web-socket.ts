/**
 * MQTT over WebSocket (MQTT 5, section 6; RFC 6455): makes a stream like that of a TCP connection from the bytes of the
 * frames. The library `ws` reads and writes the frames.
 *
 *   TCP, TLS ──► lobby ── its turn ──► HTTP upgrade ── subprotocol «mqtt» ──► binary frames ──► lobby: CONNECT ──► broker
 *                              └── no upgrade, another origin, path or subprotocol: refused with a status, closed
 *
 * Always: packets may begin and end anywhere in a frame [MQTT-6.0.0-2]. A text frame ends its connection [MQTT-6.0.0-1].
 * The length of a message is bounded before it is complete, before the log-in by the limit of a CONNECT. Compression is
 * off, because a kilobyte could become a megabyte. One frame of a connection is handled in a turn of the event loop. The
 * bytes that wait for the socket are counted as over TCP.
 */
import type { IncomingMessage } from 'node:http';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { loggedIn } from './lobby.ts';

/** The subprotocol's names: since MQTT 3.1.1, and before it. */
const subprotocols = ['mqtt', 'mqttv3.1'] as const;
const paths: readonly string[] = ['/', '/mqtt'];
/** A client may put many packets into one message. */
const roomForPackets = 1024 * 1024;
const mostFragments = 1024;
/** Limit of a request's first line and headers; browsers send cookies too. */
const mostHeaderBytes = 16 * 1024;

export interface WebSocketOptions {
  readonly maxPacketBytes: number;
  /** limit of the bytes of headers and CONNECT together, before log-in */
  readonly maxConnectBytes: number;
  readonly connectTimeoutMs: number;
  /** origins of pages that may connect, beside the gateway's own host */
  readonly origins: readonly string[];
  /** called with a connection after its upgrade to MQTT */
  readonly onSocket: (socket: Socket) => void;
}

export interface WebSocketHandshakes {
  /** Handles a connection that begins with an HTTP request. */
  enter(socket: Socket): void;
  /** Closes the connections that are not WebSockets yet. */
  close(): void;
}

export function webSocketHandshakes(options: WebSocketOptions): WebSocketHandshakes {
  const { maxPacketBytes, connectTimeoutMs, onSocket } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // one frame in a turn of the event loop: a single read of 64 KB may contain 10,000 frames of one byte
    allowSynchronousEvents: false,
    maxPayload: maxPacketBytes + roomForPackets,
    maxFragments: mostFragments,
    skipUTF8Validation: true,
    handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false,
  });
  const server: Server = createServer(
    { maxHeaderSize: mostHeaderBytes, headersTimeout: connectTimeoutMs, requestTimeout: connectTimeoutMs },
    (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' });
      response.end('MQTT over WebSocket is spoken here\n');
    },
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, options.origins);
    if (refusal !== undefined) refuse(socket, refusal);
    else
      sockets.handleUpgrade(request, socket, head, (webSocket) =>
        onSocket(new WebSocketStream(webSocket, socket as Socket, options.maxConnectBytes).asSocket()),
      );
  });
  return { enter: (socket) => void server.emit('connection', socket), close: () => server.closeAllConnections() };
}

interface Refusal {
  readonly status: number;
  readonly why: string;
}

/** Checks the origin: a page of another host could make a visitor's browser guess passwords at this gateway. */
function refusalOf({ url = '', headers }: IncomingMessage, origins: readonly string[]): Refusal | undefined {
  const [path = ''] = url.split('?');
  if (!paths.includes(path)) return { status: 404, why: `the path is ${paths.join(' or ')}` };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!subprotocols.some((name) => offered.includes(name)))
    return { status: 400, why: 'the subprotocol is mqtt [MQTT-6.0.0-3]' };
  const { origin, host } = headers;
  if (origin === undefined || origins.includes(origin) || origins.includes('*')) return undefined;
  if (URL.canParse(origin) && host !== undefined && new URL(origin).hostname === hostnameOf(host)) return undefined;
  return { status: 403, why: 'pages of this origin may not connect: see mqtt.websocket.origins' };
}

function hostnameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

function refuse(socket: Duplex, { status, why }: Refusal): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.on('error', () => undefined);
  socket.end(`${head}Content-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`, () => socket.destroy());
}

/** The bytes of a WebSocket's binary frames as a stream, with the methods of a socket that the broker uses. */
class WebSocketStream extends Duplex {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  #isHeld = false;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localPort: number | undefined;

  constructor(webSocket: WebSocket, socket: Socket, maxConnectBytes: number) {
    super({ autoDestroy: true });
    this.#webSocket = webSocket;
    this.#socket = socket;
    const { remoteAddress, remotePort, localPort } = socket;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.localPort = localPort;
    this.#boundUntilLogIn(maxConnectBytes);
    webSocket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    // any error ends the connection
    webSocket.on('error', () => this.destroy());
    webSocket.on('close', () => this.#ended());
  }

  /** This stream as a socket: it has every method of a socket that the broker uses. */
  asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** the connection below: over TLS it has the client's certificate */
  get carrier(): Socket {
    return this.#socket;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#socket.setKeepAlive(enable, initialDelay);
    return this;
  }

  destroySoon(): void {
    if (!this.writableEnded) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Stops reading at the limit of a CONNECT until the log-in, because `ws` keeps an incomplete frame in memory. */
  #boundUntilLogIn(maxConnectBytes: number): void {
    const began = this.#socket.bytesRead;
    const readHead = () => {
      if (this.#socket.bytesRead - began <= maxConnectBytes) return;
      this.#isHeld = true;
      this.#webSocket.pause();
    };
    this.#socket.on('data', readHead);
    this.once(loggedIn, () => {
      this.#socket.off('data', readHead);
      this.#isHeld = false;
      this._read();
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.destroyed) return;
    if (!isBinary) {
      this.#webSocket.close(1003);
      this.destroy();
    } else if (!this.push(data)) this.#webSocket.pause();
  }

  #ended(): void {
    if (this.readableEnded || this.destroyed) this.destroy();
    else this.push(null);
    // MQTT has no half-open connections: the end of one side ends the connection
    setImmediate(() => this.destroy());
  }

  override _read(): void {
    if (!this.#isHeld && this.#webSocket.isPaused) this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(
    chunks: { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) {
      this.destroy();
      done();
    } else this.#webSocket.send(bytes, { binary: true, compress: false }, () => done());
  }

  /** Called when the bytes written before are in the system's buffers. */
  override _final(done: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.close(1000);
    done();
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#webSocket.terminate();
    done();
  }
}
