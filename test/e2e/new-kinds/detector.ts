/**
 * A detector that a test adds: it finds the brightest square of a picture. Its model's file has one number, the least
 * brightness (0 to 255) that counts.
 */
import { readFile } from 'node:fs/promises';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Detection, Detector, Frame } from '../../../edge/vision/process/detectors/detector.ts';
import type { DetectorKind } from '../../../edge/vision/process/detectors/registry.ts';

/** pixels a side of the compared squares */
const side = 16;

export const added: DetectorKind = {
  remembers: false,
  defaultMinScore: 0.5,
  async open({ name, file, inputSize: size, classes: [lamp = 'lamp'] }): Promise<Detector> {
    const least = Number(await readFile(file, 'utf8'));
    if (!Number.isFinite(least)) throw new ForpostError('FORPOST_MODEL_INVALID', `${file} has no number in it`);
    return {
      name,
      size,
      async detect(frame, minScore) {
        const found = brightest(frame);
        if (found === undefined || found.light < least || found.light / 255 < minScore) return [];
        return [{ class: lamp, score: found.light / 255, box: found.box }];
      },
      close: () => Promise.resolve(),
    };
  },
};

function brightest({ rgb, size, pictureWidth, pictureHeight }: Frame) {
  let best: { readonly light: number; readonly box: Detection['box'] } | undefined;
  for (let y = 0; y + side <= pictureHeight; y += side)
    for (let x = 0; x + side <= pictureWidth; x += side) {
      let sum = 0;
      for (let row = y; row < y + side; row++)
        for (let at = (row * size + x) * 3; at < (row * size + x + side) * 3; at++) sum += rgb[at] ?? 0;
      const light = sum / (side * side * 3);
      if (best !== undefined && best.light >= light) continue;
      best = { light, box: [x / pictureWidth, y / pictureHeight, side / pictureWidth, side / pictureHeight] };
    }
  return best;
}
