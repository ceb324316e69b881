/**
 * A queue with fair turns: groups take turns, one item each, in order of arrival; within a group the oldest item goes
 * first. A group with a thousand items does not delay groups with one.
 *
 * Always: a group without items is forgotten; the owner of the queue bounds what is added.
 */
export class FairQueue<Item> {
  /** groups in the order of their turns */
  readonly #groups = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(group: string): number {
    return this.#groups.get(group)?.size ?? 0;
  }

  has(group: string, item: Item): boolean {
    return this.#groups.get(group)?.has(item) ?? false;
  }

  add(group: string, item: Item): void {
    let items = this.#groups.get(group);
    if (items === undefined) {
      items = new Set();
      this.#groups.set(group, items);
    }
    if (!items.has(item)) this.#size++;
    items.add(item);
  }

  /** Removes an item; false when it was not in the queue. */
  delete(group: string, item: Item): boolean {
    const items = this.#groups.get(group);
    if (!items?.delete(item)) return false;
    this.#size--;
    if (items.size === 0) this.#groups.delete(group);
    return true;
  }

  /** Removes and returns the next item of a group that may have a turn. That group's next turn comes after all others. */
  next(mayGo: (group: string) => boolean = () => true): Item | undefined {
    for (const [group, items] of this.#groups) {
      if (!mayGo(group)) continue;
      const [item] = items;
      if (item === undefined) continue;
      this.delete(group, item);
      if (this.#groups.delete(group)) this.#groups.set(group, items);
      return item;
    }
    return undefined;
  }

  /** The oldest item of a group. */
  oldestOf(group: string): Item | undefined {
    const items = this.#groups.get(group);
    return items?.values().next().value;
  }

  /** The group with the most items. */
  largest(): string | undefined {
    let largest: string | undefined;
    let most = 0;
    for (const [group, items] of this.#groups)
      if (items.size > most) {
        largest = group;
        most = items.size;
      }
    return largest;
  }
}
