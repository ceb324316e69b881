/**
 * Which of the ids that devices give their own readings the rules have seen: a resend evaluates no rule again. Asked
 * in memory, before anything waits for a disk; whether a reading is stored is decided by its commit.
 *
 *   at the start: the ids that are stored ──► one more with each reading ──► the oldest go
 *
 * Always: bounded, for each device as on disk, and in all; beyond that a resend is evaluated, and stored once all the
 * same.
 */
import { hashText } from './hash.ts';
import type { RecalledIds } from './outbox/sqlite/messages.ts';
import { keptId, mostRecalled, perDevice } from './outbox/sqlite/recent-ids.ts';

/** Ids go in steps, because finding the oldest of a set gets slower with each that went. */
const step = 256;

export class EvaluatedIds {
  readonly #byDevice = new Map<string, Set<number>>();
  readonly #most: number;
  #count = 0;

  constructor(most = mostRecalled) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  recall(stored: readonly RecalledIds[]): void {
    for (const { device, hashes } of stored) for (const hash of hashes) this.#add(device, hash);
  }

  /** Notes the id; false where it was known. */
  isNew(device: string, resendId: string): boolean {
    return this.#add(device, hashText(keptId(resendId)));
  }

  #add(device: string, hash: number): boolean {
    let ids = this.#byDevice.get(device);
    if (ids === undefined) {
      ids = new Set();
      this.#byDevice.set(device, ids);
    }
    if (ids.has(hash)) return false;
    ids.add(hash);
    this.#count++;
    if (ids.size >= perDevice + step) this.#drop(device, ids);
    while (this.#count >= this.#most + step) this.#drop(...this.#largest());
    return true;
  }

  /** Its oldest. */
  #drop(device: string, ids: Set<number>): void {
    let left = step;
    for (const id of ids) {
      if (left-- === 0) break;
      ids.delete(id);
      this.#count--;
    }
    if (ids.size === 0) this.#byDevice.delete(device);
  }

  #largest(): [string, Set<number>] {
    let largest: [string, Set<number>] = ['', new Set()];
    for (const entry of this.#byDevice) if (entry[1].size > largest[1].size) largest = entry;
    return largest;
  }
}
