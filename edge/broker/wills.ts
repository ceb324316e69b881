/**
 * The wills of lost clients (MQTT 5 and 3.1.1, section 3.1.2.5).
 *
 *   lost ── no delay ──► published
 *     └── delayed ──► waits ── its time, its session's end ──► published
 *                        ├── its client is back in its session ──► dropped [MQTT-3.1.3-9]
 *                        └── its principal is removed, or revoked ──► dropped
 *
 * Always: a client has at most one waiting will, which waits no longer than its session lasts. The bound of the
 * sessions therefore bounds the wills. No will is published because the broker stops.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Connection } from './connection.ts';
import type { Will } from './protocol/connect.ts';

interface Waiting {
  readonly connection: Connection;
  readonly timer: Timer;
  readonly publish: () => void;
}

export class PendingWills {
  readonly #clock: Clock;
  readonly #publish: (connection: Connection, will: Will) => void;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock, publish: (connection: Connection, will: Will) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  /** The client is lost. @param expiryS seconds until its session ends: a will waits no longer [MQTT-3.1.2-10] */
  lost(connection: Connection, will: Will, expiryS: number): void {
    const delayMs = 1000 * Math.min(will.delayS, expiryS);
    const publish = () => {
      this.#forget(connection.id);
      this.#publish(connection, will);
    };
    if (delayMs <= 0) this.#publish(connection, will);
    else this.#waiting.set(connection.id, { connection, timer: this.#clock.after(delayMs, publish), publish });
  }

  /** The client is back. @param inItsSession false: its session has ended, and the will is due */
  back(clientId: string, inItsSession: boolean): void {
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    if (inItsSession) this.#forget(clientId);
    else waiting.publish();
  }

  /** Its client's session has ended, whatever ended it. */
  ended(clientId: string): void {
    this.#waiting.get(clientId)?.publish();
  }

  /** Drops the waiting wills of these connections: their principals are gone, or revoked. */
  drop(isGone: (connection: Connection) => boolean): void {
    for (const [clientId, { connection }] of [...this.#waiting]) if (isGone(connection)) this.#forget(clientId);
  }

  close(): void {
    for (const clientId of [...this.#waiting.keys()]) this.#forget(clientId);
  }

  #forget(clientId: string): void {
    this.#waiting.get(clientId)?.timer.cancel();
    this.#waiting.delete(clientId);
  }
}
