/**
 * Writes to one connection. The packets of one turn of the event loop are sent with one system call.
 *
 *   write ──► waits ── the work of this callback is done, or `flushAll` ──► the socket
 *
 * Always: packets are sent in the order in which they were written. Small packets share one buffer. Nothing is written to a
 * closed connection. An error while writing ends that connection only.
 */

import type { Socket } from 'node:net';
import { type BoundedWork, outside } from '@forpost/shared/bounded-work.ts';

/** Packets up to this length are copied into the shared buffer: a copy is cheaper than a separate write. */
const longestCopied = 4096;
const firstRoom = 64;
const mostRoom = 16 * 1024;

const due: SocketOutput[] = [];

export class SocketOutput {
  readonly #socket: Socket;
  readonly #work: BoundedWork;
  readonly #onFull: () => void;
  #parts: Buffer[] = [];
  /** the buffer for small packets; `#at` bytes are used, and those before `#from` are in `#parts` */
  #room: Buffer | undefined;
  #from = 0;
  #at = 0;
  #bytes = 0;
  #isDue = false;

  /** @param onFull called when a write has filled the socket's buffer */
  constructor(socket: Socket, work: BoundedWork, onFull: () => void) {
    this.#socket = socket;
    this.#work = work;
    this.#onFull = onFull;
  }

  /** bytes that wait here and in the socket */
  get unsent(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Writes a packet, which must not be changed afterwards. */
  write(packet: Buffer): void {
    const { length } = packet;
    if (length > longestCopied) {
      this.#cut();
      this.#parts.push(packet);
    } else {
      const room = this.#roomFor(length);
      room.set(packet, this.#at);
      this.#at += length;
    }
    this.#wrote(length);
  }

  /** Writes a packet with a packet id, and with a reason code that is not 0. */
  acknowledge(first: number, packetId: number, code = 0): void {
    const room = this.#roomFor(5);
    let at = this.#at;
    room[at++] = first;
    room[at++] = code === 0 ? 2 : 3;
    room[at++] = packetId >> 8;
    room[at++] = packetId;
    if (code !== 0) room[at++] = code;
    this.#wrote(at - this.#at);
    this.#at = at;
  }

  /** Hands the waiting bytes to the socket. */
  flush(): void {
    this.#isDue = false;
    if (this.#bytes === 0) return;
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    this.#room = undefined;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    try {
      let hasRoom = true;
      if (parts.length > 1) socket.cork();
      for (const part of parts) hasRoom = socket.write(part);
      if (parts.length > 1) socket.uncork();
      if (!hasRoom) this.#onFull();
    } catch (error) {
      this.#work.failed(error);
    }
  }

  #wrote(bytes: number): void {
    this.#bytes += bytes;
    if (this.#isDue) return;
    this.#isDue = true;
    if (due.push(this) === 1) outside(process.nextTick, flushAll);
  }

  #roomFor(bytes: number): Buffer {
    if (this.#room !== undefined && this.#at + bytes <= this.#room.length) return this.#room;
    const before = this.#room?.length ?? 0;
    this.#cut();
    const room = Buffer.allocUnsafe(Math.max(bytes, Math.min(mostRoom, Math.max(firstRoom, 2 * before))));
    this.#room = room;
    this.#from = 0;
    this.#at = 0;
    return room;
  }

  /** Closes the part that was copied. */
  #cut(): void {
    if (this.#room === undefined || this.#at === this.#from) return;
    this.#parts.push(this.#room.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}

/** Hands all waiting bytes to their sockets now. */
export function flushAll(): void {
  for (const output of due.splice(0)) output.flush();
}
