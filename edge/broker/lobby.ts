/**
 * The lobby holds connections until their log-in. The broker parses nothing before the whole CONNECT has arrived, so a
 * connection that is silent or has sent half a CONNECT costs a socket and the bytes that it has sent.
 *
 *   accepted ──► [TLS: hello ── turn ──► handshake] ──► silent, half ── whole CONNECT ── turn ──► asking ── log-in ──► out
 *                                  └── deadline, no CONNECT, too large, pushed out ──► closed, counted, logged
 *
 * Always:
 *  - one address (an IPv6 /64) has at most `mostByAddress` connections and `mostBytesByAddress` bytes here, all
 *    addresses together `most` and `mostBytes`;
 *  - at a limit a new connection pushes out the oldest connection without a whole CONNECT: of its own address if that is at
 *    its limit, and otherwise of the address with the most. A client that sends its CONNECT at once therefore gets in even
 *    from a flooding address; a whole site may share one address. An address is refused only if all its connections have
 *    sent a CONNECT;
 *  - handshakes and CONNECTs take turns by address (lobby-turns.ts);
 *  - a connection that has logged in has left the lobby, and is never pushed out.
 */
import type { Socket } from 'node:net';
import { addressGroup } from '@forpost/shared/address.ts';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { FairQueue } from '@forpost/shared/fair-queue.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import { connectLength, longestLengthBytes } from './connect-length.ts';
import { LobbyTurns } from './lobby-turns.ts';

export interface LobbyLimits {
  /** limit of connections before log-in, of all addresses and of one */
  readonly most: number;
  readonly mostByAddress: number;
  /** limit of the bytes of incomplete CONNECTs, of all addresses and of one */
  readonly mostBytes: number;
  readonly mostBytesByAddress: number;
  /** limit of one CONNECT, with its client id, will, user and password */
  readonly maxConnectBytes: number;
  /** time from the connection to its whole CONNECT */
  readonly connectTimeoutMs: number;
}

export const defaultLobbyLimits: LobbyLimits = {
  // enough for a whole site that reconnects after an outage
  most: 6000,
  mostByAddress: 500,
  mostBytes: 16 * 2 ** 20,
  mostBytesByAddress: 8 * 2 ** 20,
  maxConnectBytes: 64 * 1024,
  connectTimeoutMs: 10_000,
};

/** Event that a socket's stream emits when its client has logged in, for the layers between the stream and the network. */
export const loggedIn = Symbol('logged in');
const sweepMs = 500;
export interface LobbyCounters {
  /** now: before log-in */
  readonly waiting: number;
  /** closed to admit a new connection */
  readonly pushedOut: number;
  /** closed because no whole CONNECT came in time */
  readonly late: number;
  /** closed because the bytes were not a CONNECT, or because it was too large */
  readonly notMqtt: number;
  /** refused because their address has too many log-ins under way */
  readonly refused: number;
}

interface Visitor {
  readonly socket: Socket;
  readonly address: string;
  /** both ends of its TCP connection */
  readonly ends: string;
  readonly since: number;
  readonly chunks: Buffer[];
  bytes: number;
  readonly begin: () => void;
}

export interface LobbyOptions {
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly limits: LobbyLimits;
  /** called when the bytes were not a CONNECT, or when it was too large; the broker counts them too */
  readonly onRefused: (oversized: boolean) => void;
}

export class Lobby {
  readonly #options: LobbyOptions;
  readonly #visitors = new Map<Socket, Visitor>();
  /** a TLS connection is another socket after its handshake, between the same ends */
  readonly #byEnds = new Map<string, Visitor>();
  /** connections that may be pushed out, by address, the oldest first */
  readonly #silent = new FairQueue<Visitor>();
  /** number of connections with a whole CONNECT, by address */
  readonly #asking = new FairQueue<Visitor>();
  readonly #bytesBy = new Map<string, number>();
  readonly #turns: LobbyTurns<Visitor>;
  #sweeping: Timer | undefined;
  #bytes = 0;
  #pushedOut = 0;
  #late = 0;
  #notMqtt = 0;
  #refused = 0;
  #closed = false;

  constructor(options: LobbyOptions) {
    this.#options = options;
    this.#turns = new LobbyTurns(options.clock, {
      handshake: (visitor) => {
        if (!visitor.socket.destroyed) this.#hand(visitor);
      },
      connect: (visitor) => this.#begin(visitor),
    });
  }

  counters(): LobbyCounters {
    return {
      waiting: this.#visitors.size,
      pushedOut: this.#pushedOut,
      late: this.#late,
      notMqtt: this.#notMqtt,
      refused: this.#refused,
    };
  }

  /** bytes of incomplete CONNECTs */
  get bytes(): number {
    return this.#bytes;
  }

  /** Admits a TLS connection before its handshake. Calls `handshake` in its turn, after a ClientHello has come. */
  knock(socket: Socket, handshake: () => void): void {
    const visitor = this.#enter(socket, handshake);
    if (visitor === undefined) return;
    socket.once('readable', () => {
      if (this.#visitors.get(socket) !== visitor) return;
      this.#turns.addHandshake(visitor.address, visitor);
    });
  }

  /** Admits an MQTT connection. Calls `begin` in its turn, when its whole CONNECT can be read from the socket. */
  enter(socket: Socket, begin: () => void): void {
    const visitor = this.#enter(socket, begin);
    if (visitor === undefined) return;
    const work = { failed: (error: unknown) => this.#failed(visitor, error) };
    const read = () => contained(work, () => this.#read(visitor, read));
    socket.on('readable', read);
  }

  /** A client has logged in on this connection. */
  leave(socket: Socket): void {
    const visitor = this.#visitors.get(socket);
    if (visitor !== undefined) this.#forget(visitor);
    socket.emit(loggedIn);
  }

  close(): void {
    this.#closed = true;
    this.#sweeping?.cancel();
    this.#turns.close();
    for (const { socket } of this.#visitors.values()) socket.destroy();
  }

  #enter(socket: Socket, begin: () => void): Visitor | undefined {
    const address = addressGroup(socket.remoteAddress);
    const handshaken = this.#byEnds.get(endsOf(socket));
    if (handshaken !== undefined && handshaken.socket !== socket) this.#forget(handshaken);
    if (this.#closed || !this.#makeRoom(address)) {
      this.#refused++;
      this.#warn(address, `${address} has too many log-ins under way: connection refused`);
      socket.destroy();
      return undefined;
    }
    const visitor: Visitor = {
      socket,
      address,
      ends: endsOf(socket),
      since: this.#options.clock.uptime(),
      chunks: [],
      bytes: 0,
      begin,
    };
    this.#visitors.set(socket, visitor);
    this.#byEnds.set(visitor.ends, visitor);
    this.#silent.add(address, visitor);
    socket.on('error', ignore);
    socket.once('close', () => this.#forget(visitor));
    this.#sweepLater();
    return visitor;
  }

  /** false: no connection can be pushed out for this address. */
  #makeRoom(address: string): boolean {
    const { most, mostByAddress } = this.#options.limits;
    if (this.#sizeOf(address) >= mostByAddress)
      return this.#pushOut(this.#silent.oldestOf(address), 'has too many connections that have not logged in');
    if (this.#visitors.size < most) return true;
    const why = 'has the most connections that have not logged in';
    if (this.#pushOut(this.#silent.oldestOf(this.#silent.largest() ?? ''), why)) return true;
    const largest = this.#asking.largest() ?? '';
    return this.#asking.sizeOf(largest) > this.#sizeOf(address) && this.#pushOut(this.#asking.oldestOf(largest), why);
  }

  #sizeOf(address: string): number {
    return this.#silent.sizeOf(address) + this.#asking.sizeOf(address);
  }

  #pushOut(oldest: Visitor | undefined, why: string): boolean {
    if (oldest === undefined) return false;
    this.#pushedOut++;
    this.#warn(oldest.address, `${oldest.address} ${why}: its oldest one is closed to make room`);
    this.#end(oldest);
    return true;
  }

  #read(visitor: Visitor, listener: () => void): void {
    const { socket } = visitor;
    for (;;) {
      if (this.#visitors.get(socket) !== visitor) return;
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      this.#count(visitor, chunk.length);
      visitor.chunks.push(chunk);
      // nearly every client sends CONNECT in one chunk
      const [first = chunk] = visitor.chunks;
      const head = first.length > longestLengthBytes || visitor.chunks.length === 1 ? first : merged(visitor);
      const connect = connectLength(head, this.#options.limits.maxConnectBytes);
      if (connect.kind === 'incomplete') continue;
      if (connect.kind === 'refused') {
        this.#refuse(visitor, connect.why, connect.oversized);
        return;
      }
      if (visitor.bytes >= connect.bytes) {
        socket.off('readable', listener);
        this.#asks(visitor);
        return;
      }
      this.#boundBytes(visitor.address);
    }
  }

  #refuse(visitor: Visitor, what: string, oversized: boolean): void {
    this.#notMqtt++;
    this.#options.onRefused(oversized);
    this.#warn(visitor.address, `${visitor.address} sent ${what}: connection closed`);
    this.#end(visitor);
  }

  #count(visitor: Visitor, bytes: number): void {
    visitor.bytes += bytes;
    this.#bytes += bytes;
    this.#bytesBy.set(visitor.address, (this.#bytesBy.get(visitor.address) ?? 0) + bytes);
  }

  #boundBytes(address: string): void {
    const { mostBytes, mostBytesByAddress } = this.#options.limits;
    const why = 'has sent too much before log-in';
    while ((this.#bytesBy.get(address) ?? 0) > mostBytesByAddress)
      if (!this.#pushOut(this.#silent.oldestOf(address), why)) break;
    while (this.#bytes > mostBytes) if (!this.#pushOut(this.#silent.oldestOf(this.#silent.largest() ?? ''), why)) break;
  }

  #asks(visitor: Visitor): void {
    this.#silent.delete(visitor.address, visitor);
    this.#asking.add(visitor.address, visitor);
    this.#turns.addConnect(visitor.address, visitor);
  }

  #begin(visitor: Visitor): void {
    const { socket } = visitor;
    if (socket.destroyed) return;
    const connect = merged(visitor);
    visitor.chunks.length = 0;
    socket.unshift(connect);
    socket.off('error', ignore);
    this.#hand(visitor);
  }

  #hand(visitor: Visitor): void {
    const work = { failed: (error: unknown) => this.#failed(visitor, error) };
    contained(work, visitor.begin);
  }

  /** A defect of the gateway in the work of one connection ends that connection alone. */
  #failed(visitor: Visitor, error: unknown): void {
    const { address } = visitor;
    this.#options.logger.error(`failed ${address}`, { address, err: error }, 'a connection failed before its log-in');
    this.#end(visitor);
  }

  #end(visitor: Visitor): void {
    this.#forget(visitor);
    visitor.socket.destroy();
  }

  #forget(visitor: Visitor): void {
    const { socket, address } = visitor;
    if (this.#visitors.get(socket) !== visitor) return;
    this.#visitors.delete(socket);
    this.#silent.delete(address, visitor);
    this.#turns.delete(address, visitor);
    this.#asking.delete(address, visitor);
    if (this.#byEnds.get(visitor.ends) === visitor) this.#byEnds.delete(visitor.ends);
    this.#bytes -= visitor.bytes;
    lower(this.#bytesBy, address, visitor.bytes);
    visitor.chunks.length = 0;
  }

  #sweepLater(): void {
    if (this.#closed) return;
    this.#sweeping ??= this.#options.clock.after(sweepMs, () => {
      this.#sweeping = undefined;
      this.#sweep();
      if (this.#visitors.size > 0) this.#sweepLater();
    });
  }

  #sweep(): void {
    const { clock, limits } = this.#options;
    const before = clock.uptime() - limits.connectTimeoutMs;
    for (const visitor of this.#visitors.values()) {
      // in the order of arrival
      if (visitor.since > before) return;
      if (!this.#silent.has(visitor.address, visitor)) continue;
      this.#late++;
      this.#warn(visitor.address, `${visitor.address} sent no whole CONNECT for ${limits.connectTimeoutMs / 1000} s`);
      this.#end(visitor);
    }
  }

  #warn(address: string, message: string): void {
    const { waiting } = this.counters();
    this.#options.logger.warn(`lobby ${address}`, { address, waiting, here: this.#silent.sizeOf(address) }, message);
  }
}

function ignore(): void {}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

function merged(visitor: Visitor): Buffer {
  const [only] = visitor.chunks;
  if (only !== undefined && visitor.chunks.length === 1) return only;
  const all = Buffer.concat(visitor.chunks);
  visitor.chunks.splice(0, visitor.chunks.length, all);
  return all;
}

function lower(counts: Map<string, number>, key: string, by: number): void {
  const left = (counts.get(key) ?? 0) - by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
