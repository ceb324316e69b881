/**
 * The refused clients, for the page, the API and `forpost devices list`. An installer who entered a wrong password into a
 * meter sees it here.
 *
 * Always: equal refusals are one entry with a count. Each device or consumer has at most `mostOfOne` entries, all unknown
 * clients together `mostOfStrangers`, so that no unknown client evicts the entry of a known one, and all clients together
 * `mostOfAll`. The entry with the oldest refusal is dropped first. Texts of clients are shortened.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { longestTopicShown } from './forbidden.ts';

/** `stranger`: the user name is unknown; `protocol`: an unsupported version of MQTT. */
export type RefusalKind = 'publish' | 'will' | 'subscribe' | 'retain' | 'password' | 'stranger' | 'protocol';

/** One refusal, as the broker reports it. */
export interface Refused {
  readonly kind: RefusalKind;
  /** the device or consumer that the client is or claims to be; null: none that the site knows */
  readonly principal: string | null;
  /** the user name that it gave; empty: none */
  readonly user: string;
  /** the client id that it chose; empty: none */
  readonly clientId: string;
  /** empty: not known */
  readonly address: string;
  /** the topic, the filter, or the unsupported version; empty: the kind of refusal has none */
  readonly what: string;
}

/** Equal refusals, with their number. Times in ms since 1970. */
export interface RefusedClient extends Refused {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** the client has logged in since, or the gateway was started: further refusals make a new entry */
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
  /** by the properties that make refusals equal, the oldest first */
  readonly #entries = new Map<string, RefusedClient>();
  /** number of entries by principal; '' for unknown clients */
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

  /** Marks the earlier refusals of a principal that has logged in as over. */
  readonly letIn = (principal: string): void => {
    if (!this.#counts.has(principal)) return;
    for (const [key, entry] of this.#entries)
      if (entry.principal === principal && entry.kind === 'password' && !entry.over)
        this.#entries.set(key, { ...entry, over: true });
    this.#changes++;
  };

  /** The entries, newest first; `principal`: only of this one. */
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

/** A client that guesses passwords is one entry, whatever its client ids; an unknown user is one entry for each address. */
function keyOf({ kind, principal, user, address, what }: Refused): string {
  return JSON.stringify(
    kind === 'password' || kind === 'stranger' ? [kind, user, address] : [kind, principal, what, address],
  );
}

function cut({ kind, principal, user, clientId, address, what }: Refused): Refused {
  return {
    kind,
    principal,
    address,
    user: user.slice(0, longestName),
    clientId: clientId.slice(0, longestName),
    what: what.slice(0, longestTopicShown),
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
