/**
 * Tells resends apart in memory, before anything waits for a disk: rules skip a resend. Whether a reading is stored is
 * decided by its commit, not here.
 *
 *   start: the ids that the outbox has ──► one more with each reading ──► the oldest are forgotten
 *
 * Always: bounded for each device, as on disk, and in all. Beyond the bound a resend is evaluated once more, and still
 * stored once.
 */
import type { RecalledIds } from '../outbox/sqlite/messages.ts';
import { hashOfId, mostRecalled, perDevice } from '../outbox/sqlite/writer/recent-ids.ts';

/** Ids that are forgotten at a time: finding the oldest of a set takes longer with each one deleted before. */
const step = 256;

/** Contents are compared under one id of one device alone: 30 bits suffice, which V8 keeps without a box. */
const contentBits = 2 ** 30;

export class ResendFilter {
  /** by device: the newest content under each id, as hashes */
  readonly #byDevice = new Map<string, Map<number, number>>();
  readonly #most: number;
  #count = 0;

  /** `most`: ids of all devices together. */
  constructor(most = mostRecalled) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes the ids that the outbox has, oldest first. */
  recall(stored: readonly RecalledIds[]): void {
    for (const { device, hashes, contents } of stored)
      hashes.forEach((hash, n) => {
        this.#add(device, hash, contents[n] ?? 0);
      });
  }

  /** Notes the id with its content (an integer hash). false: the two came before, it is a resend. */
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
      // to the end of the map: the id is the device's newest again
      ids.delete(hash);
      ids.set(hash, short);
      return true;
    }
    ids.set(hash, short);
    this.#count++;
    if (ids.size >= perDevice + step) this.#forgetOldest(device, ids);
    while (this.#count >= this.#most + step) this.#forgetOldest(...this.#largest());
    return true;
  }

  #forgetOldest(device: string, ids: Map<number, number>): void {
    let left = step;
    for (const id of ids.keys()) {
      if (left-- === 0) break;
      ids.delete(id);
      this.#count--;
    }
    if (ids.size === 0) this.#byDevice.delete(device);
  }

  /** The device with the most ids. */
  #largest(): [string, Map<number, number>] {
    let largest: [string, Map<number, number>] = ['', new Map()];
    for (const entry of this.#byDevice) if (entry[1].size > largest[1].size) largest = entry;
    return largest;
  }
}
