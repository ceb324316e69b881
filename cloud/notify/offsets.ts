/**
 * Computes the offset that may be committed for one partition while its records settle in any order.
 *
 * Always: the offset to commit never passes an unsettled record. It goes back only when the partition's own offsets do (a
 * new topic of the same name begins at 0).
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

  /** The offset to commit, which is the first record to read after a restart; undefined where nothing is new. */
  due(): bigint | undefined {
    return this.#next === this.#committed ? undefined : this.#next;
  }

  committed(offset: bigint): void {
    this.#committed = offset;
  }
}

/** An offset that may be committed. */
export interface DueOffset {
  readonly partition: number;
  readonly offset: bigint;
  /** to be called after the commit */
  done(): void;
}

/**
 * The trackers of the partitions of one topic.
 *
 * Always: a partition that stays assigned across a join keeps its tracker, because records fetched before the join may
 * still arrive behind unsettled ones. After a join a partition is committed only once one of its records has arrived,
 * because the topic may have been replaced by a new one of the same name.
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

  /** Stops commits of each partition until its next record arrives: the group was joined, or the topic is gone. */
  unconfirm(): void {
    this.#confirmed.clear();
  }

  /** The consumer has joined the group and reads the `assigned` partitions. */
  joined(assigned: readonly number[]): void {
    for (const partition of this.#trackers.keys()) if (!assigned.includes(partition)) this.#trackers.delete(partition);
    this.unconfirm();
  }

  /** Forgets everything: a new consumer begins at the group's committed offsets. */
  clear(): void {
    this.#trackers.clear();
    this.unconfirm();
  }

  due(): readonly DueOffset[] {
    return [...this.#trackers].flatMap(([partition, tracker]) => {
      const offset = this.#confirmed.has(partition) ? tracker.due() : undefined;
      return offset === undefined ? [] : [{ partition, offset, done: () => tracker.committed(offset) }];
    });
  }
}
