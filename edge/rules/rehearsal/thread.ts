/** The thread that rehearses rules over the outbox's events once, and ends. It can wait: alarms go first. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import { openKept } from '../../outbox/sqlite/reader/kept-events.ts';
import type { RehearsalQuestion } from './messages.ts';
import { rehearse } from './rehearse.ts';

if (parentPort === null) throw new Error('the thread that rehearses rules is not a program of its own');
lowerPriority();
const question = workerData as RehearsalQuestion;
const kept = openKept(question.file);
try {
  parentPort.postMessage(rehearse(question, kept, () => systemClock.uptime()));
} finally {
  kept.close();
}
