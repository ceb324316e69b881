import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { decodeFrames, openYolox, sharedFile, withoutSharedData } from '../../../../test/contract/detector-fixtures.ts';
import { unless } from '../../../../test/harness/unless.ts';
import { cocoClasses } from '../../catalogue.ts';
import type { Box } from '../../messages.ts';
import { overlap } from './geometry.ts';
import { cellCount } from './layout.ts';
import { decodeYolox } from './yolox.ts';

const classes = ['person', 'car'];
const view = { width: 64, height: 64, pictureWidth: 64, pictureHeight: 36 };

function rowsWith(...entries: readonly { readonly row: number; readonly values: readonly number[] }[]): Float32Array {
  const rows = new Float32Array(cellCount(view) * 7);
  for (const { row, values } of entries) rows.set(values, row * 7);
  return rows;
}

test('a row of each stride is decoded to the box that the paper defines', () => {
  // stride 8 has 64 rows, stride 16 has 16: row 64 + 5 is column 1 of row 1 at stride 16
  const rows = rowsWith(
    { row: 0, values: [0.5, 0.5, Math.log(2), Math.log(1), 0.9, 1, 0] },
    { row: 69, values: [0, 0, 0, 0, 0.8, 0, 1] },
  );
  const found = decodeYolox(rows, classes, view, 0.5);
  const expected = [
    { class: 'person', score: 0.9, box: [(4 - 8) / 64, 0, 16 / 64, 8 / 36] },
    { class: 'car', score: 0.8, box: [8 / 64, 8 / 36, 16 / 64, 16 / 36] },
  ];
  expect(found).toHaveLength(2);
  for (const [i, { class: name, score, box }] of expected.entries()) {
    expect(found[i]!.class).toBe(name);
    expect(found[i]!.score).toBeCloseTo(score);
    for (const [side, value] of box.entries()) expect(found[i]!.box[side]).toBeCloseTo(value);
  }
});

test('rows with NaN or infinite boxes give no detection', () => {
  const rows = rowsWith(
    { row: 0, values: [0, 0, 0, 0, Number.NaN, 1, 0] },
    { row: 9, values: [Number.NaN, 0, 0, 0, 1, 1, 0] },
    { row: 18, values: [0, 0, 1e9, 0, 1, 1, 0] },
  );
  expect(decodeYolox(rows, classes, view, 0.1)).toEqual([]);
});

interface Reference {
  readonly frames: readonly {
    readonly i: number;
    readonly persons: readonly (readonly [number, number, number, number, number])[];
  }[];
}

/** frames spread over the clip: each of the six people, and some frames without anybody */
const chosen = [
  30, 70, 90, 185, 205, 235, 245, 300, 440, 505, 520, 600, 745, 770, 860, 925, 945, 1000, 1195, 1240, 1300, 1345,
];
const [width, height] = [768, 432];

describe('on the real clip', unless(withoutSharedData), () => {
  test('the detector finds the people that the independent reference found, and nobody else', async () => {
    const text = await readFile(sharedFile('people-one-by-one.reference.json'), 'utf8');
    const reference = JSON.parse(text) as Reference;
    const detector = await openYolox('yolox-nano', sharedFile('yolox_nano_416.onnx'), cocoClasses);
    const select = chosen.map((i) => `eq(n,${i})`).join('+');
    const frames = decodeFrames(sharedFile('people-one-by-one.mp4'), detector.size, width, height, select);
    let at = 0;
    let compared = 0;
    for await (const picture of frames) {
      const i = chosen[at++]!;
      const found = (await detector.detect({ ...picture, camera: 'clip', uptime: i }, 0.3)).filter(
        (d) => d.class === 'person',
      );
      const wanted = reference.frames
        .find((f) => f.i === i)!
        .persons.map(
          ([x1, y1, x2, y2, score]) =>
            ({ box: [x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height] as Box, score }) as const,
        );
      for (const person of wanted.filter(({ score }) => score >= 0.4)) {
        const match = found.find(({ box }) => overlap(box, person.box) >= 0.9);
        expect(match, `frame ${i}`).toBeDefined();
        expect(Math.abs(match!.score - person.score), `frame ${i}`).toBeLessThanOrEqual(0.07);
        compared++;
      }
      for (const extra of found.filter(({ score }) => score >= 0.45))
        expect(
          wanted.some(({ box }) => overlap(box, extra.box) >= 0.9),
          `frame ${i}`,
        ).toBe(true);
    }
    await detector.close();
    expect(at).toBe(chosen.length);
    expect(compared).toBeGreaterThanOrEqual(12);
  });
});
