/**
 * Makes one camera's evidence. An alarm gets a picture of its frame with boxes at once. Some seconds later it gets the
 * frame that shows the same track best, and a clip of the time around the alarm.
 *
 *   asked ──► picture written and sent ──► the seconds after pass ──► best picture and clip written and sent ──► over
 *               └── an open clip covers this moment: both alarms get that clip
 *
 * Always:
 * - `analysed` and `ask` return at once and wait for no disk
 * - at most `mostOpen` clips are open a camera; further alarms get only their picture, and are counted
 * - a failure costs one piece of evidence, and the alarm shows the reason
 * - a piece is sent only when its file is complete on disk, with the SHA-256 of its content
 */

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { EvidenceItem, SceneChange, ToVision, Track } from '../messages.ts';
import { type ClipPart, cutClip, type Mask } from './clip.ts';
import type { Frame } from './detectors/detector.ts';
import { withBoxes } from './draw.ts';
import { type KeptFrame, KeptFrames, keep } from './kept-frames.ts';
import { writtenMs } from './limits.ts';
import type { Ring, Segment } from './ring.ts';

export type EvidenceQuestion = Extract<ToVision, { kind: 'evidence' }>;

export interface EvidenceRecorderOptions {
  readonly camera: string;
  /** the folder for complete files, from which the gateway collects them */
  readonly folder: string;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly masks: readonly Mask[];
  /** undefined: nothing is recorded */
  readonly ring: Ring | undefined;
  /** why nothing is recorded now, as text; empty while the stream is recorded */
  readonly unrecorded?: () => string;
  /** the configured interval between frames; default: that of usual rates */
  readonly intervalMs?: number;
  /** the newest frame, if there is one */
  readonly newest: () => Frame | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `alarms`: ids of the alarms that this evidence belongs to */
  send(alarms: readonly string[], items: readonly EvidenceItem[]): void;
  /** These alarms get no clip, for the reason `why`. */
  lacks?(alarms: readonly string[], why: string): void;
}

interface Open {
  /** alarm id -> the frame that its picture shows */
  readonly alarms: Map<string, KeptFrame | undefined>;
  /** ms of the monotonic clock */
  readonly at: number;
  readonly tracks: readonly number[];
  readonly release: () => void;
}

const mostOpen = 8;
const mostAlarmsOfOne = 32;
const mostKeptBytes = 8 * 1024 ** 2;
/** Limit of one clip; beyond it only the clip's beginning is kept. */
const mostClipBytes = 64 * 1024 ** 2;
const checkEveryMs = 500;
/** A clip within this much of the wanted beginning and end is made of whole, copied segments. */
const mostExtraMs = 3_000;
const leastClipMs = 500;

export class EvidenceRecorder {
  readonly #options: EvidenceRecorderOptions;
  readonly #frames = new KeptFrames(mostKeptBytes);
  readonly #sparing: SparingLogger;
  readonly #open = new Set<Open>();
  #timer: Timer | undefined;
  #stopped = false;
  /** alarms refused a clip because too many clips were open */
  refused = 0;

  constructor(options: EvidenceRecorderOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** A frame was analysed. Call this after its scene was reported. */
  analysed(frame: Frame, tracks: readonly Track[], changes: readonly SceneChange[]): void {
    this.#frames.analysed(frame, tracks, changes);
  }

  /** The stream broke off. Open clips are still made from the recorded segments. */
  lost(): void {
    this.#frames.clear();
  }

  ask({ alarm, uptime, track }: Omit<EvidenceQuestion, 'kind' | 'camera'>): void {
    const { newest, ring, afterMs } = this.#options;
    const frame = newest();
    const shown = this.#frames.at(uptime) ?? (frame === undefined ? undefined : keep(frame, [], []));
    const tracks = track === undefined ? (shown?.changed ?? []) : [track];
    if (shown !== undefined) void this.#picture([alarm], 'picture', shown, tracks);
    const shared = [...this.#open].find(({ at, alarms }) => uptime <= at + afterMs && alarms.size < mostAlarmsOfOne);
    if (shared !== undefined) {
      shared.alarms.set(alarm, shown);
      return;
    }
    if (this.#open.size >= mostOpen) {
      this.refused++;
      if (this.#wantsClip) this.#lacks([alarm], words('gateway/reason.too-many-alarms'));
      return;
    }
    this.#open.add({ alarms: new Map([[alarm, shown]]), at: uptime, tracks, release: ring?.hold() ?? (() => {}) });
    this.#checkLater();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const { release } of this.#open) release();
    this.#open.clear();
  }

  #checkLater(): void {
    if (this.#timer !== undefined || this.#stopped || this.#open.size === 0) return;
    this.#timer = this.#options.clock.after(checkEveryMs, () => {
      this.#timer = undefined;
      this.#finishDue();
      this.#checkLater();
    });
  }

  #finishDue(): void {
    const { clock, afterMs, ring, intervalMs = 0 } = this.#options;
    const lastWriteMs = writtenMs(intervalMs);
    for (const one of this.#open) {
      const over = one.at + afterMs;
      const now = clock.uptime();
      if (now < over || (now < over + lastWriteMs && ring?.reaches(over) === false)) continue;
      this.#open.delete(one);
      this.#finish(one)
        .catch((error: unknown) => {
          this.#failed('clip', error);
          this.#lacks([...one.alarms.keys()], messageOf(error).replace(/^no clip: /, ''));
        })
        .finally(one.release);
    }
  }

  async #finish(one: Open): Promise<void> {
    const best = one.tracks.map((track) => this.#frames.best(track)).find((frame) => frame !== undefined);
    // an alarm whose picture shows the best frame already has that picture
    const others = [...one.alarms].filter(([, shown]) => shown !== best).map(([alarm]) => alarm);
    if (best !== undefined && others.length > 0) await this.#picture(others, 'best', best, one.tracks);
    const { ring, beforeMs, afterMs, masks, folder, clock, send, unrecorded } = this.#options;
    if (!this.#wantsClip) return;
    const from = one.at - beforeMs;
    const to = one.at + afterMs;
    const segments = ring?.covering(from, to) ?? [];
    if (segments.length === 0) {
      const why = unrecorded?.() ?? '';
      return this.#lacks([...one.alarms.keys()], why === '' ? words('gateway/reason.nothing-recorded') : why);
    }
    const id = newId();
    const file = `${id}.mp4`;
    const path = join(folder, file);
    const files = segments.map((segment) => segment.file);
    await cutClip(
      { segments: files, masks, file: path, maxBytes: mostClipBytes, part: partOf(segments, from, to) },
      clock,
    );
    const sealed = await seal(path);
    if (this.#stopped) return rm(path, { force: true });
    send(
      [...one.alarms.keys()],
      [{ id, kind: 'clip', media: 'video/mp4', file, ...sealed, time: this.#timeOf(one.at) }],
    );
  }

  async #picture(
    alarms: readonly string[],
    kind: 'picture' | 'best',
    frame: KeptFrame,
    tracks: readonly number[],
  ): Promise<void> {
    const { folder, send } = this.#options;
    const id = newId();
    const file = `${id}.jpg`;
    try {
      const jpeg = await withBoxes(frame, tracks);
      const size = await writeWhole(join(folder, file), jpeg);
      const sha256 = createHash('sha256').update(jpeg).digest('hex');
      if (this.#stopped) return;
      send(alarms, [{ id, kind, media: 'image/jpeg', file, sha256, size, time: this.#timeOf(frame.uptime) }]);
    } catch (error) {
      this.#failed(kind, error);
    }
  }

  #timeOf(uptime: Uptime): number {
    const { clock } = this.#options;
    return Math.round(clock.now() - (clock.uptime() - uptime));
  }

  get #wantsClip(): boolean {
    return this.#options.beforeMs + this.#options.afterMs > 0;
  }

  #lacks(alarms: readonly string[], why: string): void {
    if (!this.#stopped) this.#options.lacks?.(alarms, words('gateway/reason.no-clip', { reason: why }));
  }

  #failed(what: string, error: unknown): void {
    if (this.#stopped) return;
    this.#sparing.warn(what, { camera: this.#options.camera, why: messageOf(error) }, `no ${what} as evidence`);
  }
}

/**
 * The part of whole segments that a clip shows. The first segment begins at the key frame before `from`. The clip is
 * cut where the segments begin or end more than `mostExtraMs` outside `from` and `to`.
 */
export function partOf(segments: readonly Segment[], from: number, to: number): ClipPart {
  const begins = segments[0]?.from ?? from;
  const ends = segments.at(-1)?.to ?? to;
  const skipMs = from - begins > mostExtraMs ? from - begins : 0;
  const until = ends - to > mostExtraMs ? to : ends;
  const recordedMs = Math.max(leastClipMs, ends - begins);
  return { skipMs, lengthMs: Math.max(leastClipMs, until - begins - skipMs), recordedMs };
}

function newId(): string {
  return randomBytes(8).toString('hex');
}

/** Writes a file; it is on disk when the promise resolves. Returns its size in bytes. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<number> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return bytes.length;
}

/** Syncs a file to disk; returns its hash and its size in bytes. */
async function seal(path: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const handle = await open(path, 'r+');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return { sha256: hash.digest('hex'), size: (await stat(path)).size };
}
