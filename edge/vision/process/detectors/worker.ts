/**
 * A detector worker: one thread that runs inference, one frame at a time, so that the vision process's main thread
 * never waits for it. Opens each model once, when it is first asked to; whatever goes wrong is an answer.
 */
import { parentPort } from 'node:worker_threads';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Detector } from './detector.ts';
import type { FromWorker, ToWorker, Work } from './pool-messages.ts';
import { openDetector } from './registry.ts';

const port = parentPort;
if (port === null) throw new Error('detectors/worker.ts is a worker thread of detectors/pool.ts');

const detectors = new Map<string, Promise<Detector>>();

async function answer(message: Work): Promise<FromWorker> {
  const { id, model } = message;
  try {
    let opening = detectors.get(model.name);
    if (opening === undefined) {
      opening = openDetector(model);
      detectors.set(model.name, opening);
    }
    const detector = await opening;
    if (message.kind === 'prepare') return { id, kind: 'prepared' };
    const before = process.hrtime.bigint();
    const detections = await detector.detect(message.frame, message.minScore);
    return { id, kind: 'detected', detections, detectMs: Number(process.hrtime.bigint() - before) / 1e6 };
  } catch (error) {
    const code = error instanceof ForpostError ? error.code : 'FORPOST_DETECTOR_FAILED';
    // opened anew with its next frame; one on another box has nothing of its own to go wrong
    if (code === 'FORPOST_MODEL_INVALID' || model.remote === undefined) await forget(model.name);
    return { id, kind: 'failed', code, message: messageOf(error) };
  }
}

/** Closes a detector that failed; one that cannot even be closed is forgotten all the same. */
async function forget(name: string): Promise<void> {
  const opening = detectors.get(name);
  detectors.delete(name);
  await opening?.then((detector) => detector.close()).catch(() => {});
}

port.on('message', (message: ToWorker) => {
  // nothing else keeps the thread alive: without its port it ends
  if (message.kind === 'end') port.close();
  else void answer(message).then((reply) => port.postMessage(reply));
});
