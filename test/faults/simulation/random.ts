/**
 * Random numbers from a seed: mulberry32 (Tommy Ettinger), 32 bits of state, fast and good enough for choosing faults.
 *
 * Always: the same seed gives the same draws on every machine.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Restarts: later draws depend on `seed` alone. */
  reseed(seed: number): void {
    this.#state = seed >>> 0;
  }

  /** in [0, 1) */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  /** a whole number, both ends included */
  int(from: number, through: number): number {
    return from + Math.floor(this.next() * (through - from + 1));
  }

  /** true with this probability */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** A new epoch's name: 16 hexadecimal digits. */
  readonly epoch = (): string => {
    const half = () => Math.floor(this.next() * 2 ** 32).toString(16);
    return half().padStart(8, '0') + half().padStart(8, '0');
  };
}
