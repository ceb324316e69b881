/**
 * A queue with fair turns: its groups take turns, one item each, in the order they came; within a group the oldest
 * goes first. Whoever has a thousand items waits behind those with one.
 *
 * Always: a group without items is forgotten; nothing here bounds what is added, its owner does.
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

  /** Whether it was there. */
  delete(group: string, item: Item): boolean {
    const items = this.#groups.get(group);
    if (!items?.delete(item)) return false;
    this.#size--;
    if (items.size === 0) this.#groups.delete(group);
    return true;
  }

  /** Takes the next item out whose group may have a turn. The group's next turn comes after all others. */
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
