/**
 * Keeps the evidence of alarms: pictures and clips as files, and beside each a small JSON that says what it shows.
 *
 *   file in new/ ── moved here ──► JSON beside it (fsync, rename) ──► known ── too old, no room ──► deleted
 *
 * Always: a known piece is whole on disk, also after a power cut: a start deletes a file without its JSON, a JSON without
 * its file, and everything in new/. The limits of bytes, files and free disk hold: chatter is deleted before alarms, older
 * before newer; where even that makes no room, the new piece is refused. A piece that was taken while the clock was
 * unsynced has no age, and is deleted for room alone. A folder that cannot be used is tried again each minute; until then
 * every piece is refused.
 */

import { mkdir, readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { moveFile, replaceFile } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { severitySchema } from '../site/site.ts';

/** chatter: of test alarms, info alarms, and rules that raise alarms all the time. It is kept for a shorter time. */
export type Worth = 'alarm' | 'chatter';

const recordSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  kind: Type.Union([Type.Literal('picture'), Type.Literal('best'), Type.Literal('clip')]),
  media: Type.Union([Type.Literal('image/jpeg'), Type.Literal('video/mp4')]),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  size: Type.Integer({ minimum: 0 }),
  /** of the moment that it shows, ms since 1970 */
  time: Type.Number(),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')]),
  camera: Type.String(),
  alarms: Type.Array(Type.String()),
  worth: Type.Union([Type.Literal('alarm'), Type.Literal('chatter')]),
  /** what the alarms were: on the site nothing else may be left of them */
  told: Type.Optional(
    Type.Array(
      Type.Object({
        alarm: Type.String(),
        rule: Type.String(),
        severity: severitySchema,
        message: Type.String(),
        test: Type.Boolean(),
        /** ms since 1970 */
        raised: Type.Number(),
      }),
    ),
  ),
});
export type EvidenceRecord = Type.Static<typeof recordSchema>;
const isRecord = Compile(recordSchema);

export interface EvidenceLimits {
  readonly maxBytes: number;
  readonly keepAlarmsMs: number;
  readonly keepChatterMs: number;
  /** of the disk, left for everything but evidence */
  readonly minFreeBytes: number;
}

export interface EvidenceStoreOptions {
  readonly folder: string;
  readonly limits: EvidenceLimits;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly logger: Logger;
}

/** `bytes` and `items`: kept now; the other counts: since the start. */
export interface EvidenceFigures {
  readonly bytes: number;
  readonly items: number;
  readonly maxBytes: number;
  /** deleted for their age */
  readonly droppedForAge: number;
  /** deleted to make room */
  readonly droppedForRoom: number;
  /** refused: no room, no folder, or not the file that was announced */
  readonly notKept: number;
}

/** Each has a record in memory. */
const mostFiles = 10_000;
/** Files that wait to be moved; the vision process finishes a few at once. */
const mostWaiting = 128;
const pruneEveryMs = 600_000;
const openAgainMs = 60_000;
const extensions = { 'image/jpeg': 'jpg', 'video/mp4': 'mp4' } as const;

export class EvidenceStore implements Part {
  readonly #options: EvidenceStoreOptions;
  readonly #sparing: SparingLogger;
  /** in the order in which they came */
  readonly #known = new Map<string, EvidenceRecord>();
  #bytes = 0;
  #droppedForAge = 0;
  #droppedForRoom = 0;
  #notKept = 0;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #isOpen = false;
  #stopped = false;
  #problem: Words = noWords;

  constructor(options: EvidenceStoreOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** Finds the kept pieces. A folder that cannot be used is a problem, but stops no start. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#open());
    this.#pruneLater();
  }

  async #open(): Promise<void> {
    const { folder } = this.#options;
    await rm(this.newFolder, { recursive: true, force: true });
    await mkdir(this.newFolder, { recursive: true, mode: 0o700 });
    await this.#read(await readdir(folder));
    this.#isOpen = true;
    await this.#pruneByAge();
  }

  async #pruneByAge(): Promise<void> {
    if (await this.#prune(0)) this.#problem = noWords;
  }

  #pruneLater(): void {
    this.#timer = this.#options.clock.after(this.#isOpen ? pruneEveryMs : openAgainMs, () => {
      void this.#inTurn(() => (this.#isOpen ? this.#pruneByAge() : this.#open())).then(() => {
        if (!this.#stopped) this.#pruneLater();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#last;
  }

  /** Where the vision process leaves finished files; emptied at each start. */
  get newFolder(): string {
    return join(this.#options.folder, 'new');
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#known.size;
  }

  figures(): EvidenceFigures {
    return {
      bytes: this.#bytes,
      items: this.#known.size,
      maxBytes: this.#options.limits.maxBytes,
      droppedForAge: this.#droppedForAge,
      droppedForRoom: this.#droppedForRoom,
      notKept: this.#notKept,
    };
  }

  /** Why nothing can be kept, in words; empty where all is well. */
  get problem(): Words {
    return this.#problem;
  }

  /** Takes `file` of the new folder. true: it is kept, and on disk. */
  async add(file: string, record: EvidenceRecord): Promise<boolean> {
    const from = join(this.newFolder, file);
    if (
      !this.#isOpen ||
      this.#waiting >= mostWaiting ||
      !isRecord.Check(record) ||
      !/^[0-9a-f]{16}\.(jpg|mp4)$/.test(file)
    ) {
      this.#notKept++;
      await this.discard(file);
      return false;
    }
    this.#waiting++;
    let kept = false;
    await this.#inTurn(async () => {
      kept = await this.#keep(from, record);
    });
    this.#waiting--;
    if (kept) return true;
    this.#notKept++;
    await this.discard(file);
    return false;
  }

  /** Deletes `file` of the new folder. A failure is logged, and the next start deletes the file. */
  async discard(file: string): Promise<void> {
    try {
      await rm(join(this.newFolder, file), { force: true });
    } catch (error) {
      this.#sparing.warn('discard', {}, `a picture that is not kept could not be deleted: ${messageOf(error)}`);
    }
  }

  get(id: string): EvidenceRecord | undefined {
    return this.#known.get(id);
  }

  /** The references whose pieces are still kept. */
  kept<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
    return items.filter(({ id }) => this.#known.has(id));
  }

  /** The newest first; `alarm`: of that one alone. */
  list(limit: number, alarm?: string): readonly EvidenceRecord[] {
    const wanted: EvidenceRecord[] = [];
    for (const record of [...this.#known.values()].reverse()) {
      if (wanted.length >= limit) break;
      if (alarm === undefined || record.alarms.includes(alarm)) wanted.push(record);
    }
    return wanted;
  }

  pathOf({ id, media }: Pick<EvidenceRecord, 'id' | 'media'>): string {
    return join(this.#options.folder, `${id}.${extensions[media]}`);
  }

  async #keep(from: string, record: EvidenceRecord): Promise<boolean> {
    if (!(await this.#prune(record.size))) return false;
    await moveFile(from, this.pathOf(record));
    await this.#note(record);
    this.#known.set(record.id, record);
    this.#bytes += record.size;
    this.#problem = noWords;
    return true;
  }

  /** Writes the JSON of a piece, whole or not at all; on disk when it resolves. */
  async #note(record: EvidenceRecord): Promise<void> {
    await replaceFile(join(this.#options.folder, `${record.id}.json`), JSON.stringify(record));
  }

  /** Deletes what is too old, and what takes the room of `bytes` more. true: there is room for them. */
  async #prune(bytes: number): Promise<boolean> {
    const { limits, clock, quality, folder } = this.#options;
    const { keepAlarmsMs, keepChatterMs } = limits;
    const now = clock.now();
    if (quality() === 'synced')
      for (const record of [...this.#known.values()]) {
        const keepMs = record.worth === 'alarm' ? keepAlarmsMs : keepChatterMs;
        if (record.clock !== 'synced' || now - record.time <= keepMs) continue;
        this.#droppedForAge++;
        await this.#delete(record);
      }
    if (bytes > limits.maxBytes) return this.#failed('room', words('gateway/problem.pictures-too-large'));
    for (;;) {
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize - bytes >= limits.minFreeBytes;
      if (free && this.#bytes + bytes <= limits.maxBytes && this.#known.size < mostFiles) return true;
      const least = this.#leastWorth();
      if (least === undefined) return this.#failed('room', words('gateway/problem.pictures-no-room'));
      this.#droppedForRoom++;
      await this.#delete(least);
    }
  }

  #leastWorth(): EvidenceRecord | undefined {
    let first: EvidenceRecord | undefined;
    for (const record of this.#known.values()) {
      if (record.worth === 'chatter') return record;
      first ??= record;
    }
    return first;
  }

  async #delete(record: EvidenceRecord): Promise<void> {
    this.#known.delete(record.id);
    this.#bytes -= record.size;
    await rm(this.pathOf(record), { force: true });
    await rm(join(this.#options.folder, `${record.id}.json`), { force: true });
  }

  async #read(names: readonly string[]): Promise<void> {
    const { folder } = this.#options;
    const found: EvidenceRecord[] = [];
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const record = await readRecord(join(folder, name));
      const file = record === undefined ? undefined : await stat(this.pathOf(record)).catch(() => undefined);
      if (record !== undefined && `${record.id}.json` === name && file?.size === record.size) found.push(record);
    }
    found.sort((a, b) => a.time - b.time);
    this.#known.clear();
    this.#bytes = 0;
    for (const record of found) {
      this.#known.set(record.id, record);
      this.#bytes += record.size;
    }
    // .next: of earlier versions
    const [ours, half] = [/^[0-9a-f]{16}\.(jpg|mp4|json)(\..+)?$/, /\.(new|next|whole)$/];
    for (const name of names)
      if (ours.test(name) && (half.test(name) || !this.#known.has(name.slice(0, 16))))
        await rm(join(folder, name), { force: true });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(run).catch((error: unknown) => {
      this.#failed(
        'disk',
        words('gateway/problem.pictures-not-kept', { folder: this.#options.folder, error: messageOf(error) }),
      );
    });
    return this.#last;
  }

  #failed(key: string, problem: Words): false {
    this.#problem = problem;
    this.#sparing.error(key, {}, problem);
    return false;
  }
}

async function readRecord(file: string): Promise<EvidenceRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isRecord.Check(value) ? value : undefined;
  } catch {
    // no record of this schema: its files are deleted too
    return undefined;
  }
}
