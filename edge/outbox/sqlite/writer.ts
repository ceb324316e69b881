/**
 * The outbox's writer thread: the only writer of the file, so that a slow fsync blocks nothing else of the gateway.
 *
 *   opening ── ready ──► waiting ◄──► committing ── stop, or the file is damaged ──► closed
 *      └── not-ready ──► closed
 *
 * Always: each `commit` is answered once, after its fsync, in order. A commit that fails stores nothing; one that
 * finds the file damaged ends the thread, and whoever owns it starts another with the file put aside.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch } from '@forpost/shared/event/ids.ts';
import type { Batch, FromWriter, ToWriter, WriterData } from './messages.ts';
import { codeOf, isDamage, openDatabase } from './opening.ts';
import { OutboxStore } from './store.ts';

if (isMainThread || parentPort === null) throw new Error('writer.ts runs as a thread of the outbox');
const port = parentPort;
const data = workerData as WriterData;

const say = (message: FromWriter) => port.postMessage(message);

function open() {
  try {
    const { db, putAside } = openDatabase(data.file, data.stamp, data.putAside);
    const store = new OutboxStore(db, data.epoch as Epoch, data.sinks, data.limits);
    say({ kind: 'ready', epoch: data.epoch as Epoch, starts: store.starts, state: store.state(), putAside });
    return { db, store };
  } catch (error) {
    const code = error instanceof ForpostError ? error.code : 'FORPOST_OUTBOX_FAILED';
    say({ kind: 'not-ready', code, message: messageOf(error) });
    port.close();
    return undefined;
  }
}

function commit(store: OutboxStore, batch: Batch): 'go on' | 'end' {
  const began = systemClock.uptime();
  try {
    const outcome = store.commit(batch);
    say({ kind: 'committed', outcome, ms: systemClock.uptime() - began });
    return 'go on';
  } catch (error) {
    const corrupt = isDamage(error);
    const code = codeOf(error) === 'SQLITE_FULL' ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
    say({ kind: 'commit-failed', code, message: messageOf(error), corrupt });
    return corrupt ? 'end' : 'go on';
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
