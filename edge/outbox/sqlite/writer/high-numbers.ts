/**
 * The highest numbers that were committed, kept apart from the database: what a damaged file, a log without its end or an
 * older copy of them does not know any more is found by it, and named.
 *
 *   commit (fsync of the log) ──► note (one write of 128 bytes, no fsync) ──► acknowledged
 *                                     └── within a second: fdatasync, beside the next commits
 *
 * A note without an fsync of its own is exact however the process ends, because the kernel has it. A power cut may take
 * the last second of notes; so where anything is found missing after one (`boot` is another), what is lost is named
 * without an end. A second fsync for each commit would cost every acknowledgement, and a memory card, twice as much.
 *
 * Always: a note is written after its commit and before anyone is told, into one of two places in turn, so that one that
 * is torn or damaged leaves the one before it. Nothing here throws: without notes the file alone is believed, as ever.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { asId, type Epoch, isId, type Sequence } from '@forpost/shared/event/ids.ts';

export interface HighNumbers {
  readonly epoch: Epoch;
  /** of the file's starts, this one */
  readonly starts: number;
  readonly alerts: Sequence;
  readonly telemetry: Sequence;
  /** of the machine */
  readonly boot: string;
}

/** Each of the two places is a block of its own. */
const placeBytes = 4096;
const syncEveryMs = 1000;

export class HighNumbersFile {
  readonly #file: string;
  #descriptor: number | undefined;
  #count = 0;
  #isSynced = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The newest of the notes that are as they were written; undefined: there is none. */
  read(): HighNumbers | undefined {
    let text: string;
    try {
      text = readFileSync(this.#file, 'latin1');
    } catch {
      return undefined;
    }
    const notes = [0, placeBytes].flatMap((at) => parseNote(text.slice(at, at + placeBytes)) ?? []);
    const newest = notes.toSorted((a, b) => b.count - a.count)[0];
    if (newest === undefined) return undefined;
    this.#count = newest.count;
    return newest.numbers;
  }

  note(numbers: HighNumbers): void {
    try {
      this.#descriptor ??= openPrepared(this.#file);
      this.#count++;
      writeSync(this.#descriptor, printNote(this.#count, numbers), (this.#count % 2) * placeBytes, 'latin1');
      this.#isSynced = false;
      this.#timer ??= setTimeout(() => this.#syncAside(), syncEveryMs).unref();
    } catch {
      // a disk that refuses this has nothing of what is committed either, or soon has not: the next one tries again
      this.close();
    }
  }

  #sync(): void {
    if (this.#descriptor === undefined || this.#isSynced) return;
    try {
      fdatasyncSync(this.#descriptor);
      this.#isSynced = true;
    } catch {
      // as above
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#descriptor === undefined) return;
    this.#sync();
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** In libuv's threads: the commits go on. */
  #syncAside(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#isSynced = true;
    fdatasync(descriptor, () => {
      this.#timer = undefined;
      if (!this.#isSynced && this.#descriptor !== undefined)
        this.#timer = setTimeout(() => this.#syncAside(), syncEveryMs).unref();
    });
  }
}

/** With both places laid out, so that a note never needs room on a disk that is full. */
function openPrepared(file: string): number {
  const descriptor = openSync(file, 'a+', 0o600);
  const { size } = fstatSync(descriptor);
  if (size < 2 * placeBytes) writeSync(descriptor, ' '.repeat(2 * placeBytes - size));
  closeSync(descriptor);
  return openSync(file, 'r+');
}

function printNote(count: number, { epoch, starts, alerts, telemetry, boot }: HighNumbers): string {
  const text = `${count} ${epoch} ${starts} ${alerts} ${telemetry} ${encodeURIComponent(boot)}`;
  return `${text} ${crc32(text)}\n`;
}

function parseNote(place: string): { readonly count: number; readonly numbers: HighNumbers } | undefined {
  const [line = ''] = place.split('\n', 1);
  const end = line.lastIndexOf(' ');
  if (end < 0 || String(crc32(line.slice(0, end))) !== line.slice(end + 1)) return undefined;
  const [count = '', epoch, starts, alerts, telemetry, boot = ''] = line.slice(0, end).split(' ');
  if (!isId(epoch)) return undefined;
  return {
    count: Number(count),
    numbers: {
      epoch: asId<'epoch'>(epoch),
      starts: Number(starts),
      alerts: Number(alerts),
      telemetry: Number(telemetry),
      boot: decodeURIComponent(boot),
    },
  };
}
