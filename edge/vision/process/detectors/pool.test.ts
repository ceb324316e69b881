import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { paint, stubYolox } from '../../../../test/contract/detector-fixtures.ts';
import { DetectorPool, type PoolOptions, type Request, threadCount } from './pool.ts';
import type { Model } from './registry.ts';

let folder: string;
let pool: DetectorPool | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-pool-'));
  await writeFile(join(folder, 'stub.onnx'), stubYolox(64, 1, [{ box: [30, 30, 20, 20], objectness: 1, class: 0 }]));
  await writeFile(join(folder, 'rubbish.onnx'), 'no model at all');
  await writeFile(join(folder, 'poison.onnx'), stubYolox(64, 1, [], true));
  await writeFile(join(folder, 'other.onnx'), stubYolox(64, 3, []));
});
afterEach(async () => {
  await pool?.stop();
  pool = undefined;
});
afterAll(() => rm(folder, { recursive: true }));

const model = (name: string): Model => ({
  name,
  kind: 'yolox',
  inputSize: 64,
  classes: ['thing'],
  measuredMs: 1,
  file: join(folder, `${name}.onnx`),
});

function start(options: Partial<PoolOptions> = {}): DetectorPool {
  pool = new DetectorPool({
    threads: 1,
    clock: systemClock,
    random: () => 0,
    logger: silentLogger(),
    stuck: () => {},
    ...options,
  });
  pool.start();
  return pool;
}

function request(camera: string, more: Partial<Request> = {}): Request {
  const take = () => ({ ...paint(64, 36), camera, uptime: 0 });
  return { camera, model: model('stub'), minScore: 0.5, urgent: false, takeFrame: take, ...more };
}

/** a thread's program that opens every model and runs `body` for each frame */
async function program(name: string, body: string): Promise<URL> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(
    file,
    `import { parentPort } from 'node:worker_threads';\nparentPort.on('message', (m) => { if (m.kind === 'end') return parentPort.close(); if (m.kind === 'prepare') return parentPort.postMessage({ kind: 'prepared', id: m.id }); ${body} });`,
  );
  return pathToFileURL(file);
}
const answer = `parentPort.postMessage({ kind: 'detected', id: m.id, detections: [], detectMs: 1 });`;

test('the real runtime analyses a frame in a thread and returns its detections', async () => {
  const { detections, detectMs, frame } = (await start().analyse(request('yard')))!;
  expect(detections.map((d) => d.class)).toEqual(['thing']);
  expect(detectMs).toBeGreaterThan(0);
  expect(frame.camera).toBe('yard');
});

test('a file that is no model is refused with its error code, and the thread lives on', async () => {
  const detectors = start();
  await expect(detectors.prepare(model('rubbish'))).rejects.toMatchObject({ code: 'FORPOST_MODEL_INVALID' });
  expect((await detectors.analyse(request('yard')))?.detections).toHaveLength(1);
});

test('the pool analyses the frame that is newest at the camera’s turn, not the one at the request', async () => {
  const detectors = start({ worker: await program('slow', `setTimeout(() => { ${answer} }, 30)`) });
  let newest = 1;
  const take = () => ({ ...paint(64, 36), camera: 'late', uptime: newest });
  const first = detectors.analyse(request('first'));
  const late = detectors.analyse(request('late', { takeFrame: take }));
  newest = 2;
  await first;
  expect((await late)?.frame.uptime).toBe(2);
});

test('cameras take turns, those with motion first', async () => {
  const detectors = start({ worker: await program('orderly', `setTimeout(() => { ${answer} }, 5)`) });
  const order: string[] = [];
  const ask = (camera: string, urgent: boolean) =>
    detectors.analyse(request(camera, { urgent })).then(() => order.push(camera));
  await Promise.all([ask('a', false), ask('b', false), ask('c', true), ask('d', false), ask('e', true)]);
  // the first camera already has the thread when the others ask
  expect(order).toEqual(['a', 'c', 'e', 'b', 'd']);
});

test('a thread that dies is replaced, and only its frame is lost', async () => {
  const worker = await program('mortal', `if (m.frame.camera === 'deadly') process.exit(3); ${answer}`);
  const detectors = start({ worker });
  await expect(detectors.analyse(request('deadly'))).rejects.toMatchObject({ code: 'FORPOST_DETECTOR_FAILED' });
  expect(await detectors.analyse(request('yard'))).toBeDefined();
});

test('a run that hangs is given up and its thread replaced', async () => {
  const worker = await program('hanging', `if (m.frame.camera === 'deadly') for (;;); ${answer}`);
  const detectors = start({ worker, runDeadlineMs: 200 });
  await detectors.analyse(request('yard'));
  await expect(detectors.analyse(request('deadly'))).rejects.toThrow('did not answer within 0.2 s');
  expect(await detectors.analyse(request('yard'))).toBeDefined();
});

test('a run that hangs again after its thread was replaced is given up after the same deadline', async () => {
  const worker = await program('hanging-always', `if (m.frame.camera === 'deadly') for (;;); ${answer}`);
  const detectors = start({ worker, runDeadlineMs: 200 });
  for (let i = 0; i < 2; i++)
    await expect(detectors.analyse(request('deadly'))).rejects.toThrow('did not answer within 0.2 s');
});

test.each([
  ['poison', 'poison answers with NaN: its file or its runtime is broken'],
  ['other', 'other: its output is no longer of the shape that it was added with'],
])('a model that fails (%s) says why, is asked again later, and costs other models no thread', async (name, words) => {
  const replaced: unknown[] = [];
  const logger = { ...silentLogger(), warn: (about: unknown) => replaced.push(about) } as ReturnType<
    typeof silentLogger
  >;
  const detectors = start({ logger, random: () => 0.99 });
  const failing = () => detectors.analyse(request('broken', { model: model(name) }));
  await expect(failing()).rejects.toThrow(words);
  const again = failing().then(
    () => 'answered',
    () => 'asked again',
  );
  // the only thread serves other cameras while the broken model is held back
  for (let i = 0; i < 3; i++) expect((await detectors.analyse(request('yard')))?.detections).toHaveLength(1);
  expect(await again).toBe('asked again');
  expect(replaced).toEqual([]);
});

/** a clock that runs `times` as fast */
function fast(times: number): PoolOptions['clock'] {
  return {
    now: () => 0,
    uptime: () => systemClock.uptime() * times,
    after: (ms, then) => systemClock.after(ms / times, then),
  };
}

test('when too many threads hang for good, the pool names the model that hangs in each', async () => {
  const worker = await program('hung', `if (m.model.name === 'deadly') for (;;); ${answer}`);
  const hung = await new Promise<readonly string[]>((resolve) => {
    const detectors = start({ worker, clock: fast(20), threads: 2, stuck: resolve });
    // one run for each thread; both are given up
    for (const camera of ['left', 'right'])
      detectors.analyse(request(camera, { model: model('deadly') })).catch(() => {});
  });
  expect(hung).toEqual(['deadly', 'deadly']);
});

test('the pool names a model before it opens or runs it, until the model has answered for half a minute', async () => {
  const worker = await program('quick', `setTimeout(() => { ${answer} }, 5)`);
  const told: string[] = [];
  const clock = { ...fast(1_000), after: systemClock.after.bind(systemClock) };
  const detectors = start({
    worker,
    clock,
    running: (models) => told.push(models.join(' ')),
    proven: (name) => told.push(`${name} is proven`),
  });
  await detectors.analyse(request('yard'));
  // opened and run without a pause
  expect(told).toEqual(['stub', '']);
  const since = clock.uptime();
  while (clock.uptime() - since < 31_000) await detectors.analyse(request('yard'));
  await detectors.analyse(request('yard'));
  expect(told.filter((one) => one === 'stub is proven')).toHaveLength(1);
  const whenProven = told.indexOf('stub is proven');
  await detectors.analyse(request('yard'));
  expect(told.slice(whenProven).filter((one) => one === 'stub')).toEqual([]);
});

test('the pool never names the built-in model or a model on another machine', async () => {
  const told: unknown[] = [];
  const detectors = start({ worker: await program('named', answer), running: (models) => told.push(models) });
  const motion: Model = { ...model('motion'), kind: 'motion', file: '' };
  await detectors.analyse(request('yard', { model: motion }));
  expect(told).toEqual([]);
});

test('two suspected models never run at the same time, while each runs beside other models', async () => {
  const worker = await program('counting', `setTimeout(() => { ${answer} }, 10)`);
  const together = new Set<string>();
  const detectors = start({
    worker,
    threads: 3,
    suspects: ['a', 'b'],
    running: (models) => together.add([...models].sort().join(' ')),
  });
  const ask = (name: string) => detectors.analyse(request(`of ${name}`, { model: model(name) }));
  await Promise.all(Array.from({ length: 8 }, () => ['a', 'b', 'c'].map(ask)).flat());
  expect([...together].filter((names) => names.includes('a') && names.includes('b'))).toEqual([]);
  expect(together).toContain('a c');
});

test('a thread that dies while other frames wait loses only its own frame', async () => {
  const worker = await program(
    'shot',
    `if (m.frame.camera === 'deadly') process.exit(9); setTimeout(() => { ${answer} }, 5)`,
  );
  const detectors = start({ worker, threads: 2 });
  const cameras = ['a', 'b', 'deadly', 'c', 'd'].map((camera) => detectors.analyse(request(camera)));
  const ends = await Promise.allSettled(cameras);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

test('a still scene gets its turn however much moves elsewhere', async () => {
  // uptime runs a hundred times as fast, for the pool's patience
  const clock = {
    ...systemClock,
    now: () => 0,
    uptime: () => systemClock.uptime() * 100,
    after: systemClock.after.bind(systemClock),
  };
  const detectors = start({ clock, worker: await program('steady', `setTimeout(() => { ${answer} }, 2)`) });
  let waiting = true;
  const busy = async (camera: string) => {
    while (waiting) await detectors.analyse(request(camera, { urgent: true }));
  };
  const moving = [busy('a'), busy('b'), busy('c')];
  await detectors.analyse(request('still'));
  waiting = false;
  await Promise.all(moving);
});

test('a camera whose model remembers stays with one thread', async () => {
  const worker = await program(
    'told',
    `parentPort.postMessage({ kind: 'detected', id: m.id, detections: [{ class: '' + threadId, score: 1, box: [0, 0, 1, 1] }], detectMs: 1 });`,
  );
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(worker, 'utf8');
  await writeFile(worker, text.replace('{ parentPort }', '{ parentPort, threadId }'));
  const detectors = start({ worker, threads: 2 });
  const motion: Model = { ...model('motion'), kind: 'motion' };
  const threads = new Map<string, Set<string>>();
  for (let i = 0; i < 6; i++)
    await Promise.all(
      ['left', 'right'].map(async (camera) => {
        const analysed = await detectors.analyse(request(camera, { model: motion }));
        const seen = threads.get(camera) ?? new Set();
        threads.set(camera, seen.add(analysed!.detections[0]!.class));
      }),
    );
  expect([...threads.values()].map((seen) => seen.size)).toEqual([1, 1]);
  expect(new Set([...threads.values()].flatMap((seen) => [...seen])).size).toBe(2);
});

test('stopping rejects every request that still waits', async () => {
  const detectors = start({ worker: await program('silent', '') });
  const waiting = [detectors.analyse(request('a')), detectors.analyse(request('b'))];
  const settled = Promise.allSettled(waiting);
  await detectors.stop();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(detectors.analyse(request('c'))).rejects.toThrow('stopped');
});

test('the number of threads follows the cores and never exceeds the number of cameras', () => {
  expect([threadCount(1, 5), threadCount(2, 5), threadCount(4, 5), threadCount(16, 9), threadCount(8, 1)]).toEqual([
    2, 2, 3, 4, 1,
  ]);
});
