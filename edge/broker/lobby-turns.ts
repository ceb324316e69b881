/**
 * Turns for the expensive work before a log-in: TLS handshakes and CONNECTs. Addresses take turns, so a flood from one
 * address delays each of the others by one item.
 *
 * Always: one CONNECT in a turn of the event loop; 250 a second after a burst of 50, so that alerts stay below 5 ms while a
 * whole site reconnects. At most 200 handshakes a second.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { FairQueue } from '@forpost/shared/fair-queue.ts';

/** A CONNECT costs up to a millisecond until its answer: one in a turn of the event loop, so alerts wait for one. */
const connectsAtOnce = 50;
const connectEveryMs = 4;
/** A handshake costs up to 2 ms of the main thread: at most 200 a second take a tenth to a third of a core. */
const handshakeEveryMs = 5;

export interface TurnHandlers<Visitor> {
  readonly handshake: (visitor: Visitor) => void;
  readonly connect: (visitor: Visitor) => void;
}

export class LobbyTurns<Visitor> {
  readonly #clock: Clock;
  readonly #handlers: TurnHandlers<Visitor>;
  readonly #connects = new FairQueue<Visitor>();
  readonly #handshakes = new FairQueue<Visitor>();
  #connecting = false;
  #connectsLeft = connectsAtOnce;
  #connectedAt = 0;
  #handshaking: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, handlers: TurnHandlers<Visitor>) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  addConnect(address: string, visitor: Visitor): void {
    this.#connects.add(address, visitor);
    this.#nextConnects();
  }

  addHandshake(address: string, visitor: Visitor): void {
    this.#handshakes.add(address, visitor);
    this.#nextHandshake();
  }

  /** Removes a visitor that has disconnected or had its turn. */
  delete(address: string, visitor: Visitor): void {
    this.#connects.delete(address, visitor);
    this.#handshakes.delete(address, visitor);
  }

  close(): void {
    this.#closed = true;
    this.#handshaking?.cancel();
  }

  #nextConnects(): void {
    if (this.#connecting) return;
    this.#connecting = true;
    const sinceMs = this.#clock.uptime() - this.#connectedAt;
    this.#connectedAt += sinceMs;
    this.#connectsLeft = Math.min(connectsAtOnce, this.#connectsLeft + sinceMs / connectEveryMs);
    if (this.#connectsLeft >= 1) {
      setImmediate(() => this.#connectNext());
      return;
    }
    // a timer may fire early after a busy turn: the elapsed time is counted again then
    this.#clock.after(Math.ceil((1 - this.#connectsLeft) * connectEveryMs), () => {
      this.#connecting = false;
      this.#nextConnects();
    });
  }

  #connectNext(): void {
    this.#connecting = false;
    const visitor = this.#connects.next();
    if (visitor === undefined || this.#closed) return;
    this.#connectsLeft--;
    this.#handlers.connect(visitor);
    if (this.#connects.size > 0) this.#nextConnects();
  }

  #nextHandshake(): void {
    if (this.#handshaking !== undefined || this.#closed) return;
    const visitor = this.#handshakes.next();
    if (visitor === undefined) return;
    this.#handshaking = this.#clock.after(handshakeEveryMs, () => {
      this.#handshaking = undefined;
      this.#nextHandshake();
    });
    this.#handlers.handshake(visitor);
  }
}
