import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CameraConfig } from '../site/site.ts';
import { crashNote } from './cards.ts';
import { checkModels } from './check-models.ts';

test('a camera whose model is missing, is out, or lacks a class gets a warning with its place in the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-check-models-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const card = { name: 'a', sha256: 'a'.repeat(64), kind: 'yolox', inputSize: 64, measuredMs: 1, source: 'a.onnx' };
  await writeFile(join(folder, 'a.json'), JSON.stringify({ ...card, classes: ['person', 'car'] }));
  await writeFile(join(folder, 'a.onnx'), 'its bytes do not matter here');
  await writeFile(join(folder, 'lost.json'), JSON.stringify({ ...card, name: 'lost', classes: ['person'] }));
  await writeFile(join(folder, 'wild.json'), JSON.stringify({ ...card, name: 'wild', classes: ['person'] }));
  await writeFile(join(folder, 'wild.onnx'), 'nor do these');
  await writeFile(crashNote('wild', folder), 'took the vision process down 3 times in a row\n');
  const cameras = [
    { id: 'fine', detector: 'a', classes: ['car'] },
    { id: 'built-in' },
    { id: 'typo', detector: 'a', classes: ['car', 'persn'] },
    { id: 'none', detector: 'yolox-nano' },
    { id: 'gone', detector: 'lost' },
    { id: 'out', detector: 'wild' },
  ] as unknown as CameraConfig[];
  expect(await checkModels(cameras, folder)).toEqual([
    {
      path: ['cameras', 2, 'classes', 1],
      message: 'camera "typo": the model "a" knows no "persn"; did you mean "person"?',
    },
    {
      path: ['cameras', 3, 'detector'],
      message: `camera "none": model "yolox-nano" is not installed: forpost model add yolox-nano (or a file’s path)`,
    },
    {
      path: ['cameras', 4, 'detector'],
      message: 'camera "gone": the file of model "lost" is not there: add it again with forpost model add',
    },
    {
      path: ['cameras', 5, 'detector'],
      message:
        'camera "out": the model "wild" took the vision process down 3 times in a row, and the built-in motion model watches instead: add the model again with forpost model add, or choose another',
    },
  ]);
});
