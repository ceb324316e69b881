/**
 * Start and stop of parts. A part's constructor assigns; `start` does the work; `stop` undoes it. Releases run in reverse
 * order, also after a start that failed halfway; a release that fails or hangs does not stop the others.
 */
import { messageOf } from './errors.ts';

export interface Part {
  start(): Promise<void>;
  /** Safe to call twice, and before start. */
  stop(): Promise<void>;
}

/** The time after which the next release goes ahead. */
const releaseDeadlineMs = 10_000;

export class Releasers {
  readonly #stack: { readonly name: string; readonly release: () => Promise<void> | void }[] = [];

  /** Registers how to undo a step that is done. */
  add(name: string, release: () => Promise<void> | void): void {
    this.#stack.push({ name, release });
  }

  /** Starts a part and registers its stop; a part that fails to start is stopped before the error is thrown. */
  async start(name: string, part: Part): Promise<void> {
    this.add(name, () => part.stop());
    await part.start();
  }

  /** Undoes everything in reverse order, and reports each failure. */
  async releaseAll(report: (name: string, problem: string) => void): Promise<void> {
    for (let entry = this.#stack.pop(); entry !== undefined; entry = this.#stack.pop()) {
      const { name, release } = entry;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          report(name, `did not stop within ${releaseDeadlineMs / 1000} s`);
          resolve();
        }, releaseDeadlineMs);
      });
      try {
        await Promise.race([release(), late]);
      } catch (error) {
        report(name, messageOf(error));
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
