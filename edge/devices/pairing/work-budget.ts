/**
 * Limits how much of unknown clients' messages the decoders try: the main thread handles alarms meanwhile (P2).
 *
 * Always: a client, an address and all of them together may use their budget at once, and as much again in each refill time.
 * A message beyond that is counted and shown, and not tried.
 */
import type { Clock } from '@forpost/shared/clock.ts';

export interface BudgetLimits {
  readonly messages: number;
  readonly bytes: number;
  /** how long a used budget takes to be full again, ms */
  readonly refillMs: number;
}

/** Twelve messages at its connection, then two a second. */
export const budgetOfOne: BudgetLimits = { messages: 12, bytes: 128 * 1024, refillMs: 6000 };
/** Many clients of one address use the budget of this address, and not that of all others. */
export const budgetOfAddress: BudgetLimits = { messages: 60, bytes: 256 * 1024, refillMs: 6000 };
/** Parsing that much JSON takes some 5 ms of a second on a small machine. */
export const budgetOfAll: BudgetLimits = { messages: 180, bytes: 768 * 1024, refillMs: 6000 };

export class WorkBudget {
  readonly #clock: Pick<Clock, 'uptime'>;
  readonly #limits: BudgetLimits;
  readonly #shared: WorkBudget | undefined;
  #messages: number;
  #bytes: number;
  #at: number;

  constructor(clock: Pick<Clock, 'uptime'>, limits: BudgetLimits, shared?: WorkBudget) {
    this.#clock = clock;
    this.#limits = limits;
    this.#shared = shared;
    this.#messages = limits.messages;
    this.#bytes = limits.bytes;
    this.#at = clock.uptime();
  }

  /** Takes a message of this size out of the budget. false: it is used up. */
  spend(bytes: number): boolean {
    this.#refill();
    if (this.#messages < 1 || this.#bytes < bytes) return false;
    if (this.#shared?.spend(bytes) === false) return false;
    this.#messages--;
    this.#bytes -= bytes;
    return true;
  }

  #refill(): void {
    const now = this.#clock.uptime();
    const part = (now - this.#at) / this.#limits.refillMs;
    this.#at = now;
    this.#messages = Math.min(this.#limits.messages, this.#messages + part * this.#limits.messages);
    this.#bytes = Math.min(this.#limits.bytes, this.#bytes + part * this.#limits.bytes);
  }
}
