/**
 * A client's socket as aedes reads it: every packet is checked first (protocol/packet-reader.ts), and reading can pause
 * or end.
 *
 * Always: aedes sees whole packets that keep the protocol, and nothing else; nothing behind a CONNECT until that is
 * answered; nothing while `mayRead` says no (aedes's own waiting does not bound what is pending: each `readable` of the
 * socket lets it read on), nothing after `hold`, and never more at once than its turn allows; of a connection that does
 * not read its answers at most `mostUnread` packets.
 */
import type { Socket } from 'node:net';
import type { BoundedWork } from '@forpost/shared/bounded-work.ts';
import { PacketReader, type Read } from './protocol/packet-reader.ts';
import { ReadTurn } from './read-turn.ts';

export interface GuardedSocket {
  readonly socket: Socket;
  /** what all of this connection's errors end */
  readonly work: BoundedWork;
  bytesIn: number;
  /** what `socket.bytesWritten` was when it was last counted */
  bytesOutCounted: number;
  /** of this connection alone until it has logged in, of all of its principal's then */
  turn: ReadTurn;
  /** whose it is, once that is known: for the log */
  principal: string | undefined;
  /** whether there is room for what would be read */
  mayRead: () => boolean;
  /** takes SUBSCRIBE and UNSUBSCRIBE: their bytes behind the fixed header */
  onFilters: ((kind: 'subscribe' | 'unsubscribe', bytes: Buffer) => void) | undefined;
  /** aedes asked while there was no room: it must be told when there is */
  starved: boolean;
  /** Its CONNECT is answered: what came behind it may be read. */
  answered(): void;
  /** Lets aedes read. */
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
  readonly maxPacketBytes: number;
  /** a packet broke the protocol, or is too long: the connection is closed */
  readonly onViolation: (what: string, oversized: boolean) => void;
  /** an error that nobody handled */
  readonly onFailed: (error: unknown) => void;
}

export function guard(socket: Socket, { maxPacketBytes, onViolation, onFailed }: GuardEvents): GuardedSocket {
  const reader = new PacketReader(maxPacketBytes);
  let held = false;
  let isAnswered = true;
  let unread = 0;
  let waitsForDrain = false;
  const readOn = () => {
    if (!socket.destroyed) socket.emit('readable');
  };
  const guarded: GuardedSocket = {
    socket,
    work: { failed: onFailed },
    bytesIn: 0,
    bytesOutCounted: 0,
    turn: new ReadTurn(),
    principal: undefined,
    mayRead: () => true,
    onFilters: undefined,
    starved: false,
    answered() {
      isAnswered = true;
      guarded.turn.take(packetsOfLogIn, 0);
    },
    readOn,
    hold() {
      held = true;
    },
    lastPacket: () => reader.lastPacket(),
  };
  const read = socket.read;

  /** Takes some of what has come. false: nothing has. */
  const fill = (): boolean => {
    const available = socket.readableLength;
    // without a size it asks the stream to say when there is more
    const chunk: Buffer | null = read.call(socket, available > bytesAtOnce ? bytesAtOnce : undefined);
    if (chunk === null) return false;
    guarded.bytesIn += chunk.length;
    reader.feed(chunk);
    return true;
  };

  /** Whether more may be taken although the answers to what was taken may wait here. */
  const areAnswersRead = (): boolean => {
    if (!socket.writableNeedDrain) unread = 0;
    if (unread < mostUnread) return true;
    if (!waitsForDrain) {
      waitsForDrain = true;
      socket.once('drain', () => {
        waitsForDrain = false;
        readOn();
      });
    }
    return false;
  };

  /** What aedes gets of this. */
  const handOut = (next: Read): Buffer | null => {
    switch (next.kind) {
      case 'packets':
        guarded.turn.take(next.count, next.bytes.length);
        unread += next.count;
        if (!reader.isEmpty || socket.readableLength > 0) guarded.turn.whenNext(readOn);
        return next.bytes;
      case 'connect':
        guarded.turn.take(1, next.bytes.length);
        isAnswered = false;
        return next.bytes;
      case 'refused':
        held = true;
        onViolation(next.what, false);
        socket.end(Buffer.from([0x20, 2, 0, next.returnCode]), () => socket.destroy());
        return null;
      case 'violation':
        held = true;
        onViolation(next.what, next.oversized);
        socket.destroy();
        return null;
      default:
        guarded.turn.take(1, next.bytes.length);
        unread++;
        if (guarded.onFilters === undefined) return next.bytes;
        guarded.onFilters(next.kind, next.body);
        return null;
    }
  };

  socket.read = (size?: number) => {
    // read(0) only asks the stream to fill its buffer
    if (size === 0) return read.call(socket, 0);
    if (held) return null;
    for (;;) {
      if (!isAnswered || !guarded.mayRead()) {
        guarded.starved = true;
        return null;
      }
      if (!areAnswersRead()) return null;
      if (guarded.turn.packets === 0) {
        guarded.turn.whenNext(readOn);
        return null;
      }
      const next = reader.next(guarded.turn.packets, guarded.turn.bytes);
      if (next === undefined) {
        if (!fill()) return null;
        continue;
      }
      const bytes = handOut(next);
      if (bytes !== null || held) return bytes;
    }
  };
  return guarded;
}
