import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sharedFile, stubYolox, withoutSharedData } from '../../test/contract/detector-fixtures.ts';
import { unless } from '../../test/harness/unless.ts';
import { cocoClasses } from './catalogue.ts';
import { addModel, listModels, removeModel } from './models.ts';
import { findModel } from './process/detectors/registry.ts';

let folder: string;
let models: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-models-'));
  models = join(folder, 'models');
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test('a model is tried, measured and installed with its card, and can be taken away again', async () => {
  const path = await file('My_Model.onnx', stubYolox(64, 80, []));
  const card = await addModel(path, models);
  expect(card).toMatchObject({ name: 'my-model', kind: 'yolox', inputSize: 64, classes: cocoClasses });
  expect(card.measuredMs).toBeGreaterThan(0);
  expect(await listModels(models)).toEqual([card]);
  expect(await findModel('my-model', models)).toMatchObject({ file: join(models, 'my-model.onnx'), inputSize: 64 });
  await removeModel('my-model', models);
  expect(await readdir(models)).toEqual([]);
});

test('a model with other classes than COCO’s needs a file that names each of its classes', async () => {
  const path = await file('two.onnx', stubYolox(64, 2, []));
  await expect(addModel(path, models)).rejects.toThrow('the model has 2 classes without names');
  const three = await file('three.txt', 'cat\ndog\nhorse\n');
  await expect(addModel(path, models, { classes: three })).rejects.toThrow('names 3 classes, and the model knows 2');
  const two = await file('two.txt', 'cat\n dog \n\n');
  expect((await addModel(path, models, { classes: two, name: 'pets' })).classes).toEqual(['cat', 'dog']);
});

test.each([
  ['that is no model', () => new TextEncoder().encode('just a text'), 'onnxruntime cannot open it'],
  [
    'that answers with NaN',
    () => stubYolox(64, 80, [], true),
    'it answers with NaN: its file or its runtime is broken',
  ],
  ['that is cut off', () => stubYolox(64, 80, []).slice(0, 5_000), 'onnxruntime cannot open it'],
])('a file %s is refused with the reason, and leaves nothing behind', async (_what, content, reason) => {
  const path = await file('bad.onnx', content());
  await expect(addModel(path, models)).rejects.toThrow(reason);
  expect(await readdir(models)).toEqual([]);
});

test('adding a missing file names what the catalogue has', async () => {
  await expect(addModel(join(folder, 'nowhere.onnx'), models)).rejects.toThrow(
    'catalogue (yolox-nano, yolox-tiny, yolox-s)',
  );
});

test('without internet, adding a model of the catalogue says how to bring its file', async () => {
  const offline = async () => {
    throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND github.com') });
  };
  await expect(addModel('yolox-nano', models, { fetch: offline })).rejects.toThrow(
    /ENOTFOUND.*download https:\/\/github.com\/.*yolox_nano.onnx on a machine with internet.*forpost model add FILE --name yolox-nano/,
  );
});

test('a download without the catalogue’s hash is refused before the model is tried', async () => {
  const other = async () => new Response(stubYolox(64, 80, []) as Uint8Array<ArrayBuffer>);
  await expect(addModel('yolox-nano', models, { fetch: other })).rejects.toThrow('is not the catalogue');
  expect(await readdir(models)).toEqual([]);
});

test('a model of the catalogue is downloaded by name, and its file is recognised by its hash under any name', async () => {
  const content = stubYolox(64, 80, []) as Uint8Array<ArrayBuffer>;
  const url = 'https://models.example/small.onnx';
  const sha256 = createHash('sha256').update(content).digest('hex');
  const entry = {
    name: 'small',
    title: 'a small one',
    url,
    sha256,
    licence: 'none',
    inputSize: 64,
    classes: cocoClasses,
  };
  const asked: unknown[] = [];
  const get = async (from: unknown) => {
    asked.push(from);
    return new Response(content);
  };
  const card = await addModel('small', models, { catalogue: [entry], fetch: get });
  expect(card).toMatchObject({ name: 'small', kind: 'yolox', sha256, source: url });
  expect(asked).toEqual([url]);
  await removeModel('small', models);
  expect(await addModel(await file('x.onnx', content), models, { catalogue: [entry] })).toMatchObject({
    name: 'small',
    source: 'x.onnx',
  });
  expect(asked).toHaveLength(1);
});

test('a model whose file or card was damaged later is not opened', async () => {
  await addModel(await file('a.onnx', stubYolox(64, 80, [])), models);
  await truncate(join(models, 'a.onnx'), 100);
  await expect(findModel('a', models)).rejects.toThrow('is not the one that was installed');
  await writeFile(join(models, 'a.json'), '{"name": "a"}');
  await expect(findModel('a', models)).rejects.toThrow('the card of model "a" is damaged');
  const problems: string[] = [];
  expect(await listModels(models, (problem) => problems.push(problem))).toEqual([]);
  expect(problems).toHaveLength(1);
});

test('the error about a model that is not installed names the command that installs it', async () => {
  await mkdir(models);
  await expect(findModel('yolox-nano', models)).rejects.toThrow('forpost model add yolox-nano');
  expect(await findModel('motion', models)).toMatchObject({ kind: 'motion', file: '' });
});

describe('the real nano model', unless(withoutSharedData), () => {
  test('has its shapes and classes read from its file', async () => {
    const card = await addModel(sharedFile('yolox_nano_416.onnx'), models);
    expect(card).toMatchObject({ name: 'yolox-nano-416', inputSize: 416, kind: 'yolox' });
    const named = (await readFile(sharedFile('coco_classes.txt'), 'utf8')).trim().split('\n');
    expect(card.classes).toEqual(named.map((name) => name.trim()));
  });
});
