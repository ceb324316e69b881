/**
 * The simulated disk below the outbox: a SQLite file in memory (outbox-file.ts), the writer's steps (write-steps.ts),
 * the ballast, the faults of a disk, and images of what it held before.
 *
 * Always: only finished steps are readable; a crash loses no finished step; `restore` loses everything since its image.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { type EpochList, noEpochs } from '../../../edge/outbox/epoch-list.ts';
import type { ReaderSource } from '../../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import { registerRowHash } from '../../../edge/outbox/sqlite/row-hash.ts';
import type { HighNumbers } from '../../../edge/outbox/sqlite/writer/high-numbers.ts';
import type { DiskSpace } from '../../../edge/outbox/sqlite/writer/space/disk.ts';
import type { DamagedFile, WriterDisk } from '../../../edge/outbox/sqlite/writer/writer-disk.ts';
import type { DiskState } from './operations.ts';
import { type EventKey, type LaneRow, OutboxFile, sqliteError } from './outbox-file.ts';
import type { Random } from './random.ts';
import { SimulatedBallast } from './simulated-ballast.ts';
import { imagesOf, newFile, pageBytes, type SimulatedDatabase } from './simulated-database.ts';
import { type Crash, WriteSteps } from './write-steps.ts';

/** The effect of one transaction on the events. */
export interface Commit {
  readonly inserted: readonly StoredEvent[];
  readonly deleted: readonly DeletedEvent[];
}

export interface DeletedEvent extends EventKey {
  /** before this transaction each configured sink's cursor had passed it */
  readonly delivered: boolean;
}

export interface DiskEvents {
  /** a transaction is durable */
  readonly committed: (commit: Commit) => void;
  /** the file is put aside next; the list of its epochs stays */
  readonly beforePutAside: () => void;
  /** events that were lost with a damaged page, each as `epoch/lane/sequence` */
  readonly damaged: (names: readonly string[]) => void;
}

const plentyBytes = 2 ** 30;
/** Free space of a nearly full disk: below the floor that the outbox must keep. */
const scarceBytes = 8192;
export const minFreeBytes = 2 * scarceBytes;

const latencyMs = { well: [0, 4], scarce: [0, 4], full: [0, 4], failing: [0, 20], stalled: [200, 3000] } as const;

interface Image {
  readonly file: Buffer;
  readonly noted: EpochList;
  readonly numbers: HighNumbers | undefined;
}

export class SimulatedDisk implements WriterDisk {
  readonly file = ':simulated:';
  readonly ballast = new SimulatedBallast((bytes) => this.#now.limitGrowth(bytes));
  readonly #random: Random;
  readonly #events: DiskEvents;
  readonly #steps: WriteSteps;
  /** one image after each transaction, for `restore`; undefined: `restore` is never called */
  readonly #images: Image[] | undefined;
  #now: OutboxFile;
  /** identity of the file; readers check it */
  #identity = 1;
  #noted: EpochList = noEpochs;
  #numbers: HighNumbers | undefined;
  readonly #aside = new Map<string, SimulatedDatabase>();
  #state: DiskState = 'well';
  /** the file is damaged, and the writer has not noticed it yet */
  #damaged = false;
  #sinks: readonly string[] = [];
  #cursors: ReadonlyMap<string, Sequence> = new Map();

  /** @param images whether `restore` will be called */
  constructor(clock: Clock, random: Random, events: DiskEvents, images = true) {
    this.#random = random;
    this.#events = events;
    this.#steps = new WriteSteps(clock, random, () => this.#inspect());
    this.#now = this.#connect(newFile);
    this.#images = images ? [{ file: newFile, noted: noEpochs, numbers: undefined }] : undefined;
  }

  get state(): DiskState {
    return this.#state;
  }

  set state(state: DiskState) {
    this.#state = state;
    this.#now.limitGrowth(state === 'full' ? 0 : state === 'scarce' ? scarceBytes : plentyBytes);
  }

  /** Names of the configured sinks: an event that all of them have is delivered. */
  set sinks(names: readonly string[]) {
    this.#sinks = names;
  }

  // interface for the writer

  open(): Database.Database {
    if (this.#damaged) throw sqliteError('SQLITE_CORRUPT', malformed);
    return this.#now.db;
  }

  putAside(): readonly string[] {
    this.#events.beforePutAside();
    const name = this.#keepAside();
    this.#open(newFile);
    return [name];
  }

  /** Some pages of the damaged file are lost, sometimes the first pages of its tables. */
  rescue(take: (from: DamagedFile) => void): readonly string[] {
    this.#events.beforePutAside();
    const { db } = this.#now;
    const name = this.#keepAside();
    const file = db.serialize();
    this.#losePages(file);
    const damaged = this.#random.chance(0.5) ? undefined : db;
    const target = new Database(newFile as unknown as string);
    registerRowHash(target);
    take({ target, images: imagesOf(file), damaged });
    const rescued = target.serialize();
    target.close();
    const before = this.eventNames();
    this.#open(rescued);
    const saved = new Set(this.eventNames());
    this.#events.damaged(before.filter((event) => !saved.has(event)));
    return [name];
  }

  /** Keeps the present file, whose commits succeed from now on. @returns its new name */
  #keepAside(): string {
    const { db } = this.#now;
    const name = `aside-${this.#aside.size}`;
    db.beforeCommit = () => undefined;
    this.#aside.set(name, db);
    return name;
  }

  /** Overwrites up to three pages of a file. */
  #losePages(file: Buffer): void {
    const pages = file.length / pageBytes;
    for (let lost = this.#random.int(0, 3); lost > 0; lost--) {
      const from = (this.#random.int(1, pages) - 1) * pageBytes;
      file.fill(0xa5, from, from + pageBytes);
    }
  }

  repairLog(): number {
    return 0;
  }

  logDamage(): undefined {
    return undefined;
  }

  damage(): string | undefined {
    return this.#damaged ? malformed : undefined;
  }

  readEpochs(): EpochList {
    return this.#noted;
  }

  writeEpochs(list: EpochList): boolean {
    const takes = this.#state !== 'full' || this.ballast.bytes === 0;
    if (takes) this.#noted = list;
    return takes;
  }

  readonly numbers: WriterDisk['numbers'] = {
    read: () => this.#numbers,
    note: (numbers) => {
      this.#numbers = numbers;
    },
    close: () => undefined,
  };

  space(): DiskSpace {
    return { freeBytes: Math.min(plentyBytes, this.#now.spareBytes), totalBytes: 2 * plentyBytes };
  }

  isReadOnly(): boolean {
    return false;
  }

  logBytes(): number {
    return 0;
  }

  writtenBytes(): number | null {
    return null;
  }

  // interface for the uplink

  reader(): ReaderSource {
    return { connect: () => this.#now.db, identity: () => this.#identity };
  }

  // faults

  /** Queues the writer's next step; it runs when the disk has finished, or never. */
  work(run: () => void): void {
    this.#steps.work(run, latencyMs[this.#state]);
  }

  /** Ends the writer; its last step survives as a whole, or not at all. */
  crash(how: Crash): void {
    this.#steps.crash(how, this.#damaged);
  }

  /** The next opening finds the file damaged. */
  spoil(): void {
    this.#damaged = true;
  }

  /** Alters one stored event. */
  rot(): void {
    const names = this.eventNames();
    if (names.length === 0) return;
    const [epoch, lane, sequence] = this.#random.pick(names).split('/');
    this.#events.damaged([`${epoch}/${lane}/${sequence}`]);
    this.tamper(
      `update events set data = replace(data, '"', '!') where epoch = ? and lane = ? and seq = ?`,
      ...[epoch, lane, Number(sequence)],
    );
  }

  /** Sets the disk back to the image at `share` of all images (0 to 1); no step may be pending. */
  restore(share: number): void {
    const images = this.#images;
    if (images === undefined) throw new Error('no images are kept');
    images.length = Math.max(1, Math.ceil(images.length * share));
    const { file, noted, numbers } = images[images.length - 1] as Image;
    this.#replace(file);
    this.#noted = noted;
    this.#numbers = numbers;
  }

  /** Changes the file, durable at once: a mistake of the simulation. */
  tamper(sql: string, ...values: readonly unknown[]): void {
    this.#now.db.prepare(sql).run(...values);
    this.#inspect();
  }

  /** Runs `sql` now and on every later file: it makes a trigger. */
  tamperAlways(sql: string): void {
    this.#always = sql;
    this.#now.db.exec(sql);
  }
  #always = '';

  end(): void {
    this.#now.db.end();
    for (const db of this.#aside.values()) db.end();
  }

  // content

  get lanes(): readonly LaneRow[] {
    return this.#now.lanes;
  }

  get usedBytes(): number {
    return this.#now.usedBytes;
  }

  /** Bytes of the alerts lanes, by the outbox's count. */
  get alertBytes(): number {
    return this.#now.alertBytes;
  }

  /** A sink's cursor in a lane; 0: none. */
  cursor(sink: string, epoch: Epoch, lane: Lane): Sequence {
    return this.#cursors.get(`${sink}/${epoch}/${lane}`) ?? 0;
  }

  /** An epoch made from the file's number of starts: see mistakes.ts. */
  countedEpoch(): string {
    return (this.#now.starts + 1).toString(16).padStart(16, '0');
  }

  /** Whether some sink lacks events of these lanes. */
  awaits(lanes: readonly Lane[]): boolean {
    return this.lanes.some(
      ({ epoch, lane, last }) =>
        lanes.includes(lane) && this.#sinks.some((sink) => this.cursor(sink, epoch, lane) < last),
    );
  }

  eventNames(): readonly string[] {
    return this.#now.eventNames();
  }

  /** Devices' own ids of stored events. */
  resendIds(): ReadonlySet<string> {
    return this.#now.resendIds();
  }

  #connect(file: Buffer): OutboxFile {
    return new OutboxFile(file, () => this.#beforeCommit(), this.#always);
  }

  #beforeCommit(): void {
    this.#steps.failWhenTorn();
    if (this.#damaged) throw sqliteError('SQLITE_CORRUPT', malformed);
    // without the ballast's space not even the log can be written
    if (this.#state === 'full' && this.ballast.bytes > 0) throw sqliteError('SQLITE_FULL', 'database or disk is full');
    if (this.#state === 'failing') this.#steps.failSomeSyncs();
  }

  /** Reports what has become durable. */
  #inspect(): void {
    const { inserted, deleted } = this.#now.takeChanges();
    if (inserted.length + deleted.length > 0) {
      this.#events.committed({
        inserted,
        deleted: deleted.map((key) => ({ ...key, delivered: this.#isDelivered(key) })),
      });
    }
    this.#cursors = this.#now.cursors();
    this.#images?.push({ file: this.#now.db.serialize(), noted: this.#noted, numbers: this.#numbers });
  }

  #isDelivered({ epoch, lane, sequence }: EventKey): boolean {
    return this.#sinks.every((sink) => this.cursor(sink, epoch, lane) >= sequence);
  }

  #replace(file: Buffer): void {
    this.#now.db.end();
    this.#open(file);
  }

  #open(file: Buffer): void {
    this.#damaged = false;
    this.#steps.fileReplaced();
    this.#identity++;
    this.#now = this.#connect(file);
    this.#cursors = this.#now.cursors();
    // a new file has the space of the old one; a full disk has none for it either
    this.state = this.#state;
  }
}

const malformed = 'database disk image is malformed';
