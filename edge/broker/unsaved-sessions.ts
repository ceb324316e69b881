/**
 * The clients whose persistent session began or ended, while the disk has not confirmed it yet.
 *
 *   began, ended ──► unsaved ── any later commit ──► confirmed
 *                       └── refused: still unsaved; its next CONNECT requests a commit again
 *
 * Always: at most `max` clients are unsaved; beyond that the oldest is forgotten, and its CONNACK waits for no commit.
 */
export class UnsavedSessions {
  readonly #max: number;
  /** by client, in the order of the numbers */
  readonly #numbers = new Map<string, number>();
  #last = 0;

  constructor(max: number) {
    this.#max = max;
  }

  note(client: string): void {
    this.#numbers.delete(client);
    this.#numbers.set(client, ++this.#last);
    const [oldest] = this.#numbers.keys();
    if (this.#numbers.size > this.#max && oldest !== undefined) this.#numbers.delete(oldest);
  }

  has(client: string): boolean {
    return this.#numbers.has(client);
  }

  /** Confirms all clients noted so far once `save` resolves. @throws the error of `save` */
  async settle(save: () => Promise<void>): Promise<void> {
    const through = this.#last;
    await save();
    for (const [client, number] of this.#numbers) {
      if (number > through) break;
      this.#numbers.delete(client);
    }
  }
}
