/**
 * A file for a secret that a command writes: a private key, a list of passwords.
 *
 * Always: it did not exist, no link leads elsewhere, and its owner alone can read it (0600). It is made before the secret is,
 * so that no secret is lost to a full disk or a mistyped folder, and removed where nothing was written.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';

const onlyMine = 0o600;

export class NewFile {
  readonly #name: string;
  readonly #descriptor: number;
  #isOpen = true;
  #isWritten = false;

  /** @throws ForpostError FORPOST_ARGUMENT_INVALID */
  constructor(name: string) {
    this.#name = name;
    try {
      // wx: follows no link
      this.#descriptor = openSync(name, 'wx', onlyMine);
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
      const message = exists ? `${name} exists: name a new file` : messageOf(error);
      throw new ForpostError('FORPOST_ARGUMENT_INVALID', message, { cause: error });
    }
  }

  write(content: string | Buffer): void {
    writeSync(this.#descriptor, typeof content === 'string' ? Buffer.from(content) : content);
    fsyncSync(this.#descriptor);
    this.#close();
    this.#isWritten = true;
  }

  drop(): void {
    if (this.#isWritten) return;
    this.#close();
    rmSync(this.#name, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}
