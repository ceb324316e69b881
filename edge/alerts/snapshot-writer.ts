/**
 * Writes the alarms to their file (snapshot.ts), seldom enough to spare a memory card.
 *
 *   changed ──► after `withinMs` ──► written ──► 200 ms without a write ── changed meanwhile ──► written
 *
 * Always: at most one write is under way. A write begins in its own turn of the event loop, so no alert waits for the
 * disk. `stop` writes the changes since the last write. Without a file nothing is written.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type SnapshotContent, writeSnapshot } from './snapshot.ts';

/** The least time between two snapshots. */
const everyMs = 200;

export interface SnapshotWriterOptions {
  readonly file: string | undefined;
  /** the content that the file should have now */
  readonly content: () => SnapshotContent;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  #dirty = false;
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #dueAt = 0;
  #stopped = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  /** Notes that the content has changed. `withinMs`: how soon the change must be on disk. */
  changed(withinMs = 0): void {
    const { file, clock } = this.#options;
    if (file === undefined) return;
    this.#dirty = true;
    if (this.#writing !== undefined || this.#stopped) return;
    const at = clock.uptime() + withinMs;
    if (this.#timer !== undefined && this.#dueAt <= at) return;
    this.#timer?.cancel();
    this.#dueAt = at;
    // in its own turn: even the system call of a write would delay an alert
    this.#timer = clock.after(withinMs, () => this.#beginWrite());
  }

  /** Writes now. Never rejects; a failure is reported. */
  async write(): Promise<void> {
    const { file, content, onFailure } = this.#options;
    if (file === undefined) return;
    this.#dirty = false;
    try {
      await writeSnapshot(file, content());
    } catch (error) {
      onFailure(error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#writing;
    if (this.#dirty) await this.write();
  }

  #beginWrite(): void {
    const { clock } = this.#options;
    this.#timer = undefined;
    this.#writing = this.write().finally(() => {
      this.#writing = undefined;
      if (this.#stopped) return;
      this.#dueAt = clock.uptime() + everyMs;
      this.#timer = clock.after(everyMs, () => {
        this.#timer = undefined;
        if (this.#dirty) this.#beginWrite();
      });
    });
  }
}
