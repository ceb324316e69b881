/**
 * A client's socket as aedes reads it: every byte passes the packet guard first, and reading can pause or end.
 *
 * Always: aedes never sees the body of a packet that is too large, nothing while `mayRead` says no (aedes's own
 * waiting does not bound what is pending: each `readable` of the socket lets it read on), nothing after `hold`, and
 * never more at once than its turn allows.
 */
import type { Socket } from 'node:net';
import { PacketGuard } from './packet-guard.ts';
import { ReadTurn } from './read-turn.ts';

export interface GuardedSocket {
  readonly socket: Socket;
  bytesIn: number;
  /** what `socket.bytesWritten` was when it was last counted */
  bytesOutCounted: number;
  /** of this connection alone until it has logged in, of all of its principal's then */
  turn: ReadTurn;
  /** whether there is room for what would be read */
  mayRead: () => boolean;
  /** aedes asked while there was no room: it must be told when there is */
  starved: boolean;
  /** Reads nothing more; what the device sends stays in its own buffers. */
  hold(): void;
}

export function guard(socket: Socket, maxPacketBytes: number, onViolation: (what: string) => void): GuardedSocket {
  const packets = new PacketGuard(maxPacketBytes);
  let held = false;
  const guarded: GuardedSocket = {
    socket,
    bytesIn: 0,
    bytesOutCounted: 0,
    turn: new ReadTurn(),
    mayRead: () => true,
    starved: false,
    hold() {
      held = true;
    },
  };
  const read = socket.read;
  const readOn = () => {
    if (!socket.destroyed) socket.emit('readable');
  };
  socket.read = (size?: number) => {
    // read(0) only asks the stream to fill its buffer
    if (held && size !== 0) return null;
    if (size !== 0 && !guarded.mayRead()) {
      guarded.starved = true;
      return null;
    }
    const available = size === 0 ? 0 : socket.readableLength;
    const granted = available === 0 ? 0 : guarded.turn.take(available);
    if (granted < available) guarded.turn.whenNext(readOn);
    if (available > 0 && granted === 0) return null;
    const chunk: Buffer | null = read.call(socket, granted < available ? granted : size);
    if (chunk === null) return null;
    guarded.bytesIn += chunk.length;
    const verdict = packets.feed(chunk);
    if (verdict === 'ok') return chunk;
    held = true;
    onViolation(verdict);
    socket.destroy();
    return null;
  };
  return guarded;
}
