/** The thread that rehearses rules over the outbox's events once, and ends. It can wait: alarms go first. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { lowerPriority, raiseAgain } from '@forpost/shared/priority.ts';
import { atOnce } from '@forpost/shared/slices.ts';
import { openKept } from '../../outbox/sqlite/reader/kept-events.ts';
import { documentIn } from '../../site/document-lines.ts';
import type { PostedQuestion } from './messages.ts';
import { rehearse } from './rehearse.ts';

if (parentPort === null) throw new Error('the thread that rehearses rules is not a program of its own');
lowerPriority();
const { lines, ...question } = workerData as PostedQuestion;
const { site } = atOnce(documentIn(lines));
const kept = openKept(question.file);
try {
  parentPort.postMessage(rehearse({ ...question, site }, kept, () => systemClock.uptime()));
} finally {
  kept.close();
  // the main thread waits for this one's end
  raiseAgain();
}
