/**
 * The outbox's writer thread: the only writer of the file, so that a slow fsync blocks nothing else of the gateway.
 *
 *   opening ── ready ──► waiting ◄──► committing ── stop, or the file is damaged ──► closed
 *      └── not-ready ──► closed
 *
 * Always: each `commit` is answered once, after its fsync, in order. A commit that fails stores nothing; one that
 * finds the disk full is tried once more in the room of the ballast; where the file is found damaged, by a commit or by
 * a reader, the thread ends, and whoever owns it starts another that puts the file aside.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { type ErrorCode, ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { nextList, noEpochs } from '../epoch-list.ts';
import { InHand } from '../in-hand.ts';
import { Ballast } from './ballast.ts';
import { damageIn, isDamage } from './damage.ts';
import { isFailing, isFull } from './disk-trouble.ts';
import type { Batch, FromWriter, Recalled, ToWriter, WriterData } from './messages.ts';
import { openDatabase, type PutAside, putAside } from './opening.ts';
import { lossesOf, readEpochs, writeEpochs } from './salvage.ts';
import { selectLivingEpochs } from './sql/lanes.ts';
import { selectStarts } from './sql/meta.ts';
import { OutboxStore } from './store.ts';

if (isMainThread || parentPort === null) throw new Error('writer.ts runs as a thread of the outbox');
const port = parentPort;
const data = workerData as WriterData;

const say = (message: FromWriter) => port.postMessage(message);

const { file, stamp, sinks, limits, stampNow } = data;
const ballast = new Ballast(`${file}.ballast`, limits.ballastBytes);
const epochsFile = `${file}.epochs`;

interface Opening {
  readonly db: Database.Database;
  readonly store: OutboxStore;
  readonly recalled: Recalled | null;
}

/** What was put aside and not told yet, by this thread or by one before it that could not begin the next file. */
let aside: PutAside | null = data.putAside;
/** what this thread has begun is not put aside again and again */
let mayPutAside = true;
/** the list beside the file as it should be, and whether it is: a full disk may not take it at the start */
let epochs = noEpochs;
let isNoted = false;

function open() {
  try {
    const opened = openWithRoom();
    say({
      kind: 'ready',
      epoch: data.epoch as Epoch,
      starts: opened.store.starts,
      state: opened.store.state(),
      recalled: opened.recalled,
      putAside: aside,
    });
    return opened;
  } catch (error) {
    say({ kind: 'not-ready', code: codeOfOpening(error), message: messageOf(error), putAside: aside });
    port.close();
    return undefined;
  }
}

function codeOfOpening(error: unknown): ErrorCode {
  if (isFull(error, file)) return 'FORPOST_OUTBOX_FULL';
  if (error instanceof ForpostError && error.code === 'FORPOST_OUTBOX_NEWER_SCHEMA') return error.code;
  return isFailing(error, file) ? 'FORPOST_OUTBOX_DISK' : 'FORPOST_OUTBOX_FAILED';
}

/** On a disk that is full the ballast makes the room that opening needs. */
function openWithRoom() {
  try {
    return openStore();
  } catch (error) {
    if (!isFull(error, file) || !ballast.giveUp()) throw error;
    const opened = openStore();
    opened.store.diskIsFull();
    return opened;
  }
}

/** A file that is found damaged, also by what is read of it at the start only, is put aside, and the next one begun. */
function openStore(): Opening {
  if (data.damage !== null && mayPutAside) putAsideFor(data.damage);
  try {
    return beginIn(openDatabase(file));
  } catch (error) {
    if (!isDamage(error) || !mayPutAside) throw error;
    putAsideFor(messageOf(error));
    return beginIn(openDatabase(file));
  }
}

function putAsideFor(reason: string): void {
  const files = putAside(file, stamp);
  mayPutAside = false;
  aside = { reason: aside?.reason ?? reason, files: [...(aside?.files ?? []), ...files] };
}

function beginIn(db: Database.Database): Opening {
  const list = readEpochs(epochsFile);
  try {
    const epoch = data.epoch as Epoch;
    // also where an earlier start put a file aside and was killed before it had begun the next one
    const isNew = db.prepare(selectStarts).pluck().get() === 0;
    const lost = isNew ? lossesOf(aside?.files[0], list, sinks) : { epochs: [], gaps: [] };
    const living = db.prepare<[], Epoch>(selectLivingEpochs).pluck().all();
    epochs = nextList(list, [...living, epoch], lost.epochs, epoch);
    isNoted = writeEpochs(epochsFile, epochs);
    const inHand = new InHand(data.inHand);
    const parts = { file, sinks, limits, inHand, ballast };
    const store = new OutboxStore(db, epoch, parts, { gaps: lost.gaps, stamp: stampNow });
    return { db, store, recalled: data.recall ? store.recall() : null };
  } catch (error) {
    db.close();
    // an epoch that never began is not lost with the next file
    if (isNoted) writeEpochs(epochsFile, list);
    throw error;
  }
}

function commit(store: OutboxStore, batch: Batch): 'go on' | 'end' {
  const began = systemClock.uptime();
  if (!isNoted) isNoted = writeEpochs(epochsFile, epochs);
  try {
    const outcome = commitWithRoom(store, batch);
    say({ kind: 'committed', outcome, ms: systemClock.uptime() - began });
    return 'go on';
  } catch (error) {
    const full = isFull(error, file);
    const corrupt = !full && isDamage(error);
    const code = full ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
    say({ kind: 'commit-failed', code, message: messageOf(error), corrupt });
    return corrupt ? 'end' : 'go on';
  }
}

function commitWithRoom(store: OutboxStore, batch: Batch) {
  try {
    return store.commit(batch);
  } catch (error) {
    if (!isFull(error, file)) throw error;
    store.diskIsFull();
    return store.commit(batch);
  }
}

function tellDeadLetters(store: OutboxStore, limit: number): 'go on' | 'end' {
  try {
    say({ kind: 'dead-letters', letters: store.deadLetters(limit) });
    return 'go on';
  } catch (error) {
    say({ kind: 'dead-letters-failed', message: messageOf(error) });
    return isDamage(error) ? endDamaged(messageOf(error)) : 'go on';
  }
}

/** A page that only a reader comes to would keep its lane waiting for ever. */
function check(): 'go on' | 'end' {
  try {
    const found = damageIn(file);
    return found === undefined ? 'go on' : endDamaged(found);
  } catch {
    // it cannot be opened a second time just now: whoever reads it will ask again
    return 'go on';
  }
}

function endDamaged(message: string): 'end' {
  say({ kind: 'damaged', message });
  return 'end';
}

function hear(store: OutboxStore, message: ToWriter): 'go on' | 'end' {
  switch (message.kind) {
    case 'commit':
      return commit(store, message.batch);
    case 'dead-letters':
      return tellDeadLetters(store, message.limit);
    case 'check':
      return check();
    case 'stop':
      return 'end';
  }
}

const opened = open();
if (opened !== undefined) {
  const { db, store } = opened;
  port.on('message', (message: ToWriter) => {
    if (hear(store, message) === 'go on') return;
    db.close();
    port.close();
  });
}
