/**
 * Ends a client that sends nothing for one and a half times its keep-alive [MQTT-3.1.2-22].
 *
 *   connected ── bytes came ──► connected      connected ── 1.5 times the keep-alive without bytes ──► onSilent
 *
 * Always: a client that the broker does not read because of limits is not silent. Each connection has one timer, which is
 * set at most once in 1.5 times the keep-alive, however many bytes come.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';

export class KeepAlive {
  readonly #clock: Clock;
  readonly #longestMs: number;
  readonly #onSilent: () => void;
  readonly #isUnread: () => boolean;
  #timer: Timer | undefined;
  #lastTrafficAt: number;

  /** @param keepAliveS not 0 @param isUnread bytes of the client wait unread */
  constructor(clock: Clock, keepAliveS: number, isUnread: () => boolean, onSilent: () => void) {
    this.#clock = clock;
    this.#longestMs = keepAliveS * 1500;
    this.#isUnread = isUnread;
    this.#onSilent = onSilent;
    this.#lastTrafficAt = clock.uptime();
    this.#wait(this.#longestMs);
  }

  noteTraffic(): void {
    this.#lastTrafficAt = this.#clock.uptime();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      const leftMs = this.#lastTrafficAt + this.#longestMs - this.#clock.uptime();
      if (leftMs > 0) this.#wait(leftMs);
      else if (this.#isUnread()) this.#wait(this.#longestMs);
      else this.#onSilent();
    });
  }
}
