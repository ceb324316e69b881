/**
 * The simulated disk below the outbox: real SQLite in memory. A step of the writer (opening the file, committing a batch) takes
 * effect only when the disk has finished it. After a crash an unfinished step is absent, or, when its log had reached the disk
 * already, complete.
 *
 *   work ──► pending ── latency ──► done (readable, told)
 *               │            └── fsync fails ──► residue: refused, but perhaps present after a crash
 *               └── crash: present as a whole, or torn before the commit (SQLite drops that), which counts as absent
 *
 * Always: at most one step is pending; only finished steps are readable; a crash loses no finished step; `restore` loses
 * everything since its image.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { type EpochList, noEpochs } from '../../../edge/outbox/epoch-list.ts';
import { rowBytes } from '../../../edge/outbox/room.ts';
import type { ReaderSource } from '../../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import { registerRowHash } from '../../../edge/outbox/sqlite/row-hash.ts';
import type { HighNumbers } from '../../../edge/outbox/sqlite/writer/high-numbers.ts';
import type { DiskSpace } from '../../../edge/outbox/sqlite/writer/space/disk.ts';
import type { DamagedFile, WriterDisk } from '../../../edge/outbox/sqlite/writer/writer-disk.ts';
import type { DiskState } from './operations.ts';
import type { Random } from './random.ts';
import { imagesOf, newFile, pageBytes, SimulatedDatabase } from './simulated-database.ts';

/** The effect of one transaction on the events. */
export interface Done {
  readonly inserted: readonly StoredEvent[];
  readonly gone: readonly Gone[];
}

export interface Gone {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly sequence: Sequence;
  /** every configured sink's cursor had passed it before this transaction */
  readonly delivered: boolean;
}

export interface DiskEvents {
  /** a transaction is durable */
  readonly done: (done: Done) => void;
  /** the file is about to be put aside; the list of its epochs stays */
  readonly puttingAside: () => void;
  /** events lost with a damaged page, by name */
  readonly damaged: (names: readonly string[]) => void;
}

export interface LaneRow {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** the first number that is still stored */
  readonly first: Sequence;
  readonly last: Sequence;
}

const ballastBytes = 8192;
const plentyBytes = 2 ** 30;
/** Beside the ballast's share for the log. */
const ballastShare = 0.5;
/** Free space of a nearly full disk: below the floor that the outbox must keep. */
const scarceBytes = 8192;
export const minFreeBytes = 2 * scarceBytes;

const latencyMs = { well: [0, 4], scarce: [0, 4], full: [0, 4], failing: [0, 20], stalled: [200, 3000] } as const;
/** Chances that a pending step survives: in a kill the kernel may have it; in a power cut it must be on disk already. */
const survival = { kill: 0.5, 'power-cut': 0.3 } as const;
const failingShare = 0.5;

/** Records a transaction's effect on the events; a rollback undoes the record too. */
const watchEvents = `
create temp table changed (kind text, epoch text, lane text, seq integer);
create temp trigger inserted after insert on main.events
begin insert into changed values ('in', new.epoch, new.lane, new.seq); end;
create temp trigger deleted after delete on main.events
begin insert into changed values ('out', old.epoch, old.lane, old.seq); end;`;
const selectChanged = `
select c.kind, c.epoch, c.lane, c.seq as sequence, type, device, time, received, clock, boot, uptime, data
from temp.changed c left join events e on e.epoch = c.epoch and e.lane = c.lane and e.seq = c.seq order by c.rowid`;
const selectAlertBytes = `
select coalesce(sum(octet_length(data) + ${rowBytes}), 0) from events where lane = 'alerts'`;
const selectLaneRows = `
select epoch, lane, first_seq as first, next_seq - 1 as last from lanes order by start, lane`;

interface Connection {
  readonly db: SimulatedDatabase;
  readonly changed: Database.Statement<[], StoredEvent & { readonly kind: 'in' | 'out' }>;
  readonly forgetChanged: Database.Statement;
  readonly cursors: Database.Statement<[], { readonly key: string; readonly acked: number }>;
  readonly lanes: Database.Statement<[], LaneRow>;
  readonly alertBytes: Database.Statement<[], number>;
  readonly pages: Database.Statement<[], number>;
  readonly freePages: Database.Statement<[], number>;
  readonly mostPages: Database.Statement<[], number>;
}

interface Image {
  readonly file: Buffer;
  readonly noted: EpochList;
  readonly numbers: HighNumbers | undefined;
}

export class SimulatedDisk implements WriterDisk {
  readonly file = ':simulated:';
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: DiskEvents;
  /** after each transaction, an older image for `restore`; undefined: no `restore` will come */
  #images: Image[] | undefined;
  #now: Connection;
  /** identity of the file; readers check it */
  #identity = 1;
  #noted: EpochList = noEpochs;
  #numbers: HighNumbers | undefined;
  readonly #aside = new Map<string, SimulatedDatabase>();
  #state: DiskState = 'well';
  #ballast = 0;
  /** the file is damaged, and nobody has noticed yet */
  #damaged = false;
  #sinks: readonly string[] = [];
  #cursors: ReadonlyMap<string, number> = new Map();
  #pending: { readonly run: () => void; readonly timer: Timer } | undefined;
  #residue: (() => void) | undefined;
  /** result of the running step's commits */
  #fate: 'by its state' | 'well' | 'torn' = 'by its state';
  #ranLast: (() => void) | undefined;

  /** `images`: whether `restore` will be asked for. */
  constructor(clock: Clock, random: Random, events: DiskEvents, images = true) {
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
    this.#now = this.#connect(newFile);
    this.#images = images ? [{ file: newFile, noted: noEpochs, numbers: undefined }] : undefined;
  }

  readonly ballast: WriterDisk['ballast'] = (() => {
    const disk = this;
    return {
      get bytes() {
        return disk.#ballast;
      },
      get missingBytes() {
        return ballastBytes - disk.#ballast;
      },
      lay(spareBytes: number) {
        disk.#ballast += Math.max(0, Math.min(ballastBytes - disk.#ballast, Math.floor(spareBytes)));
      },
      giveUp() {
        if (disk.#ballast === 0) return false;
        disk.#roomFor(disk.#ballast * ballastShare);
        disk.#ballast = 0;
        return true;
      },
    };
  })();

  get state(): DiskState {
    return this.#state;
  }

  set state(state: DiskState) {
    this.#state = state;
    this.#roomFor(state === 'full' ? 0 : state === 'scarce' ? scarceBytes : plentyBytes);
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
    this.#events.puttingAside();
    const name = `aside-${this.#aside.size}`;
    const { db } = this.#now;
    db.beforeCommit = () => undefined;
    this.#aside.set(name, db);
    this.#open(newFile);
    return [name];
  }

  /** Pages of the damaged file are lost, sometimes the first pages of its tables. */
  rescue(take: (from: DamagedFile) => void): readonly string[] {
    this.#events.puttingAside();
    const { db } = this.#now;
    db.beforeCommit = () => undefined;
    const file = db.serialize();
    const pages = file.length / pageBytes;
    for (let lost = this.#random.int(0, 3); lost > 0; lost--) {
      const from = (this.#random.int(1, pages) - 1) * pageBytes;
      file.fill(0xa5, from, from + pageBytes);
    }
    const damaged = this.#random.chance(0.5) ? undefined : db;
    const target = new Database(newFile as unknown as string);
    registerRowHash(target);
    take({ target, images: imagesOf(file), damaged });
    const rescued = target.serialize();
    target.close();
    const name = `aside-${this.#aside.size}`;
    this.#aside.set(name, db);
    const before = this.eventNames();
    this.#open(rescued);
    const saved = new Set(this.eventNames());
    this.#events.damaged(before.filter((event) => !saved.has(event)));
    return [name];
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
    const takes = this.#state !== 'full' || this.#ballast === 0;
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
    const { pages, mostPages } = this.#now;
    const left = (mostPages.get() ?? 0) - (pages.get() ?? 0);
    return { freeBytes: Math.min(plentyBytes, left * pageBytes), totalBytes: 2 * plentyBytes };
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
    if (this.#pending !== undefined) throw new Error('the writer does one thing at a time');
    const [from, through] = latencyMs[this.#state];
    const timer = this.#clock.after(this.#random.int(from, through), () => {
      this.#pending = undefined;
      // it overwrites the failed one
      this.#residue = undefined;
      this.#run(run);
    });
    this.#pending = { run, timer };
  }

  /** The writer is dead: recovery finds what survived. */
  crash(how: keyof typeof survival): void {
    // after damage nobody looks for it any more
    const unsure = this.#pending?.run ?? (this.#damaged ? undefined : this.#residue);
    this.#pending?.timer.cancel();
    this.#pending = undefined;
    this.#residue = undefined;
    if (unsure === undefined) return;
    this.#fate = this.#random.chance(survival[how]) ? 'well' : 'torn';
    this.#run(unsure);
    this.#fate = 'by its state';
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

  /** Sets the disk back to its state after `share` of everything written; no step may be pending. */
  restore(share: number): void {
    const images = this.#images;
    if (images === undefined) throw new Error('no images are kept');
    images.length = Math.max(1, Math.ceil(images.length * share));
    const { file, noted, numbers } = images[images.length - 1] as Image;
    this.#replace(file);
    this.#noted = noted;
    this.#numbers = numbers;
  }

  /** Lets a mistake of the simulation change the file, durable at once. */
  tamper(sql: string, ...values: readonly unknown[]): void {
    this.#now.db.prepare(sql).run(...values);
    this.#look();
  }

  /** The same on every connection from now on: a trigger. */
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
    return this.#now.lanes.all();
  }

  get usedBytes(): number {
    const { pages, freePages } = this.#now;
    return ((pages.get() ?? 0) - (freePages.get() ?? 0)) * pageBytes;
  }

  /** Bytes of the alerts lanes, by the outbox's count. */
  get alertBytes(): number {
    return this.#now.alertBytes.get() ?? 0;
  }

  /** A sink's cursor in a lane; 0: none. */
  cursor(sink: string, epoch: Epoch, lane: Lane): Sequence {
    return this.#cursors.get(`${sink}/${epoch}/${lane}`) ?? 0;
  }

  /** An epoch made from the file's number of starts: see mistakes.ts. */
  countedEpoch(): string {
    const starts = this.#now.db.prepare<[], number>('select starts from meta').pluck().get() ?? 0;
    return (starts + 1).toString(16).padStart(16, '0');
  }

  /** Whether some sink lacks events of these lanes. */
  awaits(lanes: readonly Lane[]): boolean {
    return this.lanes.some(
      ({ epoch, lane, last }) =>
        lanes.includes(lane) && this.#sinks.some((sink) => this.cursor(sink, epoch, lane) < last),
    );
  }

  eventNames(): readonly string[] {
    return this.#now.db.prepare<[], string>(`select epoch || '/' || lane || '/' || seq from events`).pluck().all();
  }

  /** Devices' own ids of stored events. */
  resendIds(): ReadonlySet<string> {
    return new Set(this.#now.db.prepare<[], string>('select id from recent').pluck().all());
  }

  #connect(file: Buffer): Connection {
    const db = new SimulatedDatabase(file);
    registerRowHash(db);
    db.exec(watchEvents);
    if (this.#always !== '') db.exec(this.#always);
    db.beforeCommit = () => this.#beforeCommit();
    return {
      db,
      changed: db.prepare(selectChanged),
      forgetChanged: db.prepare('delete from temp.changed'),
      cursors: db.prepare(`select sink || '/' || epoch || '/' || lane as key, acked from cursors`),
      lanes: db.prepare(selectLaneRows),
      alertBytes: db.prepare<[], number>(selectAlertBytes).pluck(),
      pages: db.prepare<[], number>('pragma page_count').pluck(),
      freePages: db.prepare<[], number>('pragma freelist_count').pluck(),
      mostPages: db.prepare<[], number>('pragma max_page_count').pluck(),
    };
  }

  #run(run: () => void): void {
    this.#ranLast = run;
    run();
    this.#look();
  }

  #beforeCommit(): void {
    if (this.#fate === 'torn') throw sqliteError('SQLITE_IOERR_WRITE', 'the power is cut');
    if (this.#damaged) throw sqliteError('SQLITE_CORRUPT', malformed);
    // without the ballast's space not even the log can be written
    if (this.#state === 'full' && this.#ballast > 0) throw sqliteError('SQLITE_FULL', 'database or disk is full');
    if (this.#fate === 'well' || this.#state !== 'failing' || !this.#random.chance(failingShare)) return;
    this.#residue = this.#ranLast;
    throw sqliteError('SQLITE_IOERR_FSYNC', 'disk I/O error');
  }

  /** Reports what has become durable. */
  #look(): void {
    const { changed, forgetChanged, cursors, db } = this.#now;
    const rows = changed.all();
    if (rows.length > 0) {
      forgetChanged.run();
      const inserted = rows.flatMap(({ kind, ...event }) => (kind === 'in' ? [event] : []));
      const gone = rows.flatMap(({ kind, epoch, lane, sequence }) =>
        kind === 'out' ? [{ epoch, lane, sequence, delivered: this.#isDelivered(epoch, lane, sequence) }] : [],
      );
      this.#events.done({ inserted, gone });
    }
    this.#cursors = new Map(cursors.all().map(({ key, acked }) => [key, acked]));
    this.#images?.push({ file: db.serialize(), noted: this.#noted, numbers: this.#numbers });
  }

  #isDelivered(epoch: Epoch, lane: Lane, sequence: Sequence): boolean {
    return this.#sinks.every((sink) => this.cursor(sink, epoch, lane) >= sequence);
  }

  /** Limits the growth of the file and its log, bytes. */
  #roomFor(bytes: number): void {
    const { db, pages } = this.#now;
    db.pragma(`max_page_count = ${(pages.get() ?? 0) + Math.floor(bytes / pageBytes)}`);
  }

  #replace(file: Buffer): void {
    this.#now.db.end();
    this.#open(file);
  }

  #open(file: Buffer): void {
    this.#damaged = false;
    this.#residue = undefined;
    this.#identity++;
    this.#now = this.#connect(file);
    this.#cursors = new Map(this.#now.cursors.all().map(({ key, acked }) => [key, acked]));
    // a new file has the space of the old one; a full disk has none for it either
    this.state = this.#state;
  }
}

const malformed = 'database disk image is malformed';

function sqliteError(code: string, message: string): Error {
  return new Database.SqliteError(message, code);
}
