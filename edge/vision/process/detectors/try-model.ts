/**
 * The child process that tries a model's file, so that a file that crashes the runtime crashes nothing else. Started
 * by vision/models.ts with the file as its argument; says one thing over its channel and ends.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { detectorKinds, openDetector } from './registry.ts';

export type Trial =
  | {
      readonly fits: true;
      readonly kind: string;
      readonly inputSize: number;
      readonly classCount: number;
      readonly measuredMs: number;
    }
  | { readonly fits: false; readonly reason: string };

const warmUps = 2;
const runs = 9;
const grey = 114;

async function tryModel(file: string): Promise<Trial> {
  const reasons: string[] = [];
  for (const [kind, { inspect }] of Object.entries(detectorKinds)) {
    if (inspect === undefined) continue;
    try {
      const { inputSize, classCount } = await inspect(file);
      return { fits: true, kind, inputSize, classCount, measuredMs: await measure(file, kind, inputSize, classCount) };
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return { fits: false, reason: reasons.join('; ') };
}

/** p50 of some runs on a grey picture, in ms, with pre- and post-processing. */
async function measure(file: string, kind: string, inputSize: number, classCount: number): Promise<number> {
  const classes = Array.from({ length: classCount }, (_, i) => String(i));
  const detector = await openDetector({ name: 'trial', kind, inputSize, classes, measuredMs: 0, file });
  const rgb = new Uint8Array(3 * inputSize ** 2).fill(grey);
  const times: number[] = [];
  for (let run = 0; run < warmUps + runs; run++) {
    const before = process.hrtime.bigint();
    const frame = {
      camera: 'trial',
      rgb,
      size: inputSize,
      pictureWidth: inputSize,
      pictureHeight: inputSize,
      uptime: run,
    };
    await detector.detect(frame, 0.3);
    if (run >= warmUps) times.push(Number(process.hrtime.bigint() - before) / 1e6);
  }
  await detector.close();
  return Math.round((times.sort((a, b) => a - b)[runs >> 1] ?? 0) * 10) / 10;
}

const trial = await tryModel(process.argv[2] ?? '');
process.send?.(trial, undefined, undefined, () => process.exit(0));
