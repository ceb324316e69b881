/** What a session's connections have carried, both ways, as the sockets themselves count it. */
import type { Socket } from 'node:net';

export class WireCount {
  readonly #open = new Set<Socket>();
  #closed = 0;

  /** Counts this socket too, from its beginning. */
  watch<S extends Socket>(socket: S): S {
    if (this.#open.has(socket)) return socket;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#closed += carried(socket);
    });
    return socket;
  }

  /** Counts from now on what `other` does, which is to watch nothing more. */
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
