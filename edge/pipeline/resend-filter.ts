/**
 * Recognises resends in memory, before the disk is involved, so that rules skip them. The commit decides separately
 * whether a reading is stored.
 *
 *   start: the ids in the outbox ──► one more with each reading ──► the oldest are forgotten
 *
 * Always: the ids are bounded for each device, as on disk, and in all. A resend of a forgotten id is evaluated again,
 * but still stored once.
 */
import type { RecalledIds } from '../outbox/sqlite/messages.ts';
import { hashOfId, mostRecalled, perDevice } from '../outbox/sqlite/writer/recent-ids.ts';

/** Ids that are forgotten at a time: finding the oldest item of a Set takes longer after each deletion. */
const step = 256;

/** Contents are compared under one id of one device alone: 30 bits suffice, which V8 keeps without a box. */
const contentBits = 2 ** 30;

export class ResendFilter {
  /** by device: the newest content under each id, as hashes */
  readonly #byDevice = new Map<string, Map<number, number>>();
  readonly #most: number;
  #count = 0;

  /** `most`: limit of the ids of all devices together. */
  constructor(most = mostRecalled) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the ids in the outbox, oldest first. */
  recall(stored: readonly RecalledIds[]): void {
    for (const { device, hashes, contents } of stored)
      hashes.forEach((hash, n) => {
        this.#add(device, hash, contents[n] ?? 0);
      });
  }

  /** Notes an id with its content (an integer hash). false: it is a resend, both came before. */
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
      // moves the id to the end of the map: it is the device's newest again
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
