/** onnxruntime alone: one session with one thread runs a model on the same tensor for a while and counts the runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSession } from '../../../edge/vision/process/detectors/session.ts';

const { file, size, warmUpMs, measuredMs } = workerData as Record<'size' | 'warmUpMs' | 'measuredMs', number> & {
  file: string;
};
const session = await openSession(file, 'the model');
const [input] = session.inputs;
if (input === undefined) throw new Error('a model without an input');
const tensor = { data: new Float32Array(3 * size * size).fill(114), shape: [1, 3, size, size] };
let runs = 0;
for (const ms of [warmUpMs, measuredMs]) {
  runs = 0;
  for (const end = performance.now() + ms; performance.now() < end; runs++) await session.run({ [input.name]: tensor });
}
await session.close();
parentPort?.postMessage(runs);
