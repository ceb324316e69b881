/**
 * A set of whole numbers as sorted inclusive ranges that do not touch: the sequence numbers of one lane that have
 * arrived. Replay, several sinks and late writes bring low numbers after high ones, so a high-water mark would lose events.
 *
 * Always: ranges are sorted, disjoint and at least one number apart; a lane in order costs one range.
 */
export type Range = readonly [from: number, through: number];

export class IntervalSet {
  /** flat: from, through, from, through, … */
  #bounds: number[] = [];
  #size = 0;

  static of(ranges: Iterable<Range>): IntervalSet {
    const set = new IntervalSet();
    for (const [from, through] of ranges) set.add(from, through);
    return set;
  }

  has(number: number): boolean {
    const at = this.#rangeFrom(number);
    return at < this.#bounds.length && this.#at(at) <= number;
  }

  /** Adds from..through, both inclusive. @throws RangeError */
  add(from: number, through: number = from): void {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(through) || from > through)
      throw new RangeError(`not a range: ${from} to ${through}`);
    // all ranges from the first that reaches `from - 1` to the last that begins at `through + 1` become one
    const first = this.#rangeFrom(from - 1);
    let end = first;
    let low = from;
    let high = through;
    while (end < this.#bounds.length && this.#at(end) <= through + 1) {
      low = Math.min(low, this.#at(end));
      high = Math.max(high, this.#at(end + 1));
      this.#size -= this.#at(end + 1) - this.#at(end) + 1;
      end += 2;
    }
    this.#size += high - low + 1;
    this.#bounds.splice(first, end - first, low, high);
  }

  ranges(): readonly Range[] {
    const ranges: Range[] = [];
    for (let i = 0; i < this.#bounds.length; i += 2) ranges.push([this.#at(i), this.#at(i + 1)]);
    return ranges;
  }

  /** how many numbers the set has */
  get size(): number {
    return this.#size;
  }

  /** how many ranges the set has */
  get rangeCount(): number {
    return this.#bounds.length / 2;
  }

  /** the highest number; 0 where the set is empty */
  get last(): number {
    return this.#bounds.at(-1) ?? 0;
  }

  /** The parts of from..through that are not in the set. */
  missing(from: number, through: number): readonly Range[] {
    const gaps: Range[] = [];
    let next = from;
    for (let i = this.#rangeFrom(from); i < this.#bounds.length && next <= through; i += 2) {
      const begin = this.#at(i);
      if (begin > through) break;
      if (begin > next) gaps.push([next, begin - 1]);
      next = this.#at(i + 1) + 1;
    }
    if (next <= through) gaps.push([next, through]);
    return gaps;
  }

  /** Index of the first range that ends at or after `number`, by binary search; usually the last one. */
  #rangeFrom(number: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle * 2 + 1) < number) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }

  #at(index: number): number {
    const bound = this.#bounds[index];
    if (bound === undefined) throw new RangeError(`no bound ${index}`);
    return bound;
  }
}
