/** The registry in a file, for tests that wait for the end of all writes. */
import { FileRegistry } from '../file-registry.ts';
import type { RegistryWrite } from '../registry.ts';

export class SettlingRegistry extends FileRegistry {
  readonly #writes = new Set<Promise<boolean>>();

  override put(write: RegistryWrite): Promise<boolean> {
    const written = super.put(write);
    this.#writes.add(written);
    const end = () => void this.#writes.delete(written);
    written.then(end, end);
    return written;
  }

  /** Resolves when no write is under way, and the end of the last write has started no other. */
  async settled(): Promise<void> {
    do {
      await Promise.allSettled(this.#writes);
      await new Promise(setImmediate);
    } while (this.#writes.size > 0);
  }
}
