/** The ballast of the simulated disk. Given up, it lets the file grow on a full disk. */
import type { WriterDisk } from '../../../edge/outbox/sqlite/writer/writer-disk.ts';

const wholeBytes = 8192;
/** By this share of the ballast the file may grow; the rest is for its log. */
const fileShare = 0.5;

export class SimulatedBallast implements Readonly<WriterDisk['ballast']> {
  readonly #letGrow: (bytes: number) => void;
  #bytes = 0;

  /** @param letGrow lets the file grow by so many bytes */
  constructor(letGrow: (bytes: number) => void) {
    this.#letGrow = letGrow;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get missingBytes(): number {
    return wholeBytes - this.#bytes;
  }

  lay(spareBytes: number): void {
    this.#bytes += Math.max(0, Math.min(this.missingBytes, Math.floor(spareBytes)));
  }

  giveUp(): boolean {
    if (this.#bytes === 0) return false;
    this.#letGrow(this.#bytes * fileShare);
    this.#bytes = 0;
    return true;
  }
}
