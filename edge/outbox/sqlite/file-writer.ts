/**
 * The outbox's writer: opens the file, begins an epoch in it, commits batches. It runs in a thread of its own
 * (writer.ts), so that a slow fsync blocks nothing else of the gateway; the simulation runs it on a disk in memory.
 *
 *   opening ── ready ──► waiting ◄──► committing ── stop, or the file is damaged ──► closed
 *      └── not-ready ──► closed
 *
 * Always: each `commit` is answered once, after its fsync, in order. A commit that fails stores nothing; one that
 * finds the disk full is tried once more in the room of the ballast; where the file is found damaged, by a commit or by
 * a reader, the writer ends, and whoever owns it starts another that puts the file aside.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { type ErrorCode, ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { nextList, noEpochs } from '../epoch-list.ts';
import { InHand } from '../in-hand.ts';
import { isDamage } from './damage.ts';
import { isFailing, isFull } from './disk-trouble.ts';
import type { Batch, FromWriter, Recalled, ToWriter, WriterData } from './messages.ts';
import type { PutAside } from './opening.ts';
import { lossesOf } from './salvage.ts';
import { selectLivingEpochs, selectTellingEpochs } from './sql/lanes.ts';
import { selectStarts } from './sql/meta.ts';
import { OutboxStore } from './store.ts';
import type { WriterDisk } from './writer-disk.ts';

interface Opened {
  readonly db: Database.Database;
  readonly store: OutboxStore;
  readonly recalled: Recalled | null;
}

export class FileWriter {
  readonly #data: WriterData;
  readonly #disk: WriterDisk;
  readonly #clock: Pick<Clock, 'uptime'>;
  readonly #say: (message: FromWriter) => void;
  #opened: Opened | undefined;
  /** What was put aside and not told yet, by this writer or by one before it that could not begin the next file. */
  #aside: PutAside | null;
  /** what this writer has begun is not put aside again and again */
  #mayPutAside = true;
  /** the list beside the file as it should be, and whether it is: a full disk may not take it at the start */
  #epochs = noEpochs;
  #isNoted = false;

  constructor(data: WriterData, disk: WriterDisk, clock: Pick<Clock, 'uptime'>, say: (message: FromWriter) => void) {
    this.#data = data;
    this.#disk = disk;
    this.#clock = clock;
    this.#say = say;
    this.#aside = data.putAside;
  }

  /** Opens the file and says how that went; false where it cannot go on. */
  open(): boolean {
    try {
      this.#opened = this.#openWithRoom();
      const { store, recalled } = this.#opened;
      const epoch = this.#data.epoch as Epoch;
      const { starts } = store;
      this.#say({ kind: 'ready', epoch, starts, state: store.state(), recalled, putAside: this.#aside });
      return true;
    } catch (error) {
      const code = this.#codeOfOpening(error);
      this.#say({ kind: 'not-ready', code, message: messageOf(error), putAside: this.#aside });
      return false;
    }
  }

  #codeOfOpening(error: unknown): ErrorCode {
    if (isFull(error, this.#disk)) return 'FORPOST_OUTBOX_FULL';
    if (error instanceof ForpostError && error.code === 'FORPOST_OUTBOX_NEWER_SCHEMA') return error.code;
    return isFailing(error, this.#disk) ? 'FORPOST_OUTBOX_DISK' : 'FORPOST_OUTBOX_FAILED';
  }

  /** Does what it is told; false where that was the last. */
  hear(message: ToWriter): boolean {
    if (this.#opened === undefined) return false;
    const { db, store } = this.#opened;
    if (this.#do(store, message)) return true;
    db.close();
    this.#opened = undefined;
    return false;
  }

  #do(store: OutboxStore, message: ToWriter): boolean {
    switch (message.kind) {
      case 'commit':
        return this.#commit(store, message.batch);
      case 'dead-letters':
        return this.#tellDeadLetters(store, message.limit, message.device);
      case 'check':
        return this.#check();
      case 'stop':
        return false;
    }
  }

  /** On a disk that is full the ballast makes the room that opening needs. */
  #openWithRoom(): Opened {
    try {
      return this.#openStore();
    } catch (error) {
      if (!isFull(error, this.#disk) || !this.#disk.ballast.giveUp()) throw error;
      const opened = this.#openStore();
      opened.store.diskIsFull();
      return opened;
    }
  }

  /** A file that is found damaged, also by what is read of it at the start only, is put aside, and the next one begun. */
  #openStore(): Opened {
    const { damage } = this.#data;
    if (damage !== null && this.#mayPutAside) this.#putAside(damage);
    try {
      return this.#beginIn(this.#disk.open());
    } catch (error) {
      if (!isDamage(error) || !this.#mayPutAside) throw error;
      this.#putAside(messageOf(error));
      return this.#beginIn(this.#disk.open());
    }
  }

  #putAside(reason: string): void {
    const files = this.#disk.putAside();
    this.#mayPutAside = false;
    const before = this.#aside;
    this.#aside = { reason: before?.reason ?? reason, files: [...(before?.files ?? []), ...files] };
  }

  #beginIn(db: Database.Database): Opened {
    const { sinks, limits, stampNow, recall } = this.#data;
    const disk = this.#disk;
    const list = disk.readEpochs();
    let store: OutboxStore | undefined;
    try {
      const epoch = this.#data.epoch as Epoch;
      // also where an earlier start put a file aside and was killed before it had begun the next one
      const isNew = db.prepare(selectStarts).pluck().get() === 0;
      const lost = isNew ? lossesOf(disk, this.#aside?.files[0], list, sinks) : { epochs: [], gaps: [] };
      const living = db.prepare<[], Epoch>(selectLivingEpochs).pluck().all();
      const telling = db.prepare<[], Epoch>(selectTellingEpochs).pluck().all();
      this.#epochs = nextList(list, { living, telling }, lost.epochs, epoch);
      this.#isNoted = disk.writeEpochs(this.#epochs);
      const parts = { disk, sinks, limits, inHand: new InHand(this.#data.inHand), clock: this.#clock };
      store = new OutboxStore(db, epoch, parts, { gaps: lost.gaps, stamp: stampNow });
      return { db, store, recalled: recall ? store.recall() : null };
    } catch (error) {
      db.close();
      // an epoch that never began is not lost with the next file; but perhaps it is found there, with what it tells of
      if (this.#isNoted && store === undefined) disk.writeEpochs({ ...list, told: this.#epochs.told });
      throw error;
    }
  }

  /** false where the file is damaged */
  #commit(store: OutboxStore, batch: Batch): boolean {
    const began = this.#clock.uptime();
    if (!this.#isNoted) this.#isNoted = this.#disk.writeEpochs(this.#epochs);
    try {
      const outcome = this.#commitWithRoom(store, batch);
      this.#say({ kind: 'committed', outcome, ms: this.#clock.uptime() - began });
      return true;
    } catch (error) {
      const full = isFull(error, this.#disk);
      const corrupt = !full && isDamage(error);
      const code = full ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
      this.#say({ kind: 'commit-failed', code, message: messageOf(error), corrupt });
      return !corrupt;
    }
  }

  #commitWithRoom(store: OutboxStore, batch: Batch) {
    try {
      return store.commit(batch);
    } catch (error) {
      if (!isFull(error, this.#disk)) throw error;
      store.diskIsFull();
      return store.commit(batch);
    }
  }

  #tellDeadLetters(store: OutboxStore, limit: number, device: string | undefined): boolean {
    try {
      this.#say({ kind: 'dead-letters', letters: store.deadLetters(limit, device) });
      return true;
    } catch (error) {
      this.#say({ kind: 'dead-letters-failed', message: messageOf(error) });
      return isDamage(error) ? this.#endDamaged(messageOf(error)) : true;
    }
  }

  /** A page that only a reader comes to would keep its lane waiting for ever. */
  #check(): boolean {
    try {
      const found = this.#disk.damage();
      return found === undefined ? true : this.#endDamaged(found);
    } catch {
      // it cannot be opened a second time just now: whoever reads it will ask again
      return true;
    }
  }

  #endDamaged(message: string): false {
    this.#say({ kind: 'damaged', message });
    return false;
  }
}
