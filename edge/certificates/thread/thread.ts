/** The thread that makes one certificate, and ends. It can wait: alarms go first. */
import { parentPort, workerData } from 'node:worker_threads';
import { lowerPriority } from '@forpost/shared/priority.ts';
import type { IssueJob } from '../issue-job.ts';
import { issue } from './x509.ts';

if (parentPort === null) throw new Error('the thread that makes certificates is not a program of its own');
lowerPriority();
parentPort.postMessage(await issue(workerData as IssueJob));
