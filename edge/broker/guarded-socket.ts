/**
 * Reads a client's socket: cuts it into packets, has each checked (protocol/packet-reader.ts) and hands it on, as far
 * as there is room for what it causes.
 *
 * Always: who takes the packets sees whole ones that keep the protocol, and nothing else; nothing behind a CONNECT until
 * that is answered; nothing while `mayRead` says no, nothing after `hold`, and never more at once than its turn allows;
 * of a connection that does not read its answers at most `mostUnread` packets.
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
  /** what all of this connection's errors end */
  readonly work: BoundedWork;
  bytesIn: number;
  /** what `socket.bytesWritten` was when it was last counted */
  bytesOutCounted: number;
  /** of this connection alone until it has logged in, of all of its principal's then */
  turn: ReadTurn;
  /** what a message and its acknowledgements cost of the credit of its turn: 1, or a part of that */
  messageShare: number;
  /** the same, of what acknowledges the messages that were sent to it */
  answerShare: number;
  /** whose it is, once that is known: for the log */
  principal: string | undefined;
  /** whether there is room for what would be read */
  mayRead: () => boolean;
  /** takes the packets behind CONNECT */
  onPacket: (packet: Packet) => void;
  /** something came */
  onRead: (() => void) | undefined;
  /** there was something to read while there was no room: it is read on when there is */
  starved: boolean;
  /** Its CONNECT is answered: what came behind it may be read. */
  answered(): void;
  /** From now on packets may have so many bytes. */
  allow(maxPacketBytes: number): void;
  /** Reads on, as far as there is room. */
  readOn(): void;
  /** Reads nothing more; what the device sends stays in its own buffers. */
  hold(): void;
  /** The first bytes of the packet that is being handled, in hexadecimal: for the log. */
  lastPacket(): string;
}

/** Bytes of one connection that are read from the socket before its packets are handed out. */
const bytesAtOnce = 16 * 1024;

/** Packets of a connection whose socket takes no answers: each answer of 2 bytes holds some 100 bytes until it leaves. */
const mostUnread = 4096;

/** A log-in costs its principal as much as so many packets. */
const packetsOfLogIn = 20;

export interface GuardEvents {
  readonly clock: Clock;
  readonly maxPacketBytes: number;
  readonly onConnect: (connect: Connect) => void;
  /** a packet broke the protocol, or is too long: the connection is closed */
  readonly onViolation: (what: string, oversized: boolean) => void;
  /** it asks for a version of MQTT that is not spoken here */
  readonly onUnspoken: (what: string) => void;
  /** an error that nobody handled */
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
    this.turn.take(packetsOfLogIn, 0);
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
    // a packet's work may ask for it, within the loop that reads
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

  /** Takes some of what has come. false: nothing has. */
  #fill(): boolean {
    const { socket } = this;
    const available = socket.readableLength;
    // without a size it asks the stream to say when there is more
    const chunk: Buffer | null = socket.read(available > bytesAtOnce ? bytesAtOnce : undefined);
    if (chunk === null) return false;
    this.bytesIn += chunk.length;
    this.#reader.feed(chunk);
    return true;
  }

  /** Whether more may be taken although the answers to what was taken may wait here. */
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
        this.turn.take(1, next.length, this.#shareOf(next.first >> 4));
        this.#unread++;
        this.onPacket(next);
        break;
      case 'connect':
        this.turn.take(1, next.length);
        this.#isAnswered = false;
        this.#events.onConnect(next.connect);
        break;
      case 'refused':
        this.hold();
        this.#events.onViolation(next.what, false);
        if (next.code === returnCode.unsupportedVersion) this.#events.onUnspoken(next.what);
        this.#endWith(refused(next.version, next.code));
        break;
      case 'violation':
        this.hold();
        this.#events.onViolation(next.what, next.oversized);
        if (next.version !== '5') this.socket.destroy();
        // before CONNECT is answered, by CONNACK; [MQTT-3.14.0-1] afterwards
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

/** The longest that a last word may take to leave, ms. */
const lastWordMs = 1000;

/** Writes a last packet, and closes. */
export function endWith(socket: Socket, bytes: Buffer, clock: Clock): void {
  if (socket.destroyed) return;
  while (socket.writableCorked > 0) socket.uncork();
  const timer = clock.after(lastWordMs, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.end(bytes, () => socket.destroy());
}
