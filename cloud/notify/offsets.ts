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
