/**
 * A client's socket as aedes reads it: every byte passes the packet guard first, and reading can be ended for good.
 *
 * Always: aedes never sees the body of a packet that is too large, and nothing at all after `hold`.
 */
import type { Socket } from 'node:net';
import { PacketGuard } from './packet-guard.ts';

export interface GuardedSocket {
  readonly socket: Socket;
  bytesIn: number;
  /** what `socket.bytesWritten` was when it was last counted */
  bytesOutCounted: number;
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
    hold() {
      held = true;
    },
  };
  const read = socket.read;
  socket.read = (size?: number) => {
    // read(0) only asks the stream to fill its buffer
    if (held && size !== 0) return null;
    const chunk: Buffer | null = read.call(socket, size);
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
