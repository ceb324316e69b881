/**
 * The unknown clients of the pairing window, within limits that one of them cannot use up for the others.
 *
 * Always: at most `most` clients, `mostByAddress` of one address (of an IPv6 /64). At a limit a new client takes the place of
 * one that has disconnected, the longest ago first: of its own address where that is at its limit, else of the address with
 * the most clients, if that has several. No client that is connected or taken in is pushed out; without such a place the new
 * client is refused and counted. Equal address, client id and user name are one client, whatever its connections.
 */
import { createHash } from 'node:crypto';
import { addressGroup } from '@forpost/shared/address.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Knock } from '../../broker/knock.ts';
import { Knocker } from './knocker.ts';
import { budgetOfAddress, budgetOfAll, budgetOfOne, WorkBudget } from './work-budget.ts';

export const most = 32;
export const mostByAddress = 16;
/** Clients that a person has ignored; the longest ago is forgotten first. */
const mostIgnored = 256;

export class Knockers {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Knocker>();
  readonly #ignored = new Set<string>();
  readonly #budgets = new Map<string, WorkBudget>();
  readonly #budget: WorkBudget;
  #numbers = 0;
  #turnedAway = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#budget = new WorkBudget(clock, budgetOfAll);
  }

  /** Clients that found no place, or were ignored. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  all(): readonly Knocker[] {
    return [...this.#byKey.values()];
  }

  find(number: number): Knocker | undefined {
    return this.all().find((knocker) => knocker.number === number);
  }

  /** The client of this knock, a known or a new one; undefined: it is ignored, taken in already, or there is no place. */
  knock(knock: Knock): Knocker | undefined {
    const key = keyOf(knock);
    const known = this.#byKey.get(key);
    if (known?.takenIn !== undefined) return undefined;
    if (known !== undefined) return known;
    const group = addressGroup(knock.address);
    if (this.#ignored.has(key) || !this.#makeRoom(group)) {
      this.#turnedAway++;
      return undefined;
    }
    const budget = new WorkBudget(this.#clock, budgetOfOne, this.#budgetOf(group));
    const knocker = new Knocker(++this.#numbers, group, knock, this.#clock.now(), budget);
    this.#byKey.set(key, knocker);
    return knocker;
  }

  /** Removes a client, and refuses it until `clear`. */
  ignore(knocker: Knocker): void {
    const key = keyOf(knocker.knock);
    this.#byKey.delete(key);
    this.#ignored.add(key);
    const [oldest] = this.#ignored;
    if (this.#ignored.size > mostIgnored && oldest !== undefined) this.#ignored.delete(oldest);
    knocker.forget();
    knocker.end();
  }

  /** The window has ended: closes all connections, and forgets everybody who was not taken in. */
  clear(): void {
    for (const [key, knocker] of this.#byKey) {
      knocker.forget();
      knocker.end();
      if (knocker.takenIn === undefined && !knocker.isBeingTakenIn) this.#byKey.delete(key);
    }
    this.#ignored.clear();
    this.#budgets.clear();
  }

  /** A new window begins: those that an earlier one took in are no longer shown. */
  begin(): void {
    this.#byKey.clear();
    this.#turnedAway = 0;
  }

  #budgetOf(group: string): WorkBudget {
    let budget = this.#budgets.get(group);
    if (budget === undefined) {
      budget = new WorkBudget(this.#clock, budgetOfAddress, this.#budget);
      const [oldest] = this.#budgets.keys();
      if (this.#budgets.size >= 2 * most && oldest !== undefined) this.#budgets.delete(oldest);
      this.#budgets.set(group, budget);
    }
    return budget;
  }

  /** false: nobody can be pushed out. */
  #makeRoom(group: string): boolean {
    const all = this.all();
    if (all.filter((one) => one.group === group).length >= mostByAddress)
      return this.#pushOut(all.filter((one) => one.group === group));
    if (all.length < most) return true;
    const counts = new Map<string, number>();
    for (const one of all) counts.set(one.group, (counts.get(one.group) ?? 0) + 1);
    const [crowded, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    return count > 1 && this.#pushOut(all.filter((one) => one.group === crowded));
  }

  #pushOut(candidates: readonly Knocker[]): boolean {
    const gone = candidates.filter((one) => !one.isConnected && one.takenIn === undefined && !one.isBeingTakenIn);
    if (gone.length === 0) return false;
    const oldest = gone.reduce((a, b) => (b.last < a.last ? b : a));
    this.#byKey.delete(keyOf(oldest.knock));
    oldest.forget();
    return true;
  }
}

/** Short, whatever the client calls itself. */
function keyOf({ address, clientId, user }: Knock): string {
  const names = JSON.stringify([addressGroup(address), clientId, user ?? null]);
  return createHash('sha256').update(names).digest('base64');
}
