/**
 * When CONNACK leaves. CONNACK tells a device whether its session is present (MQTT 3.1.1, 3.1.2.4 and 3.2.2.2), so the disk
 * must know first that the session began or ended: a restart would make CONNACK untrue otherwise. Meanwhile everything that
 * is written to the connection is held back (corked). Incoming packets are handled at once: a will and a takeover count from
 * the log-in on, the keep-alive runs, and publishes behind CONNECT raise alarms.
 *
 *   logged in ──► held ── CONNACK is written ──► does the disk know this client's session?
 *                                                   ├── yes, as at each return of a known client ──► it leaves
 *                                                   └── no: a commit is asked for ── committed, refused or `waitMs` ──► it leaves
 *
 * Always: CONNACK leaves, whatever the disk does: at once where the disk is full, read-only or cannot be opened; after
 * `waitMs` (and before the keep-alive ends) where it hangs. MQTT 3.1.1 cannot say «connected, but your session may not
 * last», and a refused device raises no alarm: so it is let in. Later acknowledgements (SUBACK, PUBACK, PUBREC) come from a
 * commit that has the session, or do not come. Only the connection itself is then not durable, and the log says so.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { Connection } from './connection.ts';

export interface ConnackOptions {
  /** Resolves once the disk knows that this client has this session, or none; undefined: it knows already. */
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

  /** Holds a connection back; to be called at its log-in, before anything is written to it. */
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
      if (why !== undefined && !socket.destroyed) this.#tell(connection, why);
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

  #tell({ principal: { id } }: Connection, why: string): void {
    const message = `let in before the disk knows whether it has a session, which a power cut would undo: ${why}`;
    this.#options.logger.warn(`session ${id}`, { principal: id }, message);
  }
}

/** The keep-alive that a client has asked for, ms; Infinity where it wants none. */
function keepAliveMs({ keepAliveS }: Connection): number {
  return keepAliveS === 0 ? Number.POSITIVE_INFINITY : 1000 * keepAliveS;
}
