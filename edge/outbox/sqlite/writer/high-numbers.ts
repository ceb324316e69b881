/**
 * The highest sequence numbers that were committed, in a file beside the database. By them the gateway finds and names
 * the events that are missing in a damaged file, in a log without its end, or in an older copy.
 *
 *   commit (fsync of the log) ──► note (one write of 128 bytes, no fsync) ──► acknowledged
 *                                     └── within a second: fdatasync, beside the next commits
 *
 * However the process ends, a note without an fsync is exact, because the kernel has it. A power cut may take the last
 * second of notes: where events are missing after one (`boot` has changed), the gap record has no end. A second fsync
 * for each commit would double the cost of every acknowledgement and the wear of a memory card.
 *
 * Always: a note is written after its commit and before anyone learns of it, in turn into one of two places: a torn or
 * damaged note leaves the one before it. Nothing here throws: without notes the gateway trusts the database alone.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { asId, type Epoch, isId, type Sequence } from '@forpost/shared/event/ids.ts';

export interface HighNumbers {
  readonly epoch: Epoch;
  /** number of this start of the file */
  readonly starts: number;
  readonly alerts: Sequence;
  readonly telemetry: Sequence;
  /** of the machine's boot */
  readonly boot: string;
}

/** Each of the two places is a block by itself. */
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

  /** The newest note whose hash is right; undefined: there is none. */
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
      // a disk that refuses this refuses commits as well: the next commit tries again
      this.close();
    }
  }

  #sync(): void {
    if (this.#descriptor === undefined || this.#isSynced) return;
    try {
      fdatasyncSync(this.#descriptor);
      this.#isSynced = true;
    } catch {
      // a disk that refuses this refuses commits as well
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

  /** Runs in libuv's threads, beside the commits. */
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

/** Lays both places out, so that a note needs no new block on a full disk. */
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
