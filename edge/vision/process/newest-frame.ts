/**
 * Hands frames from a stream, which never waits, to a detector, which may be slow: bytes come in, the newest complete
 * frame goes out. There are three buffers, allocated once: one is filled, one is the newest frame, one is analysed.
 *
 * Always: nothing writes to a frame that is analysed; a newer frame replaces a frame that nobody took, and `skipped`
 * counts that; masked pixels are black before a frame can be read. The buffers are shared memory, so that a worker
 * thread reads them without a copy.
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
  #inUse: Buffer | undefined;
  #free: Buffer[];
  #filled = 0;
  #examined = true;
  #picture: { readonly width: number; readonly height: number } | undefined;
  /** frames that a newer frame replaced before they were examined */
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

  /** A new stream begins: drops the incomplete frame of the previous stream. */
  reset(): void {
    this.#filled = 0;
    this.#examined = true;
    this.#newest = this.#release(this.#newest);
    this.#picture = undefined;
    this.#masked = [];
  }

  /**
   * Sets the part of the square frame that the picture fills, in pixels; no frame can be read before that. False: it
   * differs from the size set before, and frames of the new size must not be written.
   */
  setPicture(width: number, height: number): boolean {
    if (this.#picture !== undefined) return this.#picture.width === width && this.#picture.height === height;
    this.#picture = { width, height };
    this.#masked = maskSpans(this.#masks, width, height);
    if (this.#newest !== undefined) blacken(this.#newest.rgb, this.#size, this.#masked);
    return true;
  }

  /** Appends bytes of the stream; returns how many frames they completed. */
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

  /** The newest frame, without taking it; valid until the next `write`. */
  peek(): Frame | undefined {
    return this.#frame(this.#newest);
  }

  /** Marks the newest frame as examined: its replacement does not count as skipped. */
  examined(): void {
    this.#examined = true;
  }

  /**
   * Takes the newest frame; its buffer is not written to until `release`. Undefined if there is none or one is taken.
   */
  takeNewest(): Frame | undefined {
    if (this.#inUse !== undefined || this.#picture === undefined) return undefined;
    this.#inUse = this.#newest;
    this.#newest = undefined;
    this.#examined = true;
    return this.#frame(this.#inUse);
  }

  release(): void {
    this.#inUse = this.#release(this.#inUse);
  }

  #complete(): void {
    this.#filling.uptime = this.#clock.uptime();
    blacken(this.#filling.rgb, this.#size, this.#masked);
    this.#filled = 0;
    if (!this.#examined) this.skipped++;
    this.#newest = this.#release(this.#newest);
    this.#newest = this.#filling;
    this.#examined = false;
    const next = this.#free.pop();
    // filling + newest + taken = 3 buffers at most
    if (next === undefined) throw new Error('a frame was neither released nor replaced');
    this.#filling = next;
  }

  #release(buffer: Buffer | undefined): undefined {
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
