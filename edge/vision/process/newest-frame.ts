/**
 * The hand-over between a stream that never waits and a detector that may be slow: bytes come in, the newest whole
 * frame goes out. Three buffers, made once: one is being filled, one is the newest, one is being looked at.
 *
 * Always: a frame that is being looked at is not written to; a newer frame replaces one that nobody took, and that
 * is counted; what is masked is black before anybody can look. Buffers are shared memory, so that a worker thread
 * reads them without a copy.
 */
import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import type { MaskConfig } from '../../site/site.ts';
import type { Frame } from './detectors/detector.ts';
import { blacken, maskSpans, type Span } from './mask.ts';

interface Buffer {
  readonly rgb: Uint8Array;
  uptime: Uptime;
}

export class NewestFrame {
  readonly #camera: string;
  readonly #size: number;
  readonly #clock: Clock;
  readonly #masks: readonly MaskConfig[];
  #masked: readonly Span[] = [];
  #filling: Buffer;
  #newest: Buffer | undefined;
  #taken: Buffer | undefined;
  #free: Buffer[];
  #filled = 0;
  #examined = true;
  #picture: { readonly width: number; readonly height: number } | undefined;
  /** frames that a newer one replaced before anybody looked at them */
  skipped = 0;

  constructor(camera: string, size: number, clock: Clock, masks: readonly MaskConfig[] = []) {
    this.#camera = camera;
    this.#size = size;
    this.#clock = clock;
    this.#masks = masks;
    const buffer = (): Buffer => ({ rgb: new Uint8Array(new SharedArrayBuffer(size * size * 3)), uptime: 0 });
    this.#filling = buffer();
    this.#free = [buffer(), buffer()];
  }

  /** A stream begins: a half frame of the one before is dropped. */
  reset(): void {
    this.#filled = 0;
    this.#examined = true;
    this.#newest = this.#give(this.#newest);
    this.#picture = undefined;
    this.#masked = [];
  }

  /**
   * The part of the square frame that holds the picture, in pixels; frames are held back until it is known. Whether
   * it is that of the frames before: those of another shape are not to be written after them.
   */
  setPicture(width: number, height: number): boolean {
    if (this.#picture !== undefined) return this.#picture.width === width && this.#picture.height === height;
    this.#picture = { width, height };
    this.#masked = maskSpans(this.#masks, width, height);
    if (this.#newest !== undefined) blacken(this.#newest.rgb, this.#size, this.#masked);
    return true;
  }

  /** Takes bytes as they come; gives back how many frames they completed. */
  write(chunk: Uint8Array): number {
    let completed = 0;
    for (let at = 0; at < chunk.length; ) {
      const { rgb } = this.#filling;
      const part = chunk.subarray(at, at + rgb.length - this.#filled);
      rgb.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === rgb.length) {
        this.#complete();
        completed++;
      }
    }
    return completed;
  }

  /** The newest frame, to look at without taking it, until the next `write`. */
  peek(): Frame | undefined {
    return this.#frame(this.#newest);
  }

  /** The newest frame was looked at and needs no more: its replacement is no loss. */
  examined(): void {
    this.#examined = true;
  }

  /** The newest frame, which stays untouched until `release`. Undefined where there is none, or one is out already. */
  take(): Frame | undefined {
    if (this.#taken !== undefined || this.#picture === undefined) return undefined;
    this.#taken = this.#newest;
    this.#newest = undefined;
    this.#examined = true;
    return this.#frame(this.#taken);
  }

  release(): void {
    this.#taken = this.#give(this.#taken);
  }

  #complete(): void {
    this.#filling.uptime = this.#clock.uptime();
    blacken(this.#filling.rgb, this.#size, this.#masked);
    this.#filled = 0;
    if (!this.#examined) this.skipped++;
    this.#newest = this.#give(this.#newest);
    this.#newest = this.#filling;
    this.#examined = false;
    const next = this.#free.pop();
    // filling + newest + taken = 3 buffers at most
    if (next === undefined) throw new Error('a frame was neither released nor replaced');
    this.#filling = next;
  }

  #give(buffer: Buffer | undefined): undefined {
    if (buffer !== undefined) this.#free.push(buffer);
    return undefined;
  }

  #frame(buffer: Buffer | undefined): Frame | undefined {
    if (buffer === undefined || this.#picture === undefined) return undefined;
    return {
      camera: this.#camera,
      rgb: buffer.rgb,
      size: this.#size,
      pictureWidth: this.#picture.width,
      pictureHeight: this.#picture.height,
      uptime: buffer.uptime,
    };
  }
}
