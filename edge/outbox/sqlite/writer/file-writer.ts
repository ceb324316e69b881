/**
 * The outbox's writer: opens the file, begins an epoch in it, commits batches. It runs in a thread of its own
 * (writer.ts), so that a slow fsync blocks nothing else of the gateway; the simulation runs it on a disk in memory.
 *
 *   opening ── ready ──► waiting ◄──► committing ── stop, or the file is damaged ──► closed
 *      └── not-ready ──► closed
 *
 * Before SQLite opens the file, flipped bits of its log are repaired (repair/log-repair.ts) and the log is checked
 * (repair/log-check.ts). A damaged file is rescued into a new one (repair/rescue.ts). Altered and missing rows of a
 * sound file are taken out (repair/mending.ts). Events that the file has lost are computed from the records beside it
 * (repair/salvage.ts). The first commit names all losses by gap records.
 *
 * Always: each `commit` is answered once, after its fsync, in order. A commit that fails stores nothing. A commit that
 * finds the disk full is tried once more with the space of the ballast. Where a commit or a reader finds the file
 * damaged, the writer ends, and its supervisor starts another one that puts the file aside.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { type ErrorCode, ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { CallMessage } from '@forpost/shared/threads/calls.ts';
import type Database from 'better-sqlite3';
import { nextList, noEpochs } from '../../epoch-list.ts';
import type { Loss } from '../../gap.ts';
import { InHand } from '../../in-hand.ts';
import { isDamage, isSenseless, retried } from '../damage.ts';
import { isFailing, isFull } from '../disk-trouble.ts';
import type { DamagePlace } from '../event-rows.ts';
import type { Batch, FromWriter, PutAside, Recalled, ToWriter, WriterCalls, WriterData } from '../messages.ts';
import { selectLanes, selectLivingEpochs, selectNamingEpochs } from '../sql/lanes.ts';
import { selectLosses } from '../sql/losses.ts';
import { selectStarts } from '../sql/meta.ts';
import { checkedBytes } from './opening.ts';
import { mendBooks, mendEvents } from './repair/mending.ts';
import { rescue } from './repair/rescue.ts';
import { endsOf, type FileLanes, inFewRanges, type Known, lossesOf } from './repair/salvage.ts';
import { OutboxStore } from './store.ts';
import type { WriterDisk } from './writer-disk.ts';

interface Opened {
  readonly db: Database.Database;
  readonly store: OutboxStore;
  readonly recalled: Recalled | null;
  /** missing and altered events that were found, in words; null: none */
  readonly found: string | null;
}

/** Gap records take space that alerts could have: at most this share of the file's limit, some bytes each. */
const gapShare = 0.01;
const gapBytes = 400;
const fewestGaps = 4;

export class FileWriter {
  readonly #data: WriterData;
  readonly #disk: WriterDisk;
  readonly #clock: Pick<Clock, 'uptime'>;
  readonly #send: (message: FromWriter) => void;
  #opened: Opened | undefined;
  /**
   * A file that was put aside and not reported yet, by this writer or by one before it that could not begin the next
   * file.
   */
  #aside: PutAside | null;
  /** bits of the log that were repaired */
  #repaired = 0;
  /** A file that this writer has begun is not put aside again. */
  #mayPutAside = true;
  /** the list of epochs beside the file; `#isNoted`: it is written, which a full disk may refuse at the start */
  #epochs = noEpochs;
  #isNoted = false;

  constructor(data: WriterData, disk: WriterDisk, clock: Pick<Clock, 'uptime'>, send: (message: FromWriter) => void) {
    this.#data = data;
    this.#disk = disk;
    this.#clock = clock;
    this.#send = send;
    this.#aside = data.putAside;
  }

  /** Opens the file and sends `ready` or `not-ready`. false: the writer ends. */
  open(): boolean {
    try {
      this.#opened = this.#openWithRoom();
      const { store, recalled, found } = this.#opened;
      const epoch = this.#data.epoch as Epoch;
      const { starts } = store;
      const isAnew = this.#aside !== null || starts === 1;
      this.#note(store);
      this.#send({
        kind: 'ready',
        epoch,
        starts,
        state: store.state(),
        recalled,
        putAside: this.#aside,
        found,
        isAnew,
      });
      return true;
    } catch (error) {
      const code = this.#codeOfOpening(error);
      this.#send({ kind: 'not-ready', code, message: messageOf(error), putAside: this.#aside });
      return false;
    }
  }

  #codeOfOpening(error: unknown): ErrorCode {
    if (isFull(error, this.#disk)) return 'FORPOST_OUTBOX_FULL';
    if (error instanceof ForpostError && error.code === 'FORPOST_OUTBOX_NEWER_SCHEMA') return error.code;
    return isFailing(error, this.#disk) ? 'FORPOST_OUTBOX_DISK' : 'FORPOST_OUTBOX_FAILED';
  }

  /** Handles one message. false: the writer ends. */
  handle(message: ToWriter): boolean {
    if (this.#opened === undefined) return false;
    const { db, store } = this.#opened;
    if (this.#do(store, message)) return true;
    this.#disk.numbers.close();
    db.close();
    this.#opened = undefined;
    return false;
  }

  #do(store: OutboxStore, message: ToWriter): boolean {
    switch (message.kind) {
      case 'commit':
        return this.#commit(store, message.batch);
      case 'call':
        return this.#answerDeadLetters(store, message);
      case 'check':
        return this.#check(store, message.place);
      case 'stop':
        return false;
    }
  }

  /** On a full disk the ballast gives the space that opening needs. */
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

  /** Rescues a damaged file, also where only the first reads find the damage, and begins the next one. */
  #openStore(): Opened {
    const known = this.#known();
    this.#repaired += this.#disk.repairLog();
    const damage = this.#data.damage ?? this.#logDamage(known);
    if (damage !== null && this.#mayPutAside) this.#rescue(damage, known);
    try {
      return this.#beginIn(this.#disk.open(), known);
    } catch (error) {
      if (!(isDamage(error) || isSenseless(error)) || !this.#mayPutAside) throw error;
      this.#rescue(messageOf(error), known);
      return this.#beginIn(this.#disk.open(), known);
    }
  }

  #known(): Known {
    const numbers = this.#disk.numbers.read();
    return {
      list: this.#disk.readEpochs(),
      numbers,
      isSameBoot: numbers?.boot === this.#data.stampNow.boot,
    };
  }

  /** After a power cut, part of one commit at the log's end is no damage: that commit was never acknowledged. */
  #logDamage({ isSameBoot }: Known): string | null {
    const found = this.#disk.logDamage();
    return found !== undefined && (found.isSure || isSameBoot) ? found.message : null;
  }

  /**
   * Puts the whole file aside, and names all its events as lost, where a rescue fails for another reason than the disk.
   */
  #rescue(reason: string, known: Known): void {
    let files: readonly string[] | undefined;
    let saved = 0;
    let ranges = 0;
    const attempt = () => {
      files = this.#disk.rescue((from) => {
        const { freeBytes } = this.#disk.space();
        const rescued = rescue({ ...from, known, sinks: this.#data.sinks, freeBytes, clock: this.#clock });
        saved = rescued.events;
        ranges = rescued.losses.length;
      });
    };
    try {
      // the ballast's space is worth more for rescued events
      if (this.#disk.space().freeBytes < this.#disk.ballast.bytes) this.#disk.ballast.giveUp();
      attempt();
    } catch (error) {
      // without space no new file can be begun either: the damaged file waits as well
      if (isFull(error, this.#disk) || isFailing(error, this.#disk)) throw error;
      files = this.#disk.putAside();
    }
    this.#mayPutAside = false;
    const before = this.#aside;
    this.#aside = {
      reason: before?.reason ?? reason,
      files: [...(before?.files ?? []), ...(files ?? [])],
      saved: (before?.saved ?? 0) + saved,
      ranges: (before?.ranges ?? 0) + ranges,
    };
  }

  #beginIn(db: Database.Database, known: Known): Opened {
    const { sinks, limits, stampNow, recall } = this.#data;
    const disk = this.#disk;
    const { list } = known;
    let store: OutboxStore | undefined;
    try {
      const epoch = this.#data.epoch as Epoch;
      const mended = this.#mend(db);
      const file: FileLanes = {
        starts: db.prepare<[], number>(selectStarts).pluck().get() ?? 0,
        lanes: db.prepare<[], FileLanes['lanes'][number]>(selectLanes).all(),
      };
      // losses count too where an earlier start put a file aside and was killed before it began the next one
      const lost = this.#isRescued(db) ? { epochs: [], losses: [] } : lossesOf(known, file);
      const unnamed = db.prepare<[], LossRow>(selectLosses).all();
      const all = [...unnamed.map(({ first, last, ...loss }) => ({ ...loss, from: first, to: last })), ...lost.losses];
      const losses = inFewRanges(all, Math.max(fewestGaps, Math.floor((limits.maxBytes * gapShare) / gapBytes)));
      const lostEpochs = [...new Set(losses.map((loss) => loss.epoch as Epoch))];
      const living = db.prepare<[], Epoch>(selectLivingEpochs).pluck().all();
      const telling = db.prepare<[], Epoch>(selectNamingEpochs).pluck().all();
      const ends = endsOf(known, file);
      this.#epochs = nextList(list, { living, naming: telling }, lostEpochs, epoch, ends);
      this.#isNoted = disk.writeEpochs(this.#epochs);
      const parts = { disk, sinks, ends, limits, inHand: new InHand(this.#data.inHand), clock: this.#clock };
      const starts = (file.starts === 0 ? 0 : Math.max(file.starts, known.numbers?.starts ?? 0)) + 1;
      store = new OutboxStore(db, { epoch, starts }, parts, { losses, stamp: stampNow });
      const found = inWords(this.#repaired, mended, lost.losses, file.starts === 0);
      return { db, store, recalled: recall ? store.recall() : null, found };
    } catch (error) {
      db.close();
      // an epoch that never began is not lost with the next file, but gap records of its losses may be in that file
      if (this.#isNoted && store === undefined) disk.writeEpochs({ ...list, named: this.#epochs.named });
      throw error;
    }
  }

  /**
   * Takes altered rows out; of a large file only those of lanes, cursors and holes. Returns the number of ranges taken
   * out.
   */
  #mend(db: Database.Database): number {
    return db.transaction(() => {
      mendBooks(db);
      const bytes =
        Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
      return bytes <= checkedBytes ? mendEvents(db) : 0;
    })();
  }

  /** Whether a rescue built the file: then its table `losses` has the losses of the damaged file. */
  #isRescued(db: Database.Database): boolean {
    return this.#aside !== null && db.prepare(selectStarts).pluck().get() !== 0;
  }

  /** Notes beside the file that these numbers were given. */
  #note(store: OutboxStore): void {
    this.#disk.numbers.note({ ...store.highNumbers, boot: this.#data.stampNow.boot });
  }

  /** false where the file is damaged */
  #commit(store: OutboxStore, batch: Batch): boolean {
    const began = this.#clock.uptime();
    if (!this.#isNoted) this.#isNoted = this.#disk.writeEpochs(this.#epochs);
    try {
      const outcome = retried(() => this.#commitWithRoom(store, batch));
      if (outcome.stored > 0) this.#note(store);
      this.#send({ kind: 'committed', outcome, ms: this.#clock.uptime() - began });
      return true;
    } catch (error) {
      const full = isFull(error, this.#disk);
      const corrupt = !full && isDamage(error);
      const code = full ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
      this.#send({ kind: 'commit-failed', code, message: messageOf(error), corrupt });
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

  /** Answers in this turn, and not through an Answerer: a damaged file ends the writer behind the answer. */
  #answerDeadLetters(store: OutboxStore, { id, question }: CallMessage<WriterCalls>): boolean {
    try {
      this.#send({ kind: 'answer', id, answer: store.deadLetters(question.limit, question.device) });
      return true;
    } catch (error) {
      const message = `the dead letters cannot be read: ${messageOf(error)}`;
      this.#send({ kind: 'call-failed', id, code: 'FORPOST_OUTBOX_FAILED', message });
      return isDamage(error) ? this.#endDamaged(messageOf(error)) : true;
    }
  }

  /** Without this check a damaged event or page that only a reader meets would stop its lane for ever. */
  #check(store: OutboxStore, place: DamagePlace | undefined): boolean {
    try {
      const named = place === undefined ? 0 : store.mend(place, this.#data.stampNow);
      if (named > 0) {
        this.#note(store);
        this.#send({ kind: 'mended', ranges: named });
        return true;
      }
      const found = this.#disk.damage();
      return found === undefined ? true : this.#endDamaged(found);
    } catch (error) {
      if (isDamage(error)) return this.#endDamaged(messageOf(error));
      // the file cannot be opened a second time now, or takes no gap record: its reader asks again
      return true;
    }
  }

  #endDamaged(message: string): false {
    this.#send({ kind: 'damaged', message });
    return false;
  }
}

interface LossRow extends Omit<Loss, 'from' | 'to'> {
  readonly first: number;
  readonly last: number | null;
}

function inWords(repaired: number, mended: number, missing: readonly Loss[], isNew: boolean): Words | null {
  const isShort = missing.length > 0;
  if (!isShort && mended === 0) return repaired === 0 ? null : words('gateway/reason.outbox-bits', { count: repaired });
  if (isNew) return words('gateway/reason.outbox-gone');
  const what =
    mended === 0
      ? words('gateway/reason.outbox-older')
      : isShort
        ? words('gateway/reason.outbox-ranges-older', { count: mended })
        : words('gateway/reason.outbox-ranges', { count: mended });
  return words('gateway/reason.outbox-damaged', { what });
}
