/**
 * The lobby holds connections until their log-in. Nothing of a connection is read as MQTT before its whole CONNECT has
 * come, so a silent or half-sent one costs a socket and the bytes that it has sent.
 *
 *   accepted ──► [TLS: hello ── turn ──► handshake] ──► silent, half ── whole CONNECT ── turn ──► asking ── log-in ──► out
 *                                  └── deadline, no CONNECT, too large, room needed ──► closed, counted, logged
 *
 * Always: before log-in one address (an IPv6 /64) has at most `mostByAddress` connections and `mostBytesByAddress`
 * bytes, all have `most` and `mostBytes`; a newcomer takes the place of the oldest silent or half-sent one, of its own
 * address where that has its share, else of the address with the most: so whoever sends a CONNECT at once finds a
 * place, from that address too, because behind it there may be a whole site. Only an address whose share has all sent
 * a CONNECT is refused another connection. Handshakes and CONNECTs take turns by address; a turn of the event loop works
 * on one CONNECT, and a second on 250 behind a burst of 50. A connection that has logged in is no longer here and is
 * never closed for room.
 */
import type { Socket } from 'node:net';
import { addressGroup } from '@forpost/shared/address.ts';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { FairQueue } from '@forpost/shared/fair-queue.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';

export interface LobbyLimits {
  /** connections before log-in, of all and of one address */
  readonly most: number;
  readonly mostByAddress: number;
  /** what half-sent CONNECTs take, of all and of one address */
  readonly mostBytes: number;
  readonly mostBytesByAddress: number;
  /** of one CONNECT: client id, will, user and password */
  readonly maxConnectBytes: number;
  /** from the connection to its whole CONNECT */
  readonly connectTimeoutMs: number;
}

export const defaultLobbyLimits: LobbyLimits = {
  // a whole site that comes back after a cut
  most: 6000,
  mostByAddress: 500,
  mostBytes: 16 * 2 ** 20,
  mostBytesByAddress: 8 * 2 ** 20,
  maxConnectBytes: 64 * 1024,
  connectTimeoutMs: 10_000,
};

/** A CONNECT costs up to a millisecond until its answer: one in a turn of the event loop, then alerts have theirs. */
const connectsAtOnce = 50;
/** Beyond those at once: 250 a second, so that alerts beside a site that comes back stay below 5 ms. */
const connectEveryMs = 4;
/** A handshake costs up to 2 ms of the main thread: at most 200 a second, a tenth to a third of a core. */
const handshakeEveryMs = 5;
/** Emitted by a socket's stream when its client has logged in: what stands between it and the wire may need to know. */
export const loggedIn = Symbol('logged in');
const sweepMs = 500;
/** the fixed header of CONNECT (MQTT 3.1.1, 3.1.1): a type byte without flags */
const connectType = 0x10;
/** the first byte of a TLS record with a ClientHello (RFC 8446, 5.1) */
const tlsHandshake = 0x16;
const longestLengthBytes = 4;

export interface LobbyCounters {
  /** now: before log-in */
  readonly waiting: number;
  /** closed to make room for a newcomer */
  readonly pushedOut: number;
  /** closed because no whole CONNECT came in time */
  readonly late: number;
  /** closed because what came was no CONNECT, or too large */
  readonly notMqtt: number;
  /** not taken: their address has too many log-ins under way */
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
  /** what came was no CONNECT, or too large a one: counted by the broker too */
  readonly onRefused: (oversized: boolean) => void;
}

export class Lobby {
  readonly #options: LobbyOptions;
  readonly #visitors = new Map<Socket, Visitor>();
  /** a TLS connection is another socket after its handshake, between the same ends */
  readonly #byEnds = new Map<string, Visitor>();
  /** those that may be pushed out, by address, the oldest first */
  readonly #silent = new FairQueue<Visitor>();
  /** those whose CONNECT is there, by address */
  readonly #asking = new FairQueue<Visitor>();
  readonly #bytesBy = new Map<string, number>();
  readonly #connects = new FairQueue<Visitor>();
  readonly #handshakes = new FairQueue<Visitor>();
  #connecting = false;
  #connectsLeft = connectsAtOnce;
  #connectedAt = 0;
  #handshaking: Timer | undefined;
  #sweeping: Timer | undefined;
  #bytes = 0;
  #pushedOut = 0;
  #late = 0;
  #notMqtt = 0;
  #refused = 0;
  #closed = false;

  constructor(options: LobbyOptions) {
    this.#options = options;
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

  /** bytes of CONNECTs that are not whole yet */
  get bytes(): number {
    return this.#bytes;
  }

  /** A TLS connection before its handshake; `handshake` is called when it is its turn, and a hello has come. */
  knock(socket: Socket, handshake: () => void): void {
    const visitor = this.#enter(socket, handshake);
    if (visitor === undefined) return;
    socket.once('readable', () => {
      if (this.#visitors.get(socket) !== visitor) return;
      this.#handshakes.add(visitor.address, visitor);
      this.#nextHandshake();
    });
  }

  /** A connection that speaks MQTT from now on; `begin` gets it with its whole CONNECT, to be read from its start. */
  enter(socket: Socket, begin: () => void): void {
    const visitor = this.#enter(socket, begin);
    if (visitor === undefined) return;
    const work = { failed: (error: unknown) => this.#failed(visitor, error) };
    const read = () => contained(work, () => this.#read(visitor, read));
    socket.on('readable', read);
  }

  /** Somebody has logged in with it. */
  leave(socket: Socket): void {
    const visitor = this.#visitors.get(socket);
    if (visitor !== undefined) this.#forget(visitor);
    socket.emit(loggedIn);
  }

  close(): void {
    this.#closed = true;
    this.#sweeping?.cancel();
    this.#handshaking?.cancel();
    for (const { socket } of this.#visitors.values()) socket.destroy();
  }

  #enter(socket: Socket, begin: () => void): Visitor | undefined {
    const address = addressGroup(socket.remoteAddress);
    const handshaken = this.#byEnds.get(endsOf(socket));
    if (handshaken !== undefined && handshaken.socket !== socket) this.#forget(handshaken);
    if (this.#closed || !this.#makeRoom(address)) {
      this.#refused++;
      this.#tell(address, `${address} has too many log-ins under way: connection refused`);
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

  /** false: there is none for this address. */
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
    this.#tell(oldest.address, `${oldest.address} ${why}: its oldest one is closed to make room`);
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
      // a CONNECT comes in one piece from nearly everybody
      const [first = chunk] = visitor.chunks;
      const head = first.length > longestLengthBytes || visitor.chunks.length === 1 ? first : merged(visitor);
      const length = this.#lengthOf(visitor, head);
      if (length === undefined) continue;
      if (length === 'closed') return;
      if (visitor.bytes >= length) {
        socket.off('readable', listener);
        this.#asks(visitor);
        return;
      }
      this.#boundBytes(visitor.address);
    }
  }

  /** The bytes of the whole CONNECT; undefined: its length is not there yet; closed: it is none. */
  #lengthOf(visitor: Visitor, head: Buffer): number | 'closed' | undefined {
    const { maxConnectBytes } = this.#options.limits;
    if (head[0] !== connectType) return this.#refuse(visitor, head[0] === tlsHandshake ? tlsOnPlain : noConnect);
    let length = 0;
    for (let i = 1; i <= longestLengthBytes; i++) {
      const byte = head[i];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 128 ** (i - 1);
      if (byte >= 0x80) continue;
      if (1 + i + length <= maxConnectBytes) return 1 + i + length;
      return this.#refuse(visitor, `a CONNECT of ${length} bytes: ${maxConnectBytes} are allowed`, true);
    }
    return this.#refuse(visitor, noConnect);
  }

  #refuse(visitor: Visitor, what: string, oversized = false): 'closed' {
    this.#notMqtt++;
    this.#options.onRefused(oversized);
    this.#tell(visitor.address, `${visitor.address} sent ${what}: connection closed`);
    this.#end(visitor);
    return 'closed';
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
    this.#connects.add(visitor.address, visitor);
    this.#nextConnects();
  }

  #nextConnects(): void {
    if (this.#connecting) return;
    this.#connecting = true;
    const { clock } = this.#options;
    const sinceMs = clock.uptime() - this.#connectedAt;
    this.#connectedAt += sinceMs;
    this.#connectsLeft = Math.min(connectsAtOnce, this.#connectsLeft + sinceMs / connectEveryMs);
    if (this.#connectsLeft >= 1) {
      setImmediate(() => this.#connectNext());
      return;
    }
    // a timer of a busy turn fires early: what there is by then is counted again
    clock.after(Math.ceil((1 - this.#connectsLeft) * connectEveryMs), () => {
      this.#connecting = false;
      this.#nextConnects();
    });
  }

  #connectNext(): void {
    this.#connecting = false;
    const visitor = this.#connects.next();
    if (visitor === undefined || this.#closed) return;
    this.#connectsLeft--;
    this.#begin(visitor);
    if (this.#connects.size > 0) this.#nextConnects();
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

  /** An error of the gateway's own in the work of one connection: its end alone. */
  #failed(visitor: Visitor, error: unknown): void {
    const { address } = visitor;
    this.#options.logger.error(`failed ${address}`, { address, err: error }, 'a connection failed before its log-in');
    this.#end(visitor);
  }

  #nextHandshake(): void {
    if (this.#handshaking !== undefined || this.#closed) return;
    const visitor = this.#handshakes.next();
    if (visitor === undefined) return;
    this.#handshaking = this.#options.clock.after(handshakeEveryMs, () => {
      this.#handshaking = undefined;
      this.#nextHandshake();
    });
    if (!visitor.socket.destroyed) this.#hand(visitor);
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
    this.#connects.delete(address, visitor);
    this.#handshakes.delete(address, visitor);
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
      // in the order they came
      if (visitor.since > before) return;
      if (!this.#silent.has(visitor.address, visitor)) continue;
      this.#late++;
      this.#tell(visitor.address, `${visitor.address} sent no whole CONNECT for ${limits.connectTimeoutMs / 1000} s`);
      this.#end(visitor);
    }
  }

  #tell(address: string, message: string): void {
    const { waiting } = this.counters();
    this.#options.logger.warn(`lobby ${address}`, { address, waiting, here: this.#silent.sizeOf(address) }, message);
  }
}

const tlsOnPlain = 'a TLS handshake to the port without TLS';
const noConnect = 'something else than a CONNECT of MQTT';

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
