/**
 * Who is logged in: a random id in a cookie on one side, this bounded map on the other.
 *
 *   open ── expiry, log-out, password changed, pushed out by newer ones ──► ended (the signal fires once)
 *
 * Always: an id has 256 bits of chance; expiry is of the monotonic clock, so that a clock that is set logs nobody out
 * or in; at most `maxSessions` are open, `maxSessionsPerUser` of one user, the oldest end first.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';

export interface Session {
  readonly id: string;
  readonly user: string;
  /** the hash that the password was checked against: another one now, and the session has ended */
  readonly hash: string;
  /** ms of the monotonic clock */
  readonly expiresAt: number;
  /** aborted when the session ends: what it opened (a stream) must end with it */
  readonly ended: AbortSignal;
}

const maxSessions = 1000;
const maxSessionsPerUser = 20;

export class Sessions {
  readonly #clock: Clock;
  readonly #sessionMs: number;
  /** in the order they were opened */
  readonly #open = new Map<string, { session: Session; timer: Timer; end: AbortController }>();

  constructor(clock: Clock, sessionMs: number) {
    this.#clock = clock;
    this.#sessionMs = sessionMs;
  }

  open(user: string, hash: string): Session {
    const end = new AbortController();
    const id = randomBytes(32).toString('base64url');
    const expiresAt = this.#clock.uptime() + this.#sessionMs;
    const session: Session = { id, user, hash, expiresAt, ended: end.signal };
    const timer = this.#clock.after(this.#sessionMs, () => this.end(id));
    this.#open.set(id, { session, timer, end });
    const own = [...this.#open.values()].filter((one) => one.session.user === user);
    if (own.length > maxSessionsPerUser) this.end(own[0]?.session.id ?? '');
    if (this.#open.size > maxSessions) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.end(oldest);
    }
    return session;
  }

  find(id: string): Session | undefined {
    const session = this.#open.get(id)?.session;
    if (session === undefined || session.expiresAt <= this.#clock.uptime()) return undefined;
    return session;
  }

  end(id: string): void {
    const entry = this.#open.get(id);
    if (entry === undefined) return;
    this.#open.delete(id);
    entry.timer.cancel();
    entry.end.abort();
  }

  endAll(): void {
    for (const id of [...this.#open.keys()]) this.end(id);
  }
}
