/**
 * Which of the ids that devices give their own readings, each with its content, the rules have seen: rules skip a
 * resend. Asked in memory, before anything waits for a disk; whether a reading is stored is decided by its commit.
 *
 *   at the start: the ids that are stored ──► one more with each reading ──► the oldest go
 *
 * Always: bounded, for each device as on disk, and in all; beyond that a resend is evaluated, and stored once all the
 * same.
 */
import type { RecalledIds } from '../outbox/sqlite/messages.ts';
import { hashOfId, mostRecalled, perDevice } from '../outbox/sqlite/writer/recent-ids.ts';

/** Ids go in steps, because finding the oldest of a set gets slower with each that went. */
const step = 256;

/** Contents are compared under one id of one device alone: 30 bits, which V8 holds without a box. */
const contentBits = 2 ** 30;

export class EvaluatedIds {
  /** by device: the newest content under each id */
  readonly #byDevice = new Map<string, Map<number, number>>();
  readonly #most: number;
  #count = 0;

  constructor(most = mostRecalled) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  recall(stored: readonly RecalledIds[]): void {
    for (const { device, hashes, contents } of stored)
      hashes.forEach((hash, n) => {
        this.#add(device, hash, contents[n] ?? 0);
      });
  }

  /** Notes the id with its content; false where it is a resend. */
  isNew(device: string, resendId: string, content: number): boolean {
    return this.#add(device, hashOfId(resendId), content);
  }

  #add(device: string, hash: number, content: number): boolean {
    const short = content % contentBits;
    let ids = this.#byDevice.get(device);
    if (ids === undefined) {
      ids = new Map();
      this.#byDevice.set(device, ids);
    }
    const known = ids.get(hash);
    if (known === short) return false;
    if (known !== undefined) {
      // put last: it is the device's newest one now
      ids.delete(hash);
      ids.set(hash, short);
      return true;
    }
    ids.set(hash, short);
    this.#count++;
    if (ids.size >= perDevice + step) this.#drop(device, ids);
    while (this.#count >= this.#most + step) this.#drop(...this.#largest());
    return true;
  }

  /** Its oldest. */
  #drop(device: string, ids: Map<number, number>): void {
    let left = step;
    for (const id of ids.keys()) {
      if (left-- === 0) break;
      ids.delete(id);
      this.#count--;
    }
    if (ids.size === 0) this.#byDevice.delete(device);
  }

  #largest(): [string, Map<number, number>] {
    let largest: [string, Map<number, number>] = ['', new Map()];
    for (const entry of this.#byDevice) if (entry[1].size > largest[1].size) largest = entry;
    return largest;
  }
}
