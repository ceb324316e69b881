/** The outbox's writer thread, the only writer of the file. file-writer.ts says what it does. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import type { ToWriter, WriterData } from '../messages.ts';
import { FileWriter } from './file-writer.ts';
import { FileDisk } from './writer-disk.ts';

if (isMainThread || parentPort === null) throw new Error('writer.ts runs as a thread of the outbox');
const port = parentPort;
const data = workerData as WriterData;

const disk = new FileDisk(data.file, data.limits.ballastBytes, data.stamp);
const writer = new FileWriter(data, disk, systemClock, (message) => port.postMessage(message));
if (writer.open())
  port.on('message', (message: ToWriter) => {
    if (!writer.handle(message)) port.close();
  });
else port.close();
