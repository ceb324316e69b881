/**
 * The processes of gateway, centre and demo in a network without a way out: they try to reach what is configured, and nothing
 * else. By default the library that runs detectors would look up a host of its makers.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildMotionModel } from '../../edge/vision/process/detectors/build-motion-model.ts';
import { renderYard } from '../../scripts/camera/render.ts';
import { writeCentreFile, writeGatewayFiles } from '../harness/configuration.ts';
import { Isolated, withoutNamespaces } from '../harness/no-way-out.ts';
import { until } from '../harness/process.ts';
import { cameraCache, root } from '../harness/root.ts';
import { unless } from '../harness/unless.ts';

/** gives the demo a folder of its own; in its network namespace all ports are free */
const portOffset = 29_417;
const demoFolder = join(root, `.forpost/demo-${portOffset}`);

let folder = '';
const started: Isolated[] = [];
const isolated = (...args: readonly string[]) => {
  const one = new Isolated(args);
  started.push(one);
  return one;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-no-way-out-'));
});
afterAll(async () => {
  await Promise.all(started.map((one) => one.interrupt()));
  for (const one of started) one.remove();
  for (const one of [folder, demoFolder]) await rm(one, { recursive: true, force: true });
});

/** Resolves when the program has printed a line that matches. */
const printed = async (one: Isolated, words: RegExp) => {
  const has = () => one.lines.some((line) => words.test(line));
  const lastLines = () => one.lines.slice(-20).join('\n');
  await until(`${words}`, () => has() || !one.isRunning, 120_000).catch((error: Error) => {
    throw new Error(`${error.message}; the program printed:\n${lastLines()}`);
  });
  if (!has()) throw new Error(`the program ended before it printed ${words}:\n${lastLines()}`);
};

describe.concurrent('in a network without a way out', unless(withoutNamespaces), () => {
  test('the gateway tries to reach its cameras and its uplinks, and no other address', async () => {
    const { video } = await renderYard(cameraCache);
    const config = await writeGatewayFiles(folder, {
      gateway: 'alone',
      mqttPort: 1883,
      httpPort: 8080,
      devices: ['meter'],
      cameras: [
        {
          id: 'yard',
          url: `file://${video}`,
          zones: [
            {
              id: 'all',
              points: [
                [0, 0],
                [1, 0],
                [1, 1],
                [0, 1],
              ],
            },
          ],
        },
        { id: 'street', url: 'rtsp://192.0.2.20:554/stream' },
        { id: 'door', url: 'http://door-camera.example/video' },
      ],
      rules: [{ id: 'in', kind: 'zone-entered', camera: 'yard', zone: 'all' }],
      uplink: [
        { kind: 'kafka', brokers: ['192.0.2.10:9092'], tls: true },
        { kind: 'http', name: 'centre', url: 'https://centre.example:8443' },
      ],
    });
    const gateway = isolated('forpost.mjs', 'gateway', '--config', config);
    await printed(gateway, /^\{"ready"/);
    await until(
      'the detector has seen something',
      async () => (await readFile(join(folder, 'gateway/alarms.json'), 'utf8')).includes('"rule":"in"'),
      30_000,
    );
    await until('all have been tried', () => gateway.reached().length >= 4 || false, 30_000);
    await gateway.interrupt();
    expect(gateway.reached()).toEqual(['192.0.2.10:9092', '192.0.2.20:554', 'centre.example?', 'door-camera.example?']);
    expect(gateway.home()).toEqual([]);
  });

  test('adding and checking a model tries to reach no address', async () => {
    const models = join(folder, 'models');
    await mkdir(models);
    const config = await writeGatewayFiles(models, {
      gateway: 'models',
      mqttPort: 1883,
      httpPort: 8080,
      devices: [],
      uplink: [],
    });
    await writeFile(join(models, 'any.onnx'), buildMotionModel());
    const add = isolated('forpost.mjs', 'model', 'add', join(models, 'any.onnx'), '--config', config);
    await add.ended();
    // the command runs the model, then refuses it as of no known family
    expect(add.lines.join('\n')).toMatch(/is not a model that Forpost can use/);
    const check = isolated('forpost.mjs', 'check', config);
    expect([await check.ended(), add.reached(), check.reached(), add.home()]).toEqual([0, [], [], []]);
  });

  test('the centre tries to reach its Kafka, and no other address', async () => {
    const own = join(folder, 'own-centre');
    await mkdir(own);
    const config = await writeCentreFile(own, {
      port: 8090,
      kafka: { brokers: ['kafka.example:9092'], development: true },
      webhook: 'http://127.0.0.1:9/hook',
    });
    const centre = isolated('forpost.mjs', 'cloud', '--config', config);
    await printed(centre, /^\{"ready"/);
    await until('Kafka has been tried', () => centre.reached().length > 0, 30_000);
    await centre.interrupt();
    expect(centre.reached()).toEqual(['kafka.example?']);
    expect(centre.home()).toEqual([]);
  });

  test('the demo, with Kafka, camera, gateway and centre, tries to reach no address outside of this machine', async () => {
    const demo = isolated('scripts/demo/demo.ts', '--fresh', '--port-offset', `${portOffset}`);
    await printed(demo, /Forpost is up/);
    // an alarm of the camera has passed the detector, Kafka and the notifier
    await printed(demo, /notified: .*(gate|yard)/i);
    await demo.interrupt();
    expect(demo.reached()).toEqual([]);
    // the camera's GStreamer keeps a cache of its plug-ins
    expect(demo.home().filter((path) => !/^\.cache(\/gstreamer-1\.0(\/.*)?)?$/.test(path))).toEqual([]);
  });
});
