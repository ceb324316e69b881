import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { paint, stubRtDetr, stubYolox } from '../../../../test/contract/detector-fixtures.ts';
import { InferenceServer, type InferenceServerOptions } from '../../../../test/harness/inference-server.ts';
import { addModel, listModels, removeModel } from '../../models.ts';
import type { Detector } from './detector.ts';
import { DetectorPool } from './pool.ts';
import { findModel, openDetector } from './registry.ts';
import { parseRemote } from './remote-address.ts';

const person = { box: [30, 30, 20, 20], objectness: 1, class: 1 } as const;
const frame = { ...paint(64, 36), camera: 'yard', uptime: 0 };
let folder: string;
let models: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-remote-'));
  models = join(folder, 'models');
  file = join(folder, 'box.onnx');
  await writeFile(file, stubYolox(64, 80, [person]));
});
afterEach(async () => {
  for (const { name } of await listModels(models)) await removeModel(name, models);
});
afterAll(() => rm(folder, { recursive: true }));

async function serve(options: Partial<InferenceServerOptions> = {}): Promise<InferenceServer> {
  const server = await InferenceServer.start({ file, ...options });
  onTestFinished(() => server.stop().catch(() => {}));
  return server;
}

/** adds a model from `server` and opens its detector */
async function added(server: InferenceServer, options: Parameters<typeof addModel>[2] = {}): Promise<Detector> {
  await addModel(`grpc://127.0.0.1:${server.port}/model`, models, { name: 'box', ...options });
  const detector = await openDetector(await findModel('box', models));
  onTestFinished(() => detector.close());
  return detector;
}

test('a model on another machine is added with its shapes and duration, and detects like a local model', async () => {
  const server = await serve();
  const detector = await added(server);
  const [card] = await listModels(models);
  expect(card).toMatchObject({ name: 'box', kind: 'yolox', inputSize: 64, remote: { model: 'model', tls: false } });
  expect(card!.measuredMs).toBeGreaterThan(0);
  expect((await detector.detect(frame, 0.5)).map((found) => found.class)).toEqual(['bicycle']);
});

test('a remote model with an input for the picture’s size gets that size over the network', async () => {
  const other = join(folder, 'detr.onnx');
  await writeFile(other, stubRtDetr('authors', 64, 80, [person]));
  const detector = await added(await serve({ file: other }));
  const [found] = await detector.detect(frame, 0.5);
  expect(found!.box.map((side) => Math.round(side * 64))).toEqual([20, 36, 20, 36]);
});

test('a detector machine that is switched off fails at once with a sentence, and works again when it is back', async () => {
  const server = await serve();
  const { port } = server;
  const detector = await added(server);
  await server.stop();
  const tookMs: number[] = [];
  // one of three must be in time: the machine may be busy
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    await expect(detector.detect(frame, 0.5)).rejects.toThrow(
      `the detector at 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    tookMs.push(performance.now() - before);
  }
  expect(Math.min(...tookMs)).toBeLessThan(1_500);
  const back = await serve({ port });
  expect(await detector.detect(frame, 0.5)).toHaveLength(1);
  expect(back.asked).toBe(1);
});

test('a call to a detector machine that does not answer fails at its deadline, and works again when it answers', async () => {
  const server = await serve();
  const detector = await added(server);
  server.hangs = true;
  await expect(detector.detect(frame, 0.5)).rejects.toThrow(`127.0.0.1:${server.port} did not answer within 2 s`);
  server.hangs = false;
  expect(await detector.detect(frame, 0.5)).toHaveLength(1);
});

test('a detector machine that does not answer delays no camera with a local detector', async () => {
  const server = await serve();
  await added(server);
  const remote = await findModel('box', models);
  const local = { name: 'here', kind: 'yolox', inputSize: 64, classes: [...remote.classes], measuredMs: 1, file };
  const pool = new DetectorPool({
    threads: 1,
    clock: systemClock,
    random: () => 0,
    logger: silentLogger(),
    stuck: () => {},
  });
  pool.start();
  onTestFinished(() => pool.stop());
  const ask = (camera: string, model: typeof local) =>
    pool.analyse({ camera, model, minScore: 0.5, urgent: true, takeFrame: () => ({ ...frame, camera }) });
  await ask('near', local);
  expect((await ask('far', remote))?.detections).toHaveLength(1);
  server.hangs = true;
  let hanging = true;
  const far = ['far', 'farther', 'farthest'].map((camera) => ask(camera, remote).catch(() => (hanging = false)));
  let answered = 0;
  while (hanging) {
    expect((await ask('near', local))?.detections).toHaveLength(1);
    answered++;
  }
  expect(answered).toBeGreaterThan(10);
  await Promise.all(far);
});

test('an answer with other shapes than before is an error that says so', async () => {
  let wrong = false;
  const server = await serve({
    answer: (outputs) => (wrong ? { output: { data: new Float32Array(12), shape: [1, 2, 6] } } : outputs),
  });
  const detector = await added(server);
  wrong = true;
  await expect(detector.detect(frame, 0.5)).rejects.toThrow('no longer of the shape that it was added with');
});

test('a token is kept in its own file, readable by its owner only, and a wrong token is an error that says so', async () => {
  const server = await serve({ token: 'a-long-secret' });
  const address = `grpc://127.0.0.1:${server.port}/model`;
  await expect(addModel(address, models, { name: 'box' })).rejects.toThrow('refuses the token');
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'a-long-secret\n');
  const detector = await added(server, { tokenFile });
  expect(await detector.detect(frame, 0.5)).toHaveLength(1);
  expect(await readFile(join(models, 'box.json'), 'utf8')).not.toContain('a-long-secret');
  expect((await stat(join(models, 'box.token'))).mode & 0o077).toBe(0);
  await expect(addModel('grpc://10.0.0.9:8001/model', models, { tokenFile })).rejects.toThrow('over TLS only');
});

test('a certificate of a private CA is trusted if that CA is given, and refused with the reason if not', async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=box', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...make, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const server = await serve({ tls: { certificate: await readFile(certificate), key: await readFile(key) } });
  const address = `grpcs://127.0.0.1:${server.port}/model`;
  await expect(addModel(address, models, { name: 'box' })).rejects.toThrow(
    /cannot be reached: .*self-signed certificate/,
  );
  await addModel(address, models, { name: 'box', caFile: certificate });
  const detector = await openDetector(await findModel('box', models));
  expect(await detector.detect(frame, 0.5)).toHaveLength(1);
  await detector.close();
});

test('a machine without the model, and a server that is no detector, are errors that say so', async () => {
  const server = await serve();
  await expect(addModel(`grpc://127.0.0.1:${server.port}/yolo`, models)).rejects.toThrow('has no model "yolo"');
  const web = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  onTestFinished(() => void web.close());
  const { port } = web.address() as AddressInfo;
  await expect(addModel(`grpc://127.0.0.1:${port}/model`, models)).rejects.toThrow(`the detector at 127.0.0.1:${port}`);
});

test('addresses of remote models are parsed, and wrong ones are refused with the right form', () => {
  expect(parseRemote('grpcs://box.local/yolo/3')).toEqual({
    server: 'box.local:8001',
    tls: true,
    model: 'yolo',
    version: '3',
  });
  expect(parseRemote('grpc://[::1]:9000/a%20b')).toEqual({ server: '[::1]:9000', tls: false, model: 'a b' });
  expect(() => parseRemote('grpc://box.local')).toThrow('grpcs://HOST:PORT/MODEL');
  expect(() => parseRemote('grpc://user:secret@box.local/yolo')).toThrow('no user or password');
});
