/**
 * The last seconds of a camera's stream as the camera encoded it: short segments of fragmented MP4 that ffmpeg writes
 * beside the frames, without decoding anything. A clip is some of them put together (clip.ts).
 *
 *   a run of ffmpeg begins ──► segments of that run, each from a key frame on ──► too old, or too many bytes ──► deleted
 *
 * Always: the folder lies in memory (ring-folder.ts), because a stream written day and night wears a memory card out,
 * and the picture is not masked yet; it belongs to the vision process alone and is emptied at each start. ffmpeg writes
 * it in a thread of its own and drops what does not fit its queue, so nothing there holds a frame up. It never holds
 * more than `maxBytes`: the oldest segments go first, then the contents of the one being written, which is then no part
 * of any clip.
 */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { fileOverMs } from './limits.ts';

/** What one run of ffmpeg is told: ffmpeg counts the segments up in `pattern`. */
export interface Recording {
  readonly pattern: string;
}

export interface Segment {
  readonly file: string;
  /** ms of the monotonic clock at which it began, to within `lookEveryMs` */
  readonly from: number;
  /** when the next one began, or when it last grew */
  readonly to: number;
  /** nothing more is written to it */
  readonly closed: boolean;
}

interface Known {
  readonly file: string;
  readonly run: number;
  readonly from: number;
  to: number;
  bytes: number;
  closed: boolean;
  /** its contents were given up */
  emptied: boolean;
}

const segmentSeconds = 2;
/** Packets between ffmpeg's reader and the disk: about 20 s at 10 frames a second. */
const queuedPackets = 240;
const lookEveryMs = 500;

/** Written each second also where key frames are a minute apart: what an alarm wants to show is on the disk by then. */
const fragmentUs = 1_000_000;
const segmentOptions = {
  segment_time: `${segmentSeconds}`,
  reset_timestamps: '1',
  segment_format: 'mp4',
  segment_format_options: `movflags=+frag_keyframe+empty_moov+default_base_moof:frag_duration=${fragmentUs}:flush_packets=1`,
};

/** Of an ffmpeg that does nothing else: whatever ends it ends the recording alone. */
export const recordingOptions: readonly string[] = [
  ...['-map', '0:v:0', '-c:v', 'copy', '-f', 'segment'],
  ...Object.entries(segmentOptions).flatMap(([name, value]) => [`-${name}`, value]),
];

/**
 * Of a file, beside its frames, for ffmpeg 5 and later: the `fifo` muxer is a thread of its own; it starts anew with a key frame
 * after an error.
 */
export const fileRecordingOptions: readonly string[] = [
  ...['-map', '0:v:0', '-c:v', 'copy', '-f', 'fifo', '-fifo_format', 'segment', '-queue_size', `${queuedPackets}`],
  ...['-drop_pkts_on_overflow', '1', '-attempt_recovery', '1', '-recover_any_error', '1', '-recovery_wait_time', '1'],
  ...['-restart_with_keyframe', '1', '-format_opts'],
  Object.entries(segmentOptions)
    .map(([name, value]) => `${name}=${value.replaceAll(':', '\\:')}`)
    .join(':'),
];

export interface RingOptions {
  /** this camera's own, there and empty */
  readonly folder: string;
  /** how much is kept behind now */
  readonly keepMs: number;
  readonly maxBytes: number;
  /** from one picture to the next, as configured; default: usual rates */
  readonly intervalMs?: number;
  readonly clock: Clock;
}

export class Ring {
  readonly #options: RingOptions;
  readonly #segments = new Map<string, Known>();
  #run = 0;
  #wroteAt = 0;
  #timer: Timer | undefined;
  #lookedAt: number;
  #held = 0;

  constructor(options: RingOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.uptime();
  }

  start(): void {
    this.#timer = this.#options.clock.after(lookEveryMs, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** A run of ffmpeg begins. */
  begin(): Recording {
    this.look();
    for (const segment of this.#segments.values()) segment.closed = true;
    this.#run++;
    return { pattern: join(this.#options.folder, `${String(this.#run).padStart(6, '0')}-%08d.mp4`) };
  }

  /** when anything was last seen to be written, ms of the monotonic clock; 0: never */
  get wroteAt(): number {
    return this.#wroteAt;
  }

  /** bytes on the disk now */
  get bytes(): number {
    return [...this.#segments.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * What was recorded between two moments, in order: whole segments, so it begins at the key frame before `from`. Of
   * several runs only the newest one that reaches into it: another may have another size of picture.
   */
  covering(from: number, to: number): readonly Segment[] {
    this.look();
    const within = this.#inOrder().filter((segment) => !segment.emptied && segment.to > from && segment.from < to);
    const run = within.at(-1)?.run;
    return within.filter((segment) => segment.run === run);
  }

  /** Whether all that will ever be recorded up to `moment` is there. */
  reaches(moment: number): boolean {
    this.look();
    const last = this.#inOrder().at(-1);
    return last === undefined || last.closed || last.from >= moment;
  }

  /** Nothing is deleted for its age until the returned function is called; the limit of bytes still holds. */
  hold(): () => void {
    this.#held++;
    let released = false;
    return () => {
      if (!released) this.#held--;
      released = true;
    };
  }

  /** Notes what ffmpeg has written and deletes what is too old or too much. A folder that cannot be read holds nothing. */
  look(): void {
    const { folder, clock, keepMs, maxBytes, intervalMs = 0 } = this.#options;
    const silentMs = fileOverMs(intervalMs);
    const now = clock.uptime();
    for (const name of names(folder)) this.#note(join(folder, name), name, now);
    this.#lookedAt = now;
    const inOrder = this.#inOrder();
    for (const [index, segment] of inOrder.entries()) {
      const next = inOrder[index + 1];
      if (next !== undefined) segment.closed = true;
      if (next !== undefined && next.run === segment.run) segment.to = next.from;
      if (now - segment.to > silentMs) segment.closed = true;
    }
    let bytes = this.bytes;
    for (const segment of inOrder) {
      const old = segment.closed && segment.to < now - keepMs && this.#held === 0;
      if (!old && bytes <= maxBytes) continue;
      bytes -= segment.bytes;
      if (segment.closed) this.#delete(segment);
      else this.#empty(segment);
    }
  }

  #note(file: string, name: string, now: number): void {
    const known = this.#segments.get(file);
    const size = sizeOf(file, known?.emptied ?? false);
    if (size === undefined) this.#segments.delete(file);
    else if (known === undefined) {
      // it began at some time since the last look
      const from = (this.#lookedAt + now) / 2;
      if (size > 0) this.#wroteAt = now;
      const run = Number(name.slice(0, name.indexOf('-')));
      this.#segments.set(file, { file, run, from, to: now, bytes: size, closed: run < this.#run, emptied: false });
    } else if (size !== known.bytes) {
      known.bytes = size;
      known.to = now;
      this.#wroteAt = now;
    }
  }

  #delete(segment: Known): void {
    rmSync(segment.file, { force: true });
    this.#segments.delete(segment.file);
  }

  /** ffmpeg goes on writing behind the hole, which takes no room. */
  #empty(segment: Known): void {
    truncateSync(segment.file, 0);
    segment.bytes = 0;
    segment.emptied = true;
  }

  #inOrder(): readonly Known[] {
    return [...this.#segments.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+-\d+\.mp4$/.test(name));
  } catch {
    // the ring is what could be recorded: without its folder that is nothing
    return [];
  }
}

/** Bytes that a file takes (`holed`: without its hole); undefined where it is gone. */
function sizeOf(file: string, holed: boolean): number | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  return holed && status !== undefined ? status.blocks * 512 : status?.size;
}
