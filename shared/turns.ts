/**
 * Work that runs in turn: each piece begins when the one before has ended, whether that succeeded or failed.
 *
 * Always: whoever asked for a piece of work gets its result or its error; an error stops no later piece.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {
      // whoever asked for it gets the error
    });
    return turn;
  }

  /** Resolves when all work asked for so far has ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
