/**
 * Writes a camera's live picture: `<camera>.jpg` in the live folder, replaced by a rename, so that a reader never sees
 * an incomplete file. At most two pictures a second, only while somebody watches, and one more when a track enters a
 * zone.
 *
 * Always:
 * - the file's modification time is the frame's time, so that boxes are drawn on the picture that they belong to
 * - one picture is written at a time; a picture that is not due costs nothing
 * - a disk error costs the picture and one log line, never a frame
 * - after `stop` no new picture appears, because it could show an area that a new mask covers
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

  /** Writes `frame` if a picture is due or `now` is set, unless a write is under way. Copies the pixels. */
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

  /** Writes no more pictures; a picture whose write is under way is deleted. */
  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when no write is under way. */
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
      // `stop` was called during the write
      if (this.#stopped) for (const late of [file, `${file}.new`]) await rm(late, { force: true });
      this.#failed = false;
    } catch (error) {
      if (!this.#failed && !this.#stopped)
        this.#logger.warn({ camera: this.#camera, why: messageOf(error) }, 'no live picture');
      this.#failed = true;
    }
  }
}
