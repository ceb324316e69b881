/**
 * A detector thread: runs inference, one frame at a time, so that the vision process's main thread never waits for it.
 * It opens each model once, at the first request; an error is an answer too.
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
    // the next frame opens the model anew; a remote model keeps no state here and can stay open
    if (code === 'FORPOST_MODEL_INVALID' || model.remote === undefined) await forget(model.name);
    return { id, kind: 'failed', code, message: messageOf(error) };
  }
}

/** Closes a detector that failed; a detector that fails to close is forgotten too. */
async function forget(name: string): Promise<void> {
  const opening = detectors.get(name);
  detectors.delete(name);
  await opening?.then((detector) => detector.close()).catch(() => {});
}

port.on('message', (message: ToWorker) => {
  // only the port keeps the thread alive
  if (message.kind === 'end') port.close();
  else void answer(message).then((reply) => port.postMessage(reply));
});
