/**
 * How far a partition may be committed while its records settle in any order.
 *
 * Always: the offset to commit never passes a record that is not settled, and never goes back but with the partition
 * itself (a topic that was deleted and made anew begins at 0 again).
 */
export class OffsetTracker {
  /** in the order of the partition */
  readonly #open: { readonly offset: bigint; settled: boolean }[] = [];
  #last: bigint | undefined;
  #next: bigint | undefined;
  #committed: bigint | undefined;

  /** Notes a record that is being worked on; call what it returns when it is settled. */
  track(offset: bigint): () => void {
    if (this.#last !== undefined && offset <= this.#last) this.#beginAgain();
    this.#last = offset;
    const entry = { offset, settled: false };
    this.#open.push(entry);
    return () => {
      entry.settled = true;
      while (this.#open[0]?.settled === true) {
        const done = this.#open.shift();
        if (done !== undefined) this.#next = done.offset + 1n;
      }
    };
  }

  #beginAgain(): void {
    this.#open.length = 0;
    this.#next = undefined;
    this.#committed = undefined;
  }

  /** The offset to commit (of the first record to read again after a restart), or undefined where nothing is new. */
  due(): bigint | undefined {
    return this.#next === this.#committed ? undefined : this.#next;
  }

  committed(offset: bigint): void {
    this.#committed = offset;
  }
}

/** An offset that may be committed. */
export interface Due {
  readonly partition: number;
  readonly offset: bigint;
  /** it was committed */
  done(): void;
}

/**
 * The trackers of the partitions of one topic.
 *
 * Always: a join alone passes nothing over (what was fetched before it may still come, from behind records that are
 * open), so a partition that stays keeps its tracker; and none is committed before something of it has come since the
 * join, because the topic may be another one of the same name by then.
 */
export class OffsetTrackers {
  readonly #trackers = new Map<number, OffsetTracker>();
  readonly #confirmed = new Set<number>();

  /** Notes a record that is being worked on; call what it returns when it is settled. */
  track(partition: number, offset: bigint): () => void {
    const tracker = this.#trackers.get(partition) ?? new OffsetTracker();
    this.#trackers.set(partition, tracker);
    this.#confirmed.add(partition);
    return tracker.track(offset);
  }

  /** Nothing may be committed until something comes: the group was joined, or the topic is gone. */
  doubt(): void {
    this.#confirmed.clear();
  }

  /** The group was joined, and these partitions are ours. */
  joined(assigned: readonly number[]): void {
    for (const partition of this.#trackers.keys()) if (!assigned.includes(partition)) this.#trackers.delete(partition);
    this.doubt();
  }

  /** Another consumer begins where the group is. */
  clear(): void {
    this.#trackers.clear();
    this.doubt();
  }

  due(): readonly Due[] {
    return [...this.#trackers].flatMap(([partition, tracker]) => {
      const offset = this.#confirmed.has(partition) ? tracker.due() : undefined;
      return offset === undefined ? [] : [{ partition, offset, done: () => tracker.committed(offset) }];
    });
  }
}
