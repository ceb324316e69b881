/**
 * The picture that people look at: `<camera>.jpg` in the live folder, replaced by a rename, so that a reader never
 * sees half of one. At most two a second and only while somebody watches, plus one when a zone is entered.
 *
 * Always: its file's time of change is that of the frame, so that boxes can be drawn on the picture that they belong to;
 * one picture is written at a time; a picture that is not due costs nothing; a disk that fails costs the
 * picture and one line in the log, never a frame; once stopped it leaves no picture that was not there
 * then, because that may show what a new mask is to hide.
 */
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Frame } from './detectors/detector.ts';
import { loadSharp } from './images.ts';

const everyMs = 500;
const quality = 82;
const maxWatchMs = 600_000;

export class LivePicture {
  readonly #camera: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #watchedUntil = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;
  #failed = false;
  #stopped = false;

  constructor(camera: string, folder: string, clock: Clock, logger: Logger) {
    this.#camera = camera;
    this.#folder = folder;
    this.#clock = clock;
    this.#logger = logger;
  }

  watch(seconds: number): void {
    const untilMs = this.#clock.uptime() + Math.min(maxWatchMs, Math.max(0, seconds * 1000));
    this.#watchedUntil = Math.max(this.#watchedUntil, untilMs);
  }

  /** Writes `frame` if a picture is due, or if `now` is set and none is just being written. Copies what it needs. */
  offer(frame: Frame, now = false): void {
    const at = this.#clock.uptime();
    if (this.#stopped || this.#writing !== undefined) return;
    if (!now && (at > this.#watchedUntil || at - this.#lastAt < everyMs)) return;
    this.#lastAt = at;
    const taken = this.#clock.now() - (at - frame.uptime);
    this.#writing = this.#write(frame, taken).finally(() => {
      this.#writing = undefined;
    });
  }

  /** No picture comes from here any more: one that is just being written is deleted, wherever the disk is with it. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when no picture is being written any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** `taken`: ms since 1970 */
  async #write({ rgb, size, pictureWidth, pictureHeight }: Frame, taken: number): Promise<void> {
    const rows = Buffer.from(rgb.subarray(0, size * pictureHeight * 3));
    const file = join(this.#folder, `${this.#camera}.jpg`);
    try {
      const sharp = await loadSharp();
      const jpeg = await sharp(rows, { raw: { width: size, height: pictureHeight, channels: 3 } })
        .extract({ left: 0, top: 0, width: pictureWidth, height: pictureHeight })
        .jpeg({ quality })
        .toBuffer();
      if (this.#stopped) return;
      await writeFile(`${file}.new`, jpeg, { mode: 0o600 });
      await utimes(`${file}.new`, taken / 1000, taken / 1000);
      if (!this.#stopped) await rename(`${file}.new`, file);
      // what the disk was at when it was stopped
      if (this.#stopped) for (const late of [file, `${file}.new`]) await rm(late, { force: true });
      this.#failed = false;
    } catch (error) {
      if (!this.#failed && !this.#stopped)
        this.#logger.warn({ camera: this.#camera, why: messageOf(error) }, 'no live picture');
      this.#failed = true;
    }
  }
}
