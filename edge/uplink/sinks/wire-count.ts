/** Counts the bytes of a session's sockets, both ways, from the counters of the sockets themselves. */
import type { Socket } from 'node:net';

export class WireCount {
  readonly #open = new Set<Socket>();
  #closed = 0;

  /** Counts this socket too, with the bytes that it has carried before. */
  watch<S extends Socket>(socket: S): S {
    if (this.#open.has(socket)) return socket;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#closed += carried(socket);
    });
    return socket;
  }

  /** Takes over the sockets and the count of `other`. The caller must not use `other` any more. */
  adopt(other: WireCount): void {
    this.#closed += other.#closed;
    for (const socket of other.#open) this.watch(socket);
  }

  get bytes(): number {
    let bytes = this.#closed;
    for (const socket of this.#open) bytes += carried(socket);
    return bytes;
  }
}

function carried({ bytesRead, bytesWritten }: Socket): number {
  return (bytesRead ?? 0) + (bytesWritten ?? 0);
}
