/**
 * A faulty network between two programs: a TCP proxy on loopback.
 *
 *   open ──► cut (connections are reset, new ones too) ──► open
 *     ├────► held (they stay, and one direction or both carry nothing: half-open, or a black hole) ──► open or reset
 *     └────► delayed (each piece arrives later, in order) ──► open
 *
 * Always: bytes of one direction keep their order; held bytes are bounded, because a full buffer is no longer read; while a
 * direction is held the far end does not hear of the near end's close either.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export type Direction = 'requests' | 'answers';

/** a socket with this many waiting bytes is not read further */
const maxHeldBytes = 1_048_576;

interface Piece {
  /** undefined: the sender has closed */
  readonly bytes: Buffer | undefined;
  /** ms of performance.now() */
  readonly dueAt: number;
}

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly requests: Flow; readonly answers: Flow; reset(): void }>();
  #cut = false;
  #held: readonly Direction[] = [];
  #delayMs = 0;
  /** number of connections since the start */
  connections = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on `port` of loopback and connects to `targetPort`. */
  static start(port: number, targetPort: () => number): Promise<TcpProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true });
      const proxy = new TcpProxy(server, port);
      server.on('connection', (socket) => proxy.#take(socket, targetPort()));
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(proxy));
    });
  }

  /** Resets all connections, and new ones as soon as they arrive. */
  cut(): void {
    this.#cut = true;
    this.reset();
  }

  /** Stops these directions; all connections stay open. */
  hold(directions: readonly Direction[]): void {
    this.#held = directions;
    this.#wake();
  }

  /** Delays every piece by this much. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends every fault: held bytes arrive now, late. */
  heal(): void {
    this.#cut = false;
    this.#held = [];
    this.#delayMs = 0;
    this.#wake();
  }

  reset(): void {
    for (const pair of [...this.#pairs]) pair.reset();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #wake(): void {
    for (const { requests, answers } of this.#pairs) {
      requests.pump();
      answers.pump();
    }
  }

  #take(near: Socket, targetPort: number): void {
    this.connections++;
    if (this.#cut) {
      near.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const far = dial({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    const flow = (name: Direction, from: Socket, to: Socket) =>
      new Flow(
        from,
        to,
        () => this.#held.includes(name),
        () => this.#delayMs,
      );
    const pair = {
      requests: flow('requests', near, far),
      answers: flow('answers', far, near),
      reset: () => {
        this.#pairs.delete(pair);
        for (const socket of [near, far]) if (!socket.destroyed) socket.resetAndDestroy();
      },
    };
    this.#pairs.add(pair);
    const over = () => {
      if (near.destroyed && far.destroyed) this.#pairs.delete(pair);
    };
    near.once('close', over);
    far.once('close', over);
  }
}

/** One direction of one connection. */
class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #isHeld: () => boolean;
  readonly #delayMs: () => number;
  readonly #pieces: Piece[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, isHeld: () => boolean, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#isHeld = isHeld;
    this.#delayMs = delayMs;
    from.on('data', (bytes) => this.#add(bytes));
    from.on('end', () => this.#add(undefined));
    // an error ends the connection too
    from.on('error', () => undefined);
    from.on('close', () => this.#add(undefined));
    to.on('drain', () => this.pump());
  }

  #add(bytes: Buffer | undefined): void {
    this.#pieces.push({ bytes, dueAt: performance.now() + this.#delayMs() });
    this.#bytes += bytes?.length ?? 0;
    if (this.#bytes > maxHeldBytes) this.#from.pause();
    this.pump();
  }

  /** Passes on the pieces that are due. */
  pump(): void {
    clearTimeout(this.#timer);
    for (let piece = this.#pieces[0]; piece !== undefined && !this.#isHeld(); piece = this.#pieces[0]) {
      const early = piece.dueAt - performance.now();
      if (early > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(early));
        return;
      }
      if (this.#to.writableNeedDrain && !this.#to.destroyed) return;
      this.#pieces.shift();
      this.#pass(piece.bytes);
    }
    if (this.#bytes <= maxHeldBytes && this.#from.isPaused()) this.#from.resume();
  }

  #pass(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      if (this.#from.destroyed) this.#to.destroy();
      else this.#to.end();
      return;
    }
    this.#bytes -= bytes.length;
    if (!this.#to.destroyed && this.#to.writable) this.#to.write(bytes);
  }
}
