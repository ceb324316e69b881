/**
 * Start and stop of parts. A part's constructor assigns; `start` does the work; `stop` undoes it. What was started
 * is released in reverse order, also when a start fails half-way, and one release that fails or hangs does not keep
 * the others from running.
 */
import { messageOf } from './errors.ts';

export interface Part {
  start(): Promise<void>;
  /** Safe to call twice, and before start. */
  stop(): Promise<void>;
}

/** How long one release may take before the next one goes ahead. */
const releaseDeadlineMs = 10_000;

export class Releasers {
  readonly #stack: { readonly name: string; readonly release: () => Promise<void> | void }[] = [];

  /** notes how to undo what has just been done */
  add(name: string, release: () => Promise<void> | void): void {
    this.#stack.push({ name, release });
  }

  /** starts a part and notes how to stop it; a part that fails to start is stopped before the error goes on */
  async start(name: string, part: Part): Promise<void> {
    this.add(name, () => part.stop());
    await part.start();
  }

  /** undoes everything in reverse order and tells what went wrong on the way */
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
