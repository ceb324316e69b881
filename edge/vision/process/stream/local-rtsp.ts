/**
 * An RTSP server on loopback, from which the ffmpegs of this process read one camera's stream. It answers only the
 * requests that ffmpeg's client sends.
 *
 *   ffmpeg connects ── OPTIONS, DESCRIBE, SETUP ──► ready ── PLAY ──► reading ── TEARDOWN, close ──► gone
 *
 * Always: a client that does not know the path gets 404 (the path is random and in no argument list); a slow reader
 * with `mostWaitingBytes` unread gets no more packets until it has caught up and a key frame comes.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { type RtspMessage, RtspReader } from './rtsp-message.ts';

const mostReaders = 8;
const mostWaitingBytes = 8_388_608;
const emptyEnoughBytes = 524_288;
const session = '1';

export interface LocalReader {
  /** the reader's name in its address */
  readonly name: string;
  readonly records: boolean;
  send(framed: Buffer, beginsKeyFrame: boolean): void;
  end(): void;
}

export interface LocalRtspOptions {
  readonly sdp: string;
  /** the reader plays from now on */
  playing(reader: LocalReader): void;
  gone(reader: LocalReader): void;
}

export class LocalRtsp {
  readonly #options: LocalRtspOptions;
  readonly #secret = randomBytes(16).toString('hex');
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  constructor(options: LocalRtspOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    this.#server.maxConnections = mostReaders;
  }

  /** @throws the system's error if no port is free */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        // ffmpeg reports a connection that this server could not accept
        this.#server.on('error', () => undefined);
        const address = this.#server.address();
        this.#port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  }

  /** The address for a reader of this name. It contains the secret: whoever knows it may read. */
  address(name: string): string {
    return `rtsp://127.0.0.1:${this.#port}/${this.#secret}/${name}`;
  }

  /** Closes the server; packets already sent are still delivered. */
  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.end();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let reader: LocalReader | undefined;
    const messages = new RtspReader({
      packet: () => undefined,
      message: (message) => {
        const name = this.#nameIn(message.start);
        if (name === undefined) return void socket.end(answer(message, '404 Not Found'));
        if (message.start.startsWith('PLAY') && reader === undefined) {
          socket.write(answer(message, '200 OK', { Session: session }));
          reader = readerOf(name, socket);
          this.#options.playing(reader);
        } else this.#answer(message, socket);
      },
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        messages.push(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (reader !== undefined) this.#options.gone(reader);
    });
  }

  #nameIn(start: string): string | undefined {
    const [, path = ''] = /^\S+ rtsp:\/\/127\.0\.0\.1:\d+\/(\S*)/.exec(start) ?? [];
    const [secret, name] = path.split('/');
    return secret === this.#secret ? name : undefined;
  }

  #answer(message: RtspMessage, socket: Socket): void {
    const [method = '', url = ''] = message.start.split(' ');
    const reply = (status: string, headers?: Readonly<Record<string, string>>, body?: string) =>
      socket.write(answer(message, status, headers, body));
    if (method === 'OPTIONS') reply('200 OK', { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN' });
    else if (method === 'DESCRIBE')
      reply('200 OK', { 'Content-Type': 'application/sdp', 'Content-Base': `${url}/` }, this.#options.sdp);
    else if (method === 'SETUP')
      reply('200 OK', { Session: session, Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' });
    else if (method === 'TEARDOWN') socket.end(answer(message, '200 OK'));
    else reply('501 Not Implemented');
  }
}

function readerOf(name: string, socket: Socket): LocalReader {
  const records = name.startsWith('records');
  // a file begins with a key frame
  let leftOut = records;
  return {
    name,
    records,
    send(framed, beginsKeyFrame) {
      if (leftOut && beginsKeyFrame && socket.writableLength < emptyEnoughBytes) leftOut = false;
      if (!leftOut && socket.writableLength > mostWaitingBytes) leftOut = true;
      if (!leftOut && socket.writable) socket.write(framed);
    },
    end: () => socket.end(),
  };
}

function answer(
  { headers }: RtspMessage,
  status: string,
  more: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const lines = [
    `RTSP/1.0 ${status}`,
    `CSeq: ${headers.get('cseq')?.[0] ?? '0'}`,
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
