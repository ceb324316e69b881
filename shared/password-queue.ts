/**
 * Checks passwords one after the other. Each check costs some 30 ms of a core, so a client with many checks must not delay
 * others, and guessing is slowed instead of locked. Both log-ins use it: MQTT and the pages.
 *
 *   check ── space? ── no ──► busy
 *     └── waits ── turn of its address, and of its user there ── both may fail once more? ──► checked ──► right | wrong
 *           │                                                    └── not yet: the next one's turn
 *           ├── the client has disconnected ──► gone: nothing is computed
 *           └── `waitMs` ──► busy
 *
 * Always: an address computes at most `failuresByAddress` wrong passwords in a burst and its refill after that, and
 * fewer for one user there. A right password gives its allowance back. A user who has not failed from an address needs
 * none of its allowance, which gives a guesser one more try for each name. Addresses take turns, and addresses
 * that have not failed go first three times out of four; within an address its users take turns, and all unknown names
 * together count as one user. So a guesser at the address of a whole site slows only the users whose names he uses.
 * Busy says nothing about the password and counts as no failure. The queue and the memory of failures are bounded.
 */
import type { Clock, Timer } from './clock.ts';
import { FairQueue } from './fair-queue.ts';

export type PasswordAnswer = 'right' | 'wrong' | 'busy' | 'gone';

export interface PasswordQueueLimits {
  readonly atOnce: number;
  readonly mostWaiting: number;
  readonly mostWaitingByAddress: number;
  readonly mostWaitingByUser: number;
  /** longest wait for a turn */
  readonly waitMs: number;
  /** wrong passwords of one address, and of one user from it: this many at once, and one more after each refill time */
  readonly failuresByAddress: number;
  readonly addressRefillMs: number;
  readonly failuresByUser: number;
  readonly userRefillMs: number;
}

/** An address: 60 wrong passwords in its first minute, 40 in each after it. */
const defaultPasswordQueueLimits: PasswordQueueLimits = {
  atOnce: 1,
  mostWaiting: 1000,
  mostWaitingByAddress: 256,
  mostWaitingByUser: 8,
  waitMs: 8000,
  failuresByAddress: 20,
  addressRefillMs: 1500,
  failuresByUser: 5,
  userRefillMs: 3000,
};

export interface PasswordCheck {
  /** `addressGroup` of the client */
  readonly address: string;
  /** the name of an existing user; undefined for all unknown names */
  readonly user: string | undefined;
  /** aborted when the client disconnects */
  readonly gone?: AbortSignal | undefined;
  /** computes whether the password is right: the expensive part */
  readonly verify: () => Promise<boolean>;
}

interface Waiting extends PasswordCheck {
  readonly userKey: string;
  /** the failure counts for its address too */
  counted: boolean;
  readonly answer: (answer: PasswordAnswer) => void;
  readonly fail: (error: unknown) => void;
  timer?: Timer;
}

const mostAllowances = 4000;
/** Addresses that have not failed go first, except for every fourth turn, so that a thousand guessers do not delay them. */
const failedEvery = 4;

export class PasswordQueue {
  readonly #clock: Clock;
  readonly #limits: PasswordQueueLimits;
  /** waiting checks by address, then by user */
  readonly #byAddress = new Map<string, FairQueue<Waiting>>();
  readonly #turns = new FairQueue<string>();
  readonly #allowances: Allowances;
  #waiting = 0;
  #turnCount = 0;
  #running = 0;
  #wake: Timer | undefined;

  constructor(clock: Clock, limits: Partial<PasswordQueueLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultPasswordQueueLimits, ...limits };
    this.#allowances = new Allowances(mostAllowances);
  }

  /** how many wait for a turn */
  get waiting(): number {
    return this.#waiting;
  }

  /** number of remembered failures, bounded */
  get remembered(): number {
    return this.#allowances.size;
  }

  /** Rejects with the error of `verify`. */
  check(check: PasswordCheck): Promise<PasswordAnswer> {
    if (check.gone?.aborted) return Promise.resolve('gone');
    const userKey = keyOf(check.address, check.user);
    const inTime = this.untilNext(check.address, check.user) <= this.#limits.waitMs;
    if (!inTime || !this.#makeRoom(check.address, userKey)) return Promise.resolve('busy');
    return new Promise((resolve, reject) => {
      const leave = (answer: PasswordAnswer) => {
        if (this.#remove(waiting)) waiting.answer(answer);
      };
      const gone = () => leave('gone');
      const settle = () => {
        waiting.timer?.cancel();
        check.gone?.removeEventListener('abort', gone);
      };
      const waiting: Waiting = {
        ...check,
        userKey,
        counted: true,
        answer: (answer) => {
          settle();
          resolve(answer);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      waiting.timer = this.#clock.after(this.#limits.waitMs, () => leave('busy'));
      check.gone?.addEventListener('abort', gone, { once: true });
      this.#add(waiting);
      this.#next();
    });
  }

  /** A user has logged in: earlier failures in his name from there were his own mistyping. */
  forgive(address: string, user: string): void {
    this.#allowances.delete(keyOf(address, user));
  }

  /** ms until this user may fail once more from this address; 0: now. */
  untilNext(address: string, user: string | undefined): number {
    const { failuresByAddress, addressRefillMs, failuresByUser, userRefillMs } = this.#limits;
    const now = this.#clock.uptime();
    const key = keyOf(address, user);
    const own = this.#allowances.left(key, failuresByUser, userRefillMs, now);
    const needsBoth = user === undefined || this.#allowances.has(key);
    const here = needsBoth ? this.#allowances.left(address, failuresByAddress, addressRefillMs, now) : 1;
    return Math.max(0, (1 - own) * userRefillMs, (1 - here) * addressRefillMs);
  }

  #makeRoom(address: string, userKey: string): boolean {
    const { mostWaiting, mostWaitingByAddress, mostWaitingByUser } = this.#limits;
    const here = this.#byAddress.get(address);
    if ((here?.size ?? 0) >= mostWaitingByAddress || (here?.sizeOf(userKey) ?? 0) >= mostWaitingByUser) return false;
    if (this.#waiting < mostWaiting) return true;
    // an address with many waiting checks gives one place to an address with fewer
    let largest = here;
    for (const queue of this.#byAddress.values()) if (queue.size > (largest?.size ?? 0)) largest = queue;
    if (largest === undefined || largest === here) return false;
    const pushedOut = largest.oldestOf(largest.largest() ?? '');
    if (pushedOut === undefined || !this.#remove(pushedOut)) return false;
    pushedOut.answer('busy');
    return true;
  }

  #add(waiting: Waiting): void {
    const queue = this.#byAddress.get(waiting.address) ?? new FairQueue<Waiting>();
    this.#byAddress.set(waiting.address, queue);
    queue.add(waiting.userKey, waiting);
    this.#turns.add(waiting.address, waiting.address);
    this.#waiting++;
  }

  #remove(waiting: Waiting): boolean {
    const queue = this.#byAddress.get(waiting.address);
    if (!queue?.delete(waiting.userKey, waiting)) return false;
    this.#waiting--;
    if (queue.size > 0) return true;
    this.#byAddress.delete(waiting.address);
    this.#turns.delete(waiting.address, waiting.address);
    return true;
  }

  #next(): void {
    while (this.#running < this.#limits.atOnce && this.#waiting > 0) {
      const waiting = this.#nextTurn();
      if (waiting === undefined) {
        this.#wakeLater();
        return;
      }
      void this.#run(waiting);
    }
  }

  #nextTurn(): Waiting | undefined {
    const { failuresByAddress, addressRefillMs, failuresByUser, userRefillMs } = this.#limits;
    const now = this.#clock.uptime();
    const allowances = this.#allowances;
    let taken: Waiting | undefined;
    const nextOf = (hasFailed: boolean) =>
      this.#turns.next((candidate) => {
        if (allowances.has(candidate) !== hasFailed) return false;
        const mayFail = allowances.left(candidate, failuresByAddress, addressRefillMs, now) >= 1;
        taken = this.#byAddress.get(candidate)?.next((key) => {
          if (!mayFail && (key === unknownAt(candidate) || allowances.has(key))) return false;
          return allowances.left(key, failuresByUser, userRefillMs, now) >= 1;
        });
        if (taken !== undefined) taken.counted = mayFail;
        return taken !== undefined;
      });
    const failedFirst = ++this.#turnCount % failedEvery === 0;
    const address = nextOf(failedFirst) ?? nextOf(!failedFirst);
    if (address === undefined || taken === undefined) return undefined;
    this.#waiting--;
    if ((this.#byAddress.get(address)?.size ?? 0) > 0) this.#turns.add(address, address);
    else this.#byAddress.delete(address);
    // taken before the check and given back after it: two checks at once cannot both use the last one
    if (taken.counted) allowances.spend(address, failuresByAddress, addressRefillMs, now);
    allowances.spend(taken.userKey, failuresByUser, userRefillMs, now);
    return taken;
  }

  async #run(waiting: Waiting): Promise<void> {
    this.#running++;
    const { address, userKey, counted } = waiting;
    const giveBack = () => {
      if (counted) this.#allowances.giveBack(address, this.#limits.failuresByAddress);
      this.#allowances.giveBack(userKey, this.#limits.failuresByUser);
    };
    try {
      const right = await waiting.verify();
      if (right) giveBack();
      waiting.answer(right ? 'right' : 'wrong');
    } catch (error) {
      giveBack();
      waiting.fail(error);
    } finally {
      this.#running--;
      this.#next();
    }
  }

  /** All waiting checks have failed too often: looks again when the next one may run. */
  #wakeLater(): void {
    if (this.#wake !== undefined) return;
    const { addressRefillMs, userRefillMs } = this.#limits;
    this.#wake = this.#clock.after(Math.min(addressRefillMs, userRefillMs) / 4, () => {
      this.#wake = undefined;
      this.#next();
    });
  }
}

function keyOf(address: string, user: string | undefined): string {
  return user === undefined ? unknownAt(address) : JSON.stringify([address, user]);
}

/** The group of all unknown names from one address. */
function unknownAt(address: string): string {
  return JSON.stringify([address]);
}

/** Allowances by key: this many at once, and one more after each refill time. Beyond `most` keys the oldest are forgotten. */
class Allowances {
  readonly #most: number;
  readonly #known = new Map<string, { left: number; at: number }>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#known.size;
  }

  /** whether a key has used any of its allowance and not got it back, at any time */
  has(key: string): boolean {
    return this.#known.has(key);
  }

  left(key: string, full: number, refillMs: number, now: number): number {
    const known = this.#known.get(key);
    return known === undefined ? full : Math.min(full, known.left + (now - known.at) / refillMs);
  }

  spend(key: string, full: number, refillMs: number, now: number): void {
    const left = this.left(key, full, refillMs, now) - 1;
    this.#known.delete(key);
    this.#known.set(key, { left, at: now });
    const oldest = this.#known.keys().next();
    if (this.#known.size > this.#most && !oldest.done) this.#known.delete(oldest.value);
  }

  giveBack(key: string, full: number): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    known.left = Math.min(full, known.left + 1);
    if (known.left >= full) this.#known.delete(key);
  }

  delete(key: string): void {
    this.#known.delete(key);
  }
}
