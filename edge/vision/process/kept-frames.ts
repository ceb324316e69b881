/**
 * Keeps the few frames of one camera from which evidence may be made: frames with a change, and the best frame of each
 * track. Frames are copied, because their buffers are reused.
 *
 * Always: at most `maxBytes` of pixels are kept, and the oldest frames are deleted first; a frame is copied at most
 * once.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { SceneChange, Track } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';

export interface KeptFrame {
  readonly uptime: Uptime;
  /** width x height x 3 bytes: the picture without the letterbox */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly tracks: readonly Track[];
  /** ids of the tracks that a change in this frame is about */
  readonly changed: readonly number[];
}

/** A new best frame of a track must be better by this factor. */
const betterBy = 1.1;
/** A box at the picture's edge shows only a part of its object: its quality is multiplied by this. */
const cutOffPart = 0.5;
const edge = 0.005;
const mostTracks = 8;
/** An alarm that no frame raised (a person stayed too long) gets a frame at most this far from its time. */
const aboutMs = 2_000;

export class KeptFrames {
  readonly #maxBytes: number;
  #changes: KeptFrame[] = [];
  readonly #best = new Map<number, { readonly frame: KeptFrame; readonly quality: number }>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A frame was analysed; copies it if it has a change or is the best of a track. */
  analysed(frame: Frame, tracks: readonly Track[], changes: readonly SceneChange[]): void {
    const better = tracks.filter((track) => qualityOf(track) > (this.#best.get(track.id)?.quality ?? 0) * betterBy);
    if (better.length === 0 && changes.length === 0) return;
    const kept = keep(frame, tracks, changes);
    if (changes.length > 0) this.#changes.push(kept);
    for (const track of better) {
      this.#best.delete(track.id);
      this.#best.set(track.id, { frame: kept, quality: qualityOf(track) });
    }
    this.#shed();
  }

  /** The kept frame nearest to `uptime`, within `aboutMs`; undefined if there is none. */
  at(uptime: Uptime): KeptFrame | undefined {
    const near = [...this.#all()].filter((frame) => Math.abs(frame.uptime - uptime) <= aboutMs);
    return near.sort((a, b) => Math.abs(a.uptime - uptime) - Math.abs(b.uptime - uptime))[0];
  }

  /** The frame that shows `track` best so far. */
  best(track: number): KeptFrame | undefined {
    return this.#best.get(track)?.frame;
  }

  /** The stream broke off: track ids begin anew. */
  clear(): void {
    this.#changes = [];
    this.#best.clear();
  }

  get bytes(): number {
    return [...this.#all()].reduce((sum, { rgb }) => sum + rgb.length, 0);
  }

  #shed(): void {
    for (const id of this.#best.keys()) {
      if (this.#best.size <= mostTracks) break;
      this.#best.delete(id);
    }
    while (this.bytes > this.#maxBytes && this.#changes.length > 1) this.#changes.shift();
    for (const id of this.#best.keys()) {
      if (this.bytes <= this.#maxBytes) break;
      this.#best.delete(id);
    }
  }

  #all(): ReadonlySet<KeptFrame> {
    return new Set([...this.#changes, ...[...this.#best.values()].map(({ frame }) => frame)]);
  }
}

/** A copy of `frame` without its letterbox. */
export function keep(frame: Frame, tracks: readonly Track[], changes: readonly SceneChange[]): KeptFrame {
  const { rgb, size, pictureWidth: width, pictureHeight: height, uptime } = frame;
  const copy = new Uint8Array(width * height * 3);
  if (width === size) copy.set(rgb.subarray(0, copy.length));
  else for (let y = 0; y < height; y++) copy.set(rgb.subarray(y * size * 3, (y * size + width) * 3), y * width * 3);
  return { uptime, rgb: copy, width, height, tracks, changed: [...new Set(changes.map(({ track }) => track.id))] };
}

/** How well a box shows its object: by its score, its size, and whether the picture's edge cuts it. */
export function qualityOf({ score, box: [x, y, w, h] }: Pick<Track, 'score' | 'box'>): number {
  const whole = x > edge && y > edge && x + w < 1 - edge && y + h < 1 - edge;
  return score * Math.sqrt(Math.max(0, w) * Math.max(0, h)) * (whole ? 1 : cutOffPart);
}
