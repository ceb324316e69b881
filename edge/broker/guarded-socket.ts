/**
 * Reads a client's socket: cuts the bytes into checked packets (protocol/packet-reader.ts) and passes them on, as far as the
 * limits allow.
 *
 * Always: only whole, valid packets are passed on: none after CONNECT before its answer, none while `mayRead` is false, none
 * after `hold`, and never more at once than the read turn allows. While a client does not read its answers, at most
 * `mostUnread` of its packets are passed on.
 */
import type { Socket } from 'node:net';
import { type BoundedWork, contained } from '@forpost/shared/bounded-work.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Connect } from './protocol/connect.ts';
import { PacketReader, type Read } from './protocol/packet-reader.ts';
import { packetTypes } from './protocol/packet-types.ts';
import { returnCode } from './protocol/reason-codes.ts';
import { disconnect, refused } from './protocol/server-packets.ts';
import { ReadTurn } from './read-turn.ts';

export type Packet = Extract<Read, { readonly kind: 'packet' }>;

export interface GuardedSocket {
  readonly socket: Socket;
  /** the bounded work of this connection: its errors end the connection */
  readonly work: BoundedWork;
  bytesIn: number;
  /** `socket.bytesWritten` when it was counted last */
  bytesOutCounted: number;
  /** the read turn: of this connection until its log-in, of all connections of its principal afterwards */
  turn: ReadTurn;
  /** the credit that a message and its acknowledgements cost, from 0 to 1 */
  messageShare: number;
  /** the credit that the client's acknowledgements of received messages cost, from 0 to 1 */
  answerShare: number;
  /** the principal, once known, for the log */
  principal: string | undefined;
  /** whether the limits allow more to be read */
  mayRead: () => boolean;
  /** handles the packets after CONNECT */
  onPacket: (packet: Packet) => void;
  /** called when bytes were read */
  onRead: (() => void) | undefined;
  /** called when bytes wait because the limits do not allow reading */
  starved: boolean;
  /** Call it when CONNECT is answered: the packets after it may be read. */
  answered(): void;
  /** Sets the limit of a packet's bytes. */
  allow(maxPacketBytes: number): void;
  /** Continues reading, as far as the limits allow. */
  readOn(): void;
  /** Stops reading: the device's bytes stay in its own buffers. */
  hold(): void;
  /** The first bytes of the packet that is being handled, in hexadecimal: for the log. */
  lastPacket(): string;
}

/** Limit of the bytes that are read from a socket before their packets are passed on. */
const bytesAtOnce = 16 * 1024;

/** Limit of packets while the socket accepts no answers: each waiting answer of 2 bytes takes some 100 bytes of memory. */
const mostUnread = 4096;

/** The cost of a log-in, in packets. */
const packetsOfLogIn = 20;

export interface GuardEvents {
  readonly clock: Clock;
  readonly maxPacketBytes: number;
  readonly onConnect: (connect: Connect) => void;
  /** called when a packet violates the protocol or is too long; the connection is closed */
  readonly onViolation: (what: string, oversized: boolean) => void;
  /** called when the client uses an unsupported version of MQTT */
  readonly onUnsupportedVersion: (what: string) => void;
  /** called with an unhandled error */
  readonly onFailed: (error: unknown) => void;
}

export function guard(socket: Socket, events: GuardEvents): GuardedSocket {
  return new Guard(socket, events);
}

class Guard implements GuardedSocket {
  readonly socket: Socket;
  readonly work: BoundedWork;
  bytesIn = 0;
  bytesOutCounted = 0;
  turn = new ReadTurn();
  messageShare = 1;
  answerShare = 1;
  principal: string | undefined = undefined;
  mayRead: () => boolean = () => true;
  onPacket: (packet: Packet) => void = () => undefined;
  onRead: (() => void) | undefined = undefined;
  starved = false;
  readonly #events: GuardEvents;
  readonly #reader: PacketReader;
  readonly #readOn = () => this.readOn();
  #isHeld = false;
  #isAnswered = true;
  #isReading = false;
  #unread = 0;
  #waitsForDrain = false;

  constructor(socket: Socket, events: GuardEvents) {
    this.socket = socket;
    this.#events = events;
    this.#reader = new PacketReader(events.maxPacketBytes);
    this.work = { failed: events.onFailed };
    socket.on('readable', this.#readOn);
  }

  answered(): void {
    this.#isAnswered = true;
    this.turn.charge(packetsOfLogIn, 0);
  }

  allow(maxPacketBytes: number): void {
    this.#reader.maxPacketBytes = maxPacketBytes;
  }

  hold(): void {
    this.#isHeld = true;
  }

  lastPacket(): string {
    return this.#reader.lastPacket();
  }

  readOn(): void {
    // handling a packet may call this within the reading loop
    if (!this.#isReading) contained(this.work, () => this.#read());
  }

  #read(): void {
    this.#isReading = true;
    try {
      this.onRead?.();
      while (this.#mayGoOn()) {
        const next = this.#reader.next();
        if (next !== undefined) this.#handOut(next);
        else if (!this.#fill()) return;
      }
    } finally {
      this.#isReading = false;
    }
  }

  #mayGoOn(): boolean {
    if (this.#isHeld || this.socket.destroyed) return false;
    if (!this.#isAnswered || !this.mayRead()) {
      this.starved = true;
      return false;
    }
    this.starved = false;
    if (!this.#areAnswersRead()) return false;
    if (this.turn.packets > 0) return true;
    if (!this.#reader.isEmpty || this.socket.readableLength > 0) this.turn.whenNext(this.#readOn);
    return false;
  }

  /** Reads some of the bytes that have come. false: there are none. */
  #fill(): boolean {
    const { socket } = this;
    const available = socket.readableLength;
    // read() without a size makes the stream emit `readable` when more bytes come
    const chunk: Buffer | null = socket.read(available > bytesAtOnce ? bytesAtOnce : undefined);
    if (chunk === null) return false;
    this.bytesIn += chunk.length;
    this.#reader.feed(chunk);
    return true;
  }

  /** Whether more may be read although earlier answers may still wait here. */
  #areAnswersRead(): boolean {
    if (!this.socket.writableNeedDrain) this.#unread = 0;
    if (this.#unread < mostUnread) return true;
    if (!this.#waitsForDrain) {
      this.#waitsForDrain = true;
      this.socket.once('drain', () => {
        this.#waitsForDrain = false;
        this.readOn();
      });
    }
    return false;
  }

  #handOut(next: Read): void {
    switch (next.kind) {
      case 'packet':
        this.turn.charge(1, next.length, this.#shareOf(next.first >> 4));
        this.#unread++;
        this.onPacket(next);
        break;
      case 'connect':
        this.turn.charge(1, next.length);
        this.#isAnswered = false;
        this.#events.onConnect(next.connect);
        break;
      case 'refused':
        this.hold();
        this.#events.onViolation(next.what, false);
        if (next.code === returnCode.unsupportedVersion) this.#events.onUnsupportedVersion(next.what);
        this.#endWith(refused(next.version, next.code));
        break;
      case 'violation':
        this.hold();
        this.#events.onViolation(next.what, next.oversized);
        if (next.version !== '5') this.socket.destroy();
        // before the answer to CONNECT the reason is sent in CONNACK, afterwards in DISCONNECT [MQTT-3.14.0-1]
        else this.#endWith(this.principal === undefined ? refused(next.version, next.code) : disconnect(next.code));
        break;
    }
  }

  #shareOf(type: number): number {
    if (type === packetTypes.publish || type === packetTypes.pubrel) return this.messageShare;
    return type >= packetTypes.puback && type <= packetTypes.pubcomp ? this.answerShare : 1;
  }

  #endWith(bytes: Buffer): void {
    endWith(this.socket, bytes, this.#events.clock);
  }
}

/** The longest that sending a last packet may take, ms. */
const lastWordMs = 1000;

/** Writes a last packet, and closes. */
export function endWith(socket: Socket, bytes: Buffer, clock: Clock): void {
  if (socket.destroyed) return;
  while (socket.writableCorked > 0) socket.uncork();
  const timer = clock.after(lastWordMs, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.end(bytes, () => socket.destroy());
}
