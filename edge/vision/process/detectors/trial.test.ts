import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stubEndToEnd, stubRtDetr, stubYolo, stubYolox } from '../../../../test/contract/detector-fixtures.ts';
import { buildMotionModel } from './build-motion-model.ts';
import { namesIn } from './file-hints.ts';
import { elementTypes, encodeModel, type Value } from './onnx-schema.ts';
import { tryModel } from './trial.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-trial-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function tried(content: Uint8Array | string, more: { readonly kind?: string; readonly size?: number } = {}) {
  const file = join(folder, 'model.onnx');
  await writeFile(file, content);
  return tryModel({ target: { file }, ...more });
}

/** a model that returns its input */
function echo(input: Omit<Value, 'name'>, output = input): Uint8Array {
  return encodeModel({
    name: 'echo',
    inputs: [{ name: 'in', ...input }],
    outputs: [{ name: 'out', ...output }],
    constants: [],
    nodes: [{ op: 'Identity', inputs: ['in'], output: 'out' }],
  });
}

/** a model with a float32 input and a float16 output */
function halved(): Uint8Array {
  const shape = [1, 3, 64, 64];
  return encodeModel({
    name: 'halved',
    inputs: [{ name: 'in', type: 'float', shape }],
    outputs: [{ name: 'out', type: 'float16', shape }],
    constants: [],
    nodes: [{ op: 'Cast', inputs: ['in'], output: 'out', attributes: { to: elementTypes.float16 } }],
  });
}

const names = "{0: 'person', 1: 'it\\'s a dog', 2: \"cat\"}";

test.each([
  ['YOLOX', () => stubYolox(416, 80, []), { kind: 'yolox', inputSize: 416, classCount: 80 }],
  ['YOLOX, not square', () => stubYolox(0, 3, [], false, [64, 96]), { kind: 'yolox', inputSize: 96, classCount: 3 }],
  [
    'YOLOv8 with names in its file',
    () => stubYolo([96, 96], 3, [], { names }),
    { kind: 'yolo', classes: ['person', "it's a dog", 'cat'] },
  ],
  ['YOLOv10', () => stubEndToEnd(96, []), { kind: 'yolo-end-to-end', classCount: undefined, inputSize: 96 }],
  ['RT-DETR of its authors', () => stubRtDetr('authors', 96, 3, []), { kind: 'rt-detr', classCount: undefined }],
  ['RT-DETR of Hugging Face', () => stubRtDetr('hugging-face', 96, 4, []), { kind: 'rt-detr', classCount: 4 }],
  ['RT-DETR of Ultralytics', () => stubRtDetr('ultralytics', 96, 80, []), { kind: 'rt-detr', classCount: 80 }],
])('%s is recognised by its shapes', async (_name, model, expected) => {
  expect(await tried(model())).toMatchObject({ fits: true, ...expected });
});

test('a model that takes any size is tried with the requested size', async () => {
  const any = stubYolox(0, 3, [], false, [96, 96], [-1, -1]);
  expect(await tried(any, { size: 96 })).toMatchObject({ inputSize: 96 });
  await expect(tried(any, { size: 100 })).rejects.toThrow('sides up to 2,048 pixels that 32 divides are needed');
});

test('an installer can name the family of a model whose shapes mislead', async () => {
  const sixColumns = stubRtDetr('ultralytics', 96, 2, []);
  expect(await tried(sixColumns)).toMatchObject({ kind: 'yolo-end-to-end' });
  expect(await tried(sixColumns, { kind: 'rt-detr' })).toMatchObject({ kind: 'rt-detr', classCount: 2 });
});

test.each([
  ['an empty file', () => '', 'the file is empty'],
  [
    'a PyTorch file',
    () => 'PK\x03\x04archive/data.pkl',
    'it is a PyTorch file (.pt) or an archive: an ONNX file is needed',
  ],
  ['a web page', () => '<!DOCTYPE html><html>', 'it is a web page: an ONNX file is needed'],
  [
    'a Git LFS pointer',
    () => 'version https://git-lfs.github.com/spec/v1\noid sha256:',
    'a pointer of Git LFS and not the file itself',
  ],
  ['a text', () => 'just a text', 'onnxruntime cannot open it: Protobuf parsing failed'],
  ['a truncated file', () => stubYolox(64, 80, []).slice(0, 5_000), 'onnxruntime cannot open it'],
  [
    'a model of poses',
    () => stubYolo([64, 64], 52, [], { task: 'pose' }),
    'another task ("pose"): a detection model is needed',
  ],
  [
    'several inputs',
    () => buildMotionModel(),
    'background [1, 1, 160, 160] float32, older [1, 1, 160, 160] float32: one picture of',
  ],
  ['colours last', () => echo({ type: 'float', shape: [1, 64, 64, 3] }), 'its colours come last (NHWC)'],
  ['bytes', () => echo({ type: 'uint8', shape: [1, 3, 64, 64] }), 'export it with float32 pictures'],
  [
    'half precision',
    () => echo({ type: 'float16', shape: [1, 3, 64, 64] }),
    'in [1, 3, 64, 64] float16: half precision (float16) is not for this processor, export it with float32',
  ],
  ['an answer of half precision', () => halved(), 'its output "out" is float16, not float32: export it with full'],
  ['one colour', () => echo({ type: 'float', shape: [1, 1, 64, 64] }), 'a picture has 3 colours'],
  ['a batch', () => echo({ type: 'float', shape: [8, 3, 64, 64] }), '8 pictures at once, export it for one'],
  ['an odd size', () => echo({ type: 'float', shape: [1, 3, 100, 64] }), 'pixels that 32 divides are needed'],
  [
    'outputs of an unknown family',
    () => echo({ type: 'float', shape: [1, 3, 64, 64] }),
    'its outputs are out [1, 3, 64, 64] float32, which no family that Forpost knows has (YOLOX: [1, 84, 5 + classes]; ',
  ],
  ['NaN', () => stubYolox(64, 80, [], true), 'it answers with NaN: its file or its runtime is broken'],
])('%s is refused with the reason', async (_name, content, words) => {
  await expect(tried(content())).rejects.toThrow(words);
});

test('class names in a file are used only if none is missing', () => {
  expect(namesIn("{0: 'a', 1: 'b'}")).toEqual(['a', 'b']);
  expect(namesIn("{0: 'a', 2: 'c'}")).toEqual([]);
  expect(namesIn('nothing')).toEqual([]);
});
