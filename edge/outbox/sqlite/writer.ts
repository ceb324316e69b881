/**
 * The outbox's writer thread: the only writer of the file, so that a slow fsync blocks nothing else of the gateway.
 *
 *   opening ── ready ──► waiting ◄──► committing ── stop, or the file is damaged ──► closed
 *      └── not-ready ──► closed
 *
 * Always: each `commit` is answered once, after its fsync, in order. A commit that fails stores nothing; one that
 * finds the disk full is tried once more in the room of the ballast; one that finds the file damaged ends the thread,
 * and whoever owns it starts another with the file put aside.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import { InHand } from '../in-hand.ts';
import { Ballast } from './ballast.ts';
import { isFull } from './full.ts';
import type { Batch, FromWriter, Recalled, ToWriter, WriterData } from './messages.ts';
import { isDamage, type Opened, openDatabase } from './opening.ts';
import { lossesOf, noteEpochs, readEpochs } from './salvage.ts';
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

interface Opening extends Opened {
  readonly store: OutboxStore;
  readonly recalled: Recalled | null;
}

function open() {
  try {
    const opened = openWithRoom();
    say({
      kind: 'ready',
      epoch: data.epoch as Epoch,
      starts: opened.store.starts,
      state: opened.store.state(),
      recalled: opened.recalled,
      putAside: opened.putAside,
    });
    return opened;
  } catch (error) {
    const code = isFull(error, file)
      ? 'FORPOST_OUTBOX_FULL'
      : error instanceof ForpostError
        ? error.code
        : 'FORPOST_OUTBOX_FAILED';
    say({ kind: 'not-ready', code, message: messageOf(error) });
    port.close();
    return undefined;
  }
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

/** A file that is found damaged by what is read of it at the start is put aside as one that cannot be opened is. */
function openStore(reason = data.putAside): Opening {
  const { db, putAside } = openDatabase(file, stamp, reason);
  try {
    const epoch = data.epoch as Epoch;
    const list = readEpochs(epochsFile);
    // also where an earlier start put a file aside and was killed before it had begun the next one
    const isNew = db.prepare(selectStarts).pluck().get() === 0;
    const lost = isNew ? lossesOf(putAside?.files[0], list, sinks) : { epochs: [], gaps: [] };
    const living = db.prepare<[], Epoch>(selectLivingEpochs).pluck().all();
    noteEpochs(epochsFile, list, [...living, epoch], lost.epochs, epoch);
    const inHand = new InHand(data.inHand);
    const parts = { file, sinks, limits, inHand, ballast };
    const store = new OutboxStore(db, epoch, parts, { gaps: lost.gaps, stamp: stampNow });
    return { db, store, recalled: data.recall ? store.recall() : null, putAside };
  } catch (error) {
    db.close();
    if (isDamage(error) && putAside === null) return openStore(messageOf(error));
    throw error;
  }
}

function commit(store: OutboxStore, batch: Batch): 'go on' | 'end' {
  const began = systemClock.uptime();
  try {
    const outcome = commitWithRoom(store, batch);
    say({ kind: 'committed', outcome, ms: systemClock.uptime() - began });
    return 'go on';
  } catch (error) {
    const corrupt = isDamage(error);
    const code = isFull(error, file) ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
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

const opened = open();
if (opened !== undefined) {
  const { db, store } = opened;
  const end = () => {
    db.close();
    port.close();
  };
  port.on('message', (message: ToWriter) => {
    if (message.kind === 'commit') {
      if (commit(store, message.batch) === 'end') end();
    } else if (message.kind === 'dead-letters')
      say({ kind: 'dead-letters', letters: store.deadLetters(message.limit) });
    else end();
  });
}
