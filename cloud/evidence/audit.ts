/**
 * Who looked at what, at the centre: one JSON line each, in a file that only this user reads, and in the log.
 *
 * Always: bounded: at `maxBytes` the file becomes the older one of two. A line that cannot be written is an error of the
 * look itself: nobody sees what nobody wrote down.
 */
import { appendFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Logger } from '@forpost/shared/logging.ts';

export interface Look {
  readonly by: string;
  readonly gateway: string;
  readonly evidence: string;
  readonly sha256: string;
  readonly alarm: string;
}

const defaultMaxBytes = 8 * 1024 ** 2;
/** One look at a clip is many requests for parts of it. */
const sameLookMs = 60_000;
const mostRemembered = 1000;

export class EvidenceAudit {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxBytes: number;
  readonly #seen = new Map<string, number>();
  #last: Promise<void> = Promise.resolve();

  constructor(folder: string, clock: Clock, logger: Logger, maxBytes = defaultMaxBytes) {
    this.#file = join(folder, 'evidence-looks.jsonl');
    this.#clock = clock;
    this.#logger = logger;
    this.#maxBytes = maxBytes;
  }

  /** Resolves when it is written. */
  async looked(look: Look): Promise<void> {
    const key = `${look.by}\n${look.sha256}`;
    const now = this.#clock.uptime();
    if (now - (this.#seen.get(key) ?? Number.NEGATIVE_INFINITY) < sameLookMs) return;
    const line = `${JSON.stringify({ at: rfc3339(this.#clock.now()), ...look })}\n`;
    const written = this.#last.then(() => this.#append(line));
    this.#last = written.catch(() => {
      // told to who looked
    });
    await written;
    this.#seen.delete(key);
    this.#seen.set(key, now);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= mostRemembered) break;
      this.#seen.delete(oldest);
    }
    this.#logger.info(look, 'somebody looked at evidence');
  }

  async #append(line: string): Promise<void> {
    const size = (await stat(this.#file).catch(() => undefined))?.size ?? 0;
    if (size + line.length > this.#maxBytes) await rename(this.#file, `${this.#file}.1`);
    await appendFile(this.#file, line, { mode: 0o600 });
  }
}
