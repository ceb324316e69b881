/**
 * A model that passes its trial and then crashes the vision process at each run. Only the crash is simulated: while a file
 * `<model>.wild` lies beside the model, a shim of onnxruntime's session ends the process with SIGSEGV, as a fault in native code
 * would.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { CameraConfig } from '../../../edge/site/site.ts';
import { checkModels } from '../../../edge/vision/check-models.ts';
import { addModel } from '../../../edge/vision/models.ts';
import type { SceneMessage } from '../../../edge/vision/supervisor.ts';
import { stubYolox } from '../../contract/detector-fixtures.ts';
import { until } from '../../harness/process.ts';
import { root } from '../../harness/root.ts';
import { simulatedCamera, VisionRig } from './rig.ts';

const shim = `
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
const real = createRequire(${JSON.stringify(join(root, 'edge/package.json'))})('onnxruntime-node');
export const Tensor = real.Tensor;
export const InferenceSession = {
  async create(model, options) {
    const session = await real.InferenceSession.create(model, options);
    const run = session.run.bind(session);
    session.run = (inputs) => {
      if (existsSync(model + '.wild')) process.kill(process.pid, 'SIGSEGV');
      return run(inputs);
    };
    return session;
  },
};`;
const nodeOptions = process.env.NODE_OPTIONS;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-wild-'));
  await writeFile(join(folder, 'shim.mjs'), shim);
  await writeFile(
    join(folder, 'hook.mjs'),
    `import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'onnxruntime-node' && context.parentURL?.endsWith('/session.ts')
          ? { url: ${JSON.stringify(pathToFileURL(join(folder, 'shim.mjs')).href)}, shortCircuit: true }
          : next(specifier, context),
    });`,
  );
  process.env.NODE_OPTIONS = `${nodeOptions ?? ''} --import ${pathToFileURL(join(folder, 'hook.mjs')).href}`.trim();
});
afterAll(async () => {
  if (nodeOptions === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = nodeOptions;
  await rm(folder, { recursive: true });
});

const sentence =
  'the model "wild" took the vision process down 3 times in a row: the built-in motion model watches instead';

test('a model that crashes the vision process at each run is given up, for its camera alone; a replaced model is tried again', async () => {
  const models = join(folder, 'models');
  const stub = join(folder, 'stub.onnx');
  await writeFile(stub, stubYolox(64, 2, [{ box: [30, 20, 10, 20], objectness: 1, class: 0 }]));
  for (const name of ['wild', 'good']) await addModel(stub, models, { name, classes: await classesFile() });
  await writeFile(join(models, 'wild.onnx.wild'), '');
  const camera = await simulatedCamera();
  onTestFinished(() => camera.stop());
  const scenes: SceneMessage[] = [];
  const chosen = { url: camera.url, classes: ['person'] };
  const rig = await VisionRig.start(
    [
      { ...chosen, detector: 'wild' },
      { ...chosen, detector: 'good' },
    ],
    { models, scene: (scene) => scenes.push(scene) },
  );
  onTestFinished(() => rig.stop());
  const installed = join(rig.folder, 'models');

  await until('the wild model is given up', () => rig.status().detector === 'motion', 60_000);
  await rig.allLive();
  expect(rig.status()).toMatchObject({ state: 'live', detector: 'motion', reason: expect.stringContaining(sentence) });
  expect(rig.status(1)).toMatchObject({ state: 'live', detector: 'good', reason: '' });
  expect(rig.vision.problems()).toEqual([expect.stringContaining(`detector of camera cam-0: ${sentence}`)]);
  const process = rig.pid;
  scenes.length = 0;
  await until('both cameras are watched', () => new Set(scenes.map((scene) => scene.camera)).size === 2, 60_000);
  // the camera asks for people; the motion model cannot tell classes apart, so its tracks count as any class
  const tracks = (id: string) => scenes.filter((scene) => scene.camera === id).flatMap((scene) => scene.tracks);
  await until('the motion model sees somebody', () => tracks('cam-0').length > 0, 60_000);
  expect(tracks('cam-0')[0]).toMatchObject({ class: 'motion', anyClass: true });
  expect(tracks('cam-1')[0]).not.toHaveProperty('anyClass');

  const cameras = [{ id: 'cam-0', detector: 'wild' }] as unknown as CameraConfig[];
  expect(await checkModels(cameras, installed)).toMatchObject([
    { message: expect.stringContaining('3 times in a row') },
  ]);

  await rm(join(installed, 'wild.onnx.wild'));
  await addModel(stub, installed, { name: 'wild', classes: await classesFile() });
  await until('the camera has its model again', () => rig.status().detector === 'wild', 60_000);
  await rig.allLive();
  expect(rig.status().reason).toBe('');
  expect(rig.vision.problems()).toEqual([]);
  expect(rig.pid).toBe(process);
  expect(await checkModels(cameras, installed)).toEqual([]);
  expect(await readdir(installed)).not.toContain('wild.crashes');
});

async function classesFile(): Promise<string> {
  const file = join(folder, 'classes.txt');
  await writeFile(file, 'person\ncar\n');
  return file;
}
