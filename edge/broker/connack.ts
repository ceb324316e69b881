/**
 * Decides when CONNACK is sent. CONNACK contains Session Present (MQTT 3.1.1, 3.1.2.4 and 3.2.2.2), so the beginning or end
 * of the session must be on disk first; otherwise a restart would make CONNACK untrue. Until then all output of the
 * connection is held back (corked). Incoming packets are handled at once: wills and takeovers are valid from the log-in
 * on, the keep-alive runs, and publishes after CONNECT raise alarms.
 *
 *   logged in ──► held ── CONNACK is written ──► is the session's state on disk?
 *                                                   ├── yes, as at each return of a known client ──► CONNACK is sent
 *                                                   └── no: commit requested ── committed, refused or `waitMs` ──► CONNACK is sent
 *
 * Always: CONNACK is sent in the end: at once if the disk is full, read-only or cannot be opened, and after `waitMs` (but
 * before the keep-alive ends) if the disk hangs. MQTT 3.1.1 has no answer «connected, but the session may not last», and a
 * refused device could raise no alarm, so the broker accepts the device and logs it. Later acknowledgements (SUBACK, PUBACK,
 * PUBREC) still wait for a commit that contains the session.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { Connection } from './connection.ts';

export interface ConnackOptions {
  /** Resolves once the beginning or end of this client's session is on disk; undefined: it is. */
  readonly settled: (clientId: string) => Promise<void> | undefined;
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly waitMs: number;
}

export class ConnackSender {
  readonly #options: ConnackOptions;

  constructor(options: ConnackOptions) {
    this.#options = options;
  }

  /** Holds the output of a connection back. Call it at the log-in, before anything is written. */
  hold({ socket }: Connection): void {
    socket.cork();
  }

  /** Its CONNACK is written. */
  written(connection: Connection): void {
    const { socket, id } = connection;
    const settled = this.#options.settled(id);
    if (settled === undefined) {
      socket.uncork();
      return;
    }
    const { clock, waitMs } = this.#options;
    let held = true;
    const release = (why?: string) => {
      if (!held) return;
      held = false;
      timer.cancel();
      if (why !== undefined && !socket.destroyed) this.#warnReleased(connection, why);
      socket.uncork();
    };
    const longestMs = Math.min(waitMs, keepAliveMs(connection));
    const timer = clock.after(longestMs, () => release(`the disk has not answered for ${longestMs} ms`));
    socket.once('close', () => release());
    settled.then(
      () => release(),
      (error: unknown) => release(messageOf(error)),
    );
  }

  #warnReleased({ principal: { id } }: Connection, why: string): void {
    const message = `let in before the disk knows whether it has a session, which a power cut would undo: ${why}`;
    this.#options.logger.warn(`session ${id}`, { principal: id }, message);
  }
}

/** The keep-alive of a client, ms; Infinity: it has none. */
function keepAliveMs({ keepAliveS }: Connection): number {
  return keepAliveS === 0 ? Number.POSITIVE_INFINITY : 1000 * keepAliveS;
}
