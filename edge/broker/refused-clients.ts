/**
 * The refused clients, for the page, the API and `forpost devices list`: an installer who types a wrong password into a meter
 * sees it here.
 *
 * Always: equal refusals are one entry with a count. Each device or consumer has at most `mostOfOne` entries, all unknown
 * clients together `mostOfStrangers`, so that no stranger pushes out a known client's entry, and all together `mostOfAll`.
 * The entry that was refused longest ago is dropped first. Texts of clients are cut.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { longestTopicTold } from './forbidden.ts';

/** `stranger`: the user name is unknown; `protocol`: an unsupported version of MQTT. */
export type RefusalKind = 'publish' | 'will' | 'subscribe' | 'retain' | 'password' | 'stranger' | 'protocol';

/** One refusal, as the broker tells it. */
export interface Refused {
  readonly kind: RefusalKind;
  /** the device or consumer that it is, or that it claims to be; null: nobody known */
  readonly principal: string | null;
  /** the user name that it gave; empty: none */
  readonly user: string;
  /** the client id that it chose; empty: none */
  readonly clientId: string;
  /** empty: not known */
  readonly address: string;
  /** topic, filter, or what it spoke; empty where the kind says it all */
  readonly what: string;
}

/** The same, as often as it happened. Times in ms since 1970. */
export interface RefusedClient extends Refused {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** it has logged in since, or the gateway was started: what goes on is noted anew */
  readonly over: boolean;
}

export type OnRefused = (refused: Refused) => void;

const mostOfOne = 20;
const mostOfStrangers = 50;
/** the whole list travels to each open page */
const mostOfAll = 300;
const longestName = 64;
const kinds: readonly string[] = [
  'publish',
  'will',
  'subscribe',
  'retain',
  'password',
  'stranger',
  'protocol',
] satisfies RefusalKind[];

export class RefusedClients {
  readonly #clock: Pick<Clock, 'now'>;
  /** by what is the same, the longest unheard first */
  readonly #entries = new Map<string, RefusedClient>();
  /** by principal, '' for strangers: how many of them */
  readonly #counts = new Map<string, number>();
  #changes = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Counts up with each refusal. */
  get changes(): number {
    return this.#changes;
  }

  readonly note: OnRefused = (refused) => {
    const now = this.#clock.now();
    this.#changes++;
    const entry = cut(refused);
    const before = this.#entries.get(keyOf(entry));
    this.#add({ ...entry, count: (before?.count ?? 0) + 1, first: before?.first ?? now, last: now, over: false });
  };

  /** The principal has logged in: its earlier refusals are over. */
  readonly letIn = (principal: string): void => {
    if (!this.#counts.has(principal)) return;
    for (const [key, entry] of this.#entries)
      if (entry.principal === principal && entry.kind === 'password' && !entry.over)
        this.#entries.set(key, { ...entry, over: true });
    this.#changes++;
  };

  /** The newest first; `principal`: of that one alone. */
  list(principal?: string): readonly RefusedClient[] {
    const newestFirst = [...this.#entries.values()].reverse();
    return principal === undefined ? newestFirst : newestFirst.filter((entry) => entry.principal === principal);
  }

  /** Restores the entries of an earlier run, of principals that still exist. */
  recall(noted: unknown, isKnown: (principal: string) => boolean): void {
    if (!Array.isArray(noted)) return;
    for (const one of noted
      .filter(isRefusedClient)
      .reverse()
      .sort((a, b) => a.last - b.last)) {
      if (one.principal !== null && !isKnown(one.principal)) continue;
      this.#add({ ...cut(one), count: one.count, first: one.first, last: one.last, over: true });
    }
  }

  #add(entry: RefusedClient): void {
    const key = keyOf(entry);
    this.#remove(key);
    this.#entries.set(key, entry);
    const owner = entry.principal ?? '';
    const count = (this.#counts.get(owner) ?? 0) + 1;
    this.#counts.set(owner, count);
    if (count > (owner === '' ? mostOfStrangers : mostOfOne)) this.#removeOldest(owner);
    if (this.#entries.size > mostOfAll) this.#removeOldest();
  }

  #removeOldest(owner?: string): void {
    for (const [key, { principal }] of this.#entries) {
      if (owner !== undefined && (principal ?? '') !== owner) continue;
      this.#remove(key);
      return;
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const owner = entry.principal ?? '';
    const left = (this.#counts.get(owner) ?? 0) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
  }
}

/** A password guesser is one entry, whatever client id it uses; a stranger is one entry by user name and address. */
function keyOf({ kind, principal, user, address, what }: Refused): string {
  return JSON.stringify(
    kind === 'password' || kind === 'stranger' ? [kind, user, address] : [kind, principal, what, address],
  );
}

function cut({ kind, principal, user, clientId, address, what }: Refused): Refused {
  return {
    ...{ kind, principal, address },
    user: user.slice(0, longestName),
    clientId: clientId.slice(0, longestName),
    what: what.slice(0, longestTopicTold),
  };
}

function isRefusedClient(one: unknown): one is RefusedClient {
  if (typeof one !== 'object' || one === null) return false;
  const { kind, principal, user, clientId, address, what, count, first, last } = one as Record<string, unknown>;
  return (
    typeof kind === 'string' &&
    kinds.includes(kind) &&
    (principal === null || typeof principal === 'string') &&
    [user, clientId, address, what].every((text) => typeof text === 'string') &&
    [count, first, last].every((number) => Number.isSafeInteger(number))
  );
}
