/**
 * Keeps the last seconds of a camera's stream as the camera encoded it: short segments of fragmented MP4 that ffmpeg
 * writes without decoding. clip.ts joins segments to a clip.
 *
 *   a run of ffmpeg begins ──► segments of that run, each from a key frame on ──► too old or too many bytes ──► deleted
 *
 * Always:
 * - the folder lies in memory (ring-folder.ts): continuous writing wears out a memory card, and these pictures are not
 *   masked yet; only the vision process uses the folder, and empties it at each start
 * - recording delays no frame: ffmpeg records in a thread or process of its own, and drops packets if its queue is full
 * - the ring holds at most `maxBytes`: the oldest segments are deleted first, then the content of the open segment,
 *   which no clip uses any more
 */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { fileOverMs } from './limits.ts';

/** Where one run of ffmpeg records; `pattern` is a path with a placeholder for the segment's number. */
export interface Recording {
  readonly pattern: string;
}

export interface Segment {
  readonly file: string;
  /** when the segment began, ms of the monotonic clock, to within `checkEveryMs` */
  readonly from: number;
  /** when the next segment began, or when this one last grew */
  readonly to: number;
  /** ffmpeg writes no more to this segment */
  readonly closed: boolean;
}

interface Known {
  readonly file: string;
  readonly run: number;
  readonly from: number;
  to: number;
  bytes: number;
  closed: boolean;
  /** its content was deleted to keep the ring within `maxBytes` */
  emptied: boolean;
}

const segmentSeconds = 2;
/** Length of ffmpeg's packet queue before the disk: about 20 s at 10 frames a second. */
const queuedPackets = 240;
const checkEveryMs = 500;

/**
 * A fragment is written each second, also if key frames are a minute apart, so that an alarm finds its moment on disk.
 */
const fragmentUs = 1_000_000;
const segmentOptions = {
  segment_time: `${segmentSeconds}`,
  reset_timestamps: '1',
  segment_format: 'mp4',
  segment_format_options: `movflags=+frag_keyframe+empty_moov+default_base_moof:frag_duration=${fragmentUs}:flush_packets=1`,
};

/** For an ffmpeg that only records; its end stops no frames. */
export const recordingOptions: readonly string[] = [
  ...['-map', '0:v:0', '-c:v', 'copy', '-f', 'segment'],
  ...Object.entries(segmentOptions).flatMap(([name, value]) => [`-${name}`, value]),
];

/**
 * For the ffmpeg that also decodes a file (ffmpeg 5 and later): the `fifo` muxer is a thread of its own; after an error
 * it starts again with a key frame.
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
  /** this camera's own folder, which exists and is empty */
  readonly folder: string;
  /** segments older than this are deleted */
  readonly keepMs: number;
  readonly maxBytes: number;
  /** the configured interval between frames; default: that of usual rates */
  readonly intervalMs?: number;
  readonly clock: Clock;
}

export class Ring {
  readonly #options: RingOptions;
  readonly #segments = new Map<string, Known>();
  #run = 0;
  #wroteAt = 0;
  #timer: Timer | undefined;
  #refreshedAt: number;
  #held = 0;

  constructor(options: RingOptions) {
    this.#options = options;
    this.#refreshedAt = options.clock.uptime();
  }

  start(): void {
    this.#timer = this.#options.clock.after(checkEveryMs, () => {
      this.refresh();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** A new run of ffmpeg begins; returns where it records. */
  begin(): Recording {
    this.refresh();
    for (const segment of this.#segments.values()) segment.closed = true;
    this.#run++;
    return { pattern: join(this.#options.folder, `${String(this.#run).padStart(6, '0')}-%08d.mp4`) };
  }

  /** when ffmpeg was last seen to write, ms of the monotonic clock; 0: never */
  get wroteAt(): number {
    return this.#wroteAt;
  }

  /** bytes on the disk now */
  get bytes(): number {
    return [...this.#segments.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * The segments that cover the time between two moments, in order. They are whole, so the first begins at the key
   * frame before `from`. If several runs cover it, only the newest: the size of the picture may differ between runs.
   */
  covering(from: number, to: number): readonly Segment[] {
    this.refresh();
    const within = this.#inOrder().filter((segment) => !segment.emptied && segment.to > from && segment.from < to);
    const run = within.at(-1)?.run;
    return within.filter((segment) => segment.run === run);
  }

  /** Whether everything up to `moment` has been recorded, as far as it ever will be. */
  reaches(moment: number): boolean {
    this.refresh();
    const last = this.#inOrder().at(-1);
    return last === undefined || last.closed || last.from >= moment;
  }

  /** Deletes nothing for its age until the returned function is called; the limit of bytes still applies. */
  hold(): () => void {
    this.#held++;
    let released = false;
    return () => {
      if (!released) this.#held--;
      released = true;
    };
  }

  /**
   * Updates the list of segments and deletes those too old or beyond `maxBytes`. An unreadable folder counts as empty.
   */
  refresh(): void {
    const { folder, clock, keepMs, maxBytes, intervalMs = 0 } = this.#options;
    const silentMs = fileOverMs(intervalMs);
    const now = clock.uptime();
    for (const name of names(folder)) this.#note(join(folder, name), name, now);
    this.#refreshedAt = now;
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
      // the segment began between the last look and now
      const from = (this.#refreshedAt + now) / 2;
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

  /** Truncates the file. ffmpeg writes on at its old position; the hole before it takes no space. */
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
    // without its folder the ring is empty
    return [];
  }
}

/** Bytes that a file takes (`holed`: without its hole); undefined if the file is gone. */
function sizeOf(file: string, holed: boolean): number | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  return holed && status !== undefined ? status.blocks * 512 : status?.size;
}
