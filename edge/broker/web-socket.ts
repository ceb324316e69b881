/**
 * MQTT over WebSocket (MQTT 5, section 6; RFC 6455): the frames' bytes as the stream that every connection of the broker
 * is. The frames themselves are read and written by `ws`.
 *
 *   TCP, TLS ──► lobby ── its turn ──► HTTP upgrade ── subprotocol «mqtt» ──► binary frames ──► lobby: CONNECT ──► broker
 *                              └── no upgrade, another origin, path or subprotocol: refused with a status, closed
 *
 * Always: a frame's borders mean nothing [MQTT-6.0.0-2]; a text frame ends its connection [MQTT-6.0.0-1]; a message is
 * bounded before it is whole, and before the log-in as closely as a CONNECT is; nothing is compressed (a kilobyte of
 * zeros must not become a megabyte here); of one connection one frame is taken in a turn of the event loop, however many
 * came; what waits for the socket counts as it does over TCP.
 */
import type { IncomingMessage } from 'node:http';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { loggedIn } from './lobby.ts';

/** What a client calls MQTT: since 3.1.1, and before. */
const subprotocols = ['mqtt', 'mqttv3.1'] as const;
const paths: readonly string[] = ['/', '/mqtt'];
/** A client may put many packets into one message. */
const roomForPackets = 1024 * 1024;
const mostFragments = 1024;
/** A request's first line and headers; browsers send cookies along. */
const mostHeaderBytes = 16 * 1024;

export interface WebSocketOptions {
  readonly maxPacketBytes: number;
  /** of headers and CONNECT together, before log-in */
  readonly maxConnectBytes: number;
  readonly connectTimeoutMs: number;
  /** origins of pages that may connect, beside the gateway's own host */
  readonly origins: readonly string[];
  /** a connection that speaks MQTT from now on */
  readonly onSocket: (socket: Socket) => void;
}

export interface WebSocketHandshakes {
  /** Takes a connection whose first bytes are HTTP's. */
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
    // one frame a turn of the event loop: 64 KB, which are read at once, may be 10,000 frames of a byte each
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

/** Pages of other hosts could have a visitor's browser guess passwords at a gateway that only it reaches. */
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

/** The bytes of a WebSocket's binary frames, with what the broker asks of a socket. */
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
    // whatever the error is, the connection ends
    webSocket.on('error', () => this.destroy());
    webSocket.on('close', () => this.#ended());
  }

  /** The one place where this stream is called a socket: it has all of a socket that the broker uses. */
  asSocket(): Socket {
    return this as unknown as Socket;
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

  /** A frame is in memory before it is whole: until the log-in no more is read than a CONNECT may have. */
  #boundUntilLogIn(maxConnectBytes: number): void {
    const began = this.#socket.bytesRead;
    const look = () => {
      if (this.#socket.bytesRead - began <= maxConnectBytes) return;
      this.#isHeld = true;
      this.#webSocket.pause();
    };
    this.#socket.on('data', look);
    this.once(loggedIn, () => {
      this.#socket.off('data', look);
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
    // MQTT has no half-open connections: one that ends at one side ends
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

  /** The bytes before are with the system when this is called. */
  override _final(done: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.close(1000);
    done();
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#webSocket.terminate();
    done();
  }
}
