/**
 * Distinguishes a subscriber that reads slowly from one that has stopped reading.
 *
 *   idle ── a write found the socket's buffer full ──► watching ── drained ──► idle
 *                                                        ├── some bytes left within `timeoutMs` ──► watching
 *                                                        └── none did ──► onFrozen
 *
 * Always: a subscriber that reads, however slowly, is not frozen; one that reads nothing for `timeoutMs` is. The bytes in
 * front of either are bounded elsewhere (`maxUnsentBytes`).
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '@forpost/shared/clock.ts';

export class WriteWatch {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onFrozen: () => void;
  #timer: Timer | undefined;

  constructor(socket: Socket, clock: Clock, timeoutMs: number, onFrozen: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onFrozen = onFrozen;
  }

  /** A write found the buffer full. */
  full(): void {
    if (this.#timer === undefined) this.#watch(unsent(this.#socket));
  }

  /** The subscriber reads nothing, or too little. */
  frozen(): void {
    this.stop();
    this.#onFrozen();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(before: Unsent): void {
    this.#timer = this.#clock.after(this.#timeoutMs, () => {
      this.#timer = undefined;
      if (this.#socket.destroyed || !this.#socket.writableNeedDrain) return;
      const now = unsent(this.#socket);
      if (now.sent === before.sent && now.inSystem === before.inSystem) this.#onFrozen();
      else this.#watch(now);
    });
  }
}

interface Unsent {
  /** bytes of all writes that have ended */
  readonly sent: number;
  /** bytes of the write under way that the system has not taken */
  readonly inSystem: number | undefined;
}

function unsent(socket: Socket): Unsent {
  // only libuv knows the progress of one large write; without it, finished writes count
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly writeQueueSize?: number } };
  return { sent: socket.bytesWritten - socket.writableLength, inSystem: handle?.writeQueueSize };
}
