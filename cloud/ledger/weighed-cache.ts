/**
 * A map with a bound: where its values weigh too much together, those that were unused for longest are dropped.
 *
 * Always: the value that was put in last stays, whatever its weight; the caller bounds it. A value that has changed counts
 * by its new weight once it is put in again.
 */
export interface WeighedCacheOptions<Value> {
  readonly maxEntries: number;
  readonly maxWeight: number;
  readonly weigh: (value: Value) => number;
}

export class WeighedCache<Value> {
  readonly #options: WeighedCacheOptions<Value>;
  /** the one unused for longest first */
  readonly #entries = new Map<string, { readonly value: Value; readonly weight: number }>();
  #weight = 0;

  constructor(options: WeighedCacheOptions<Value>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Reads a value without counting that as use. */
  peek(name: string): Value | undefined {
    return this.#entries.get(name)?.value;
  }

  get(name: string): Value | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.value;
  }

  set(name: string, value: Value): void {
    this.delete(name);
    const weight = this.#options.weigh(value);
    this.#entries.set(name, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (oldest === name || (this.size <= this.#options.maxEntries && this.#weight <= this.#options.maxWeight)) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#weight -= this.#entries.get(name)?.weight ?? 0;
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
