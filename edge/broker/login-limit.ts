/**
 * Slows down whoever guesses passwords: after so many failed log-ins of one user from one address, or of all users
 * from it, further ones are refused unchecked until the minute is over.
 *
 * Always: bounded in memory (the oldest are forgotten); a user who logs in with success is not held up by the
 * failures of others at his address, as long as these stay under the address's own limit.
 */
const windowMs = 60_000;
const maxByUser = 5;
const maxByAddress = 60;
const maxKept = 2000;

interface Failures {
  count: number;
  readonly until: number;
}

export class LoginLimit {
  readonly #failures = new Map<string, Failures>();

  /** Whether a log-in must be refused unchecked. `uptime`: ms of the monotonic clock. */
  blocks(address: string, user: string, uptime: number): boolean {
    return this.#count(key(address, user), uptime) >= maxByUser || this.#count(key(address), uptime) >= maxByAddress;
  }

  failed(address: string, user: string, uptime: number): void {
    for (const name of [key(address, user), key(address)]) {
      const count = this.#count(name, uptime);
      const known = this.#failures.get(name);
      if (count > 0 && known !== undefined) known.count++;
      else {
        this.#failures.delete(name);
        this.#failures.set(name, { count: 1, until: uptime + windowMs });
      }
    }
    for (const name of this.#failures.keys()) {
      if (this.#failures.size <= maxKept) break;
      this.#failures.delete(name);
    }
  }

  succeeded(address: string, user: string): void {
    this.#failures.delete(key(address, user));
  }

  get size(): number {
    return this.#failures.size;
  }

  #count(name: string, uptime: number): number {
    const known = this.#failures.get(name);
    return known !== undefined && known.until > uptime ? known.count : 0;
  }
}

function key(address: string, user?: string): string {
  // a user name is foreign text of up to 64 KB
  return user === undefined ? address : `${address} ${user.slice(0, 64)}`;
}
