/** The contract of detectors (edge/vision/process/detectors/detector.ts), run on each of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cocoClasses } from '../../edge/vision/catalogue.ts';
import type { Box } from '../../edge/vision/messages.ts';
import type { Detection, Detector, Frame } from '../../edge/vision/process/detectors/detector.ts';
import { overlap } from '../../edge/vision/process/detectors/geometry.ts';
import { openMotion } from '../../edge/vision/process/detectors/motion.ts';
import { openRemote } from '../../edge/vision/process/detectors/remote.ts';
import { rtDetr } from '../../edge/vision/process/detectors/rt-detr.ts';
import { openSession } from '../../edge/vision/process/detectors/session.ts';
import { openTensorDetector } from '../../edge/vision/process/detectors/tensor-detector.ts';
import { yolo, yoloEndToEnd } from '../../edge/vision/process/detectors/yolo.ts';
import { yolox } from '../../edge/vision/process/detectors/yolox.ts';
import { InferenceServer } from '../harness/inference-server.ts';
import { unless } from '../harness/unless.ts';
import {
  decodeFrames,
  openYolox,
  paint,
  sharedFile,
  stubEndToEnd,
  stubRtDetr,
  stubYolo,
  stubYolox,
  withoutSharedData,
} from './detector-fixtures.ts';

type Picture = Omit<Frame, 'camera' | 'uptime'>;

interface Adapter {
  readonly name: string;
  /** why it cannot run on this machine */
  readonly missing?: string | undefined;
  open(folder: string): Promise<Detector>;
  /** pictures 200 ms apart; the last one shows one thing, at `box` */
  scene(): Promise<{ readonly pictures: readonly Picture[]; readonly box: Box; readonly class: string }>;
}

const clipPictures: Picture[] = [];

/** decoded once */
async function decodeClip(): Promise<readonly Picture[]> {
  if (clipPictures.length === 0)
    for await (const frame of decodeFrames(sharedFile('people-one-by-one.mp4'), 416, 768, 432, 'eq(n,100)'))
      clipPictures.push(frame);
  return clipPictures;
}

const person = { box: [100, 90, 40, 100], objectness: 0.9, class: 1 } as const;
const personBox: Box = [80 / 320, 40 / 180, 40 / 320, 100 / 180];
/** the project's own models, in the shapes of each family and exporter */
const families = [
  { name: 'yolox, not square', layout: yolox, file: stubYolox(320, 3, [person], false, [192, 320]) },
  { name: 'yolo (v8, 11)', layout: yolo, file: stubYolo([320, 320], 3, [person]) },
  { name: 'yolo (v8, 11), not square', layout: yolo, file: stubYolo([192, 320], 3, [person]) },
  { name: 'yolo, end to end', layout: yoloEndToEnd, file: stubEndToEnd(320, [person]) },
  ...(['authors', 'hugging-face', 'ultralytics'] as const).map((exporter) => ({
    name: `rt-detr, as exported by ${exporter}`,
    layout: rtDetr,
    file: stubRtDetr(exporter, 320, 3, [person]),
  })),
];

const adapters: Adapter[] = [
  {
    name: 'motion',
    open: () => openMotion(),
    scene: async () => {
      const empty = paint(640, 360);
      const pictures = [...Array.from({ length: 20 }, () => empty), paint(640, 360, [[200, 120, 48, 120]])];
      return { pictures, box: [200 / 640, 120 / 360, 48 / 640, 120 / 360], class: 'motion' };
    },
  },
  {
    name: 'yolox, a model of the project with its shapes',
    open: async (folder) => {
      const file = join(folder, 'stub.onnx');
      await writeFile(file, stubYolox(320, 3, [{ box: [100, 90, 40, 100], objectness: 0.9, class: 1 }]));
      return openYolox('stub', file, ['cat', 'person', 'dog']);
    },
    scene: async () => ({
      pictures: [paint(320, 180)],
      box: [80 / 320, 40 / 180, 40 / 320, 100 / 180],
      class: 'person',
    }),
  },
  ...families.map(
    ({ name, file, layout }): Adapter => ({
      name,
      open: async (folder) => {
        const path = join(folder, 'stub.onnx');
        await writeFile(path, file);
        return openTensorDetector('stub', await openSession(path, 'it'), layout, ['cat', 'person', 'dog']);
      },
      scene: async () => ({ pictures: [paint(320, 180)], box: personBox, class: 'person' }),
    }),
  ),
  {
    name: 'yolox on another box, over gRPC',
    open: async (folder) => {
      const file = join(folder, 'box.onnx');
      await writeFile(file, stubYolox(320, 3, [person]));
      const server = await InferenceServer.start({ file });
      const inputs = [{ name: 'images', type: 'float32', shape: [1, 3, 320, 320] }];
      const place = { server: `127.0.0.1:${server.port}`, tls: false, model: 'model', inputs, outputs: ['output'] };
      const detector = await openTensorDetector('box', openRemote(place), yolox, ['cat', 'person', 'dog']);
      const close = () => detector.close().then(() => server.stop());
      return { name: detector.name, size: detector.size, detect: detector.detect.bind(detector), close };
    },
    scene: async () => ({ pictures: [paint(320, 180)], box: personBox, class: 'person' }),
  },
  {
    name: 'yolox, the real nano model',
    missing: withoutSharedData,
    open: () => openYolox('yolox-nano', sharedFile('yolox_nano_416.onnx'), cocoClasses),
    scene: async () => {
      return {
        pictures: await decodeClip(),
        box: [380.9 / 768, 15.6 / 432, 135.3 / 768, 391.8 / 432],
        class: 'person',
      };
    },
  },
];

describe.each(adapters)('the detector $name', ({ missing, open, scene }) => {
  describe('keeps the contract of a detector', unless(missing), () => {
    let folder: string;
    let detector: Detector;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'forpost-detector-'));
      detector = await open(folder);
    });
    afterAll(async () => {
      await detector.close();
      await rm(folder, { recursive: true });
    });

    async function watch(camera: string, minScore: number): Promise<readonly Detection[]> {
      let found: readonly Detection[] = [];
      let uptime = 0;
      for (const picture of (await scene()).pictures) {
        uptime += 200;
        found = await detector.detect({ ...picture, camera, uptime }, minScore);
      }
      return found;
    }

    test('finds the one thing at its place, as a part of the picture', async () => {
      const { box, class: name } = await scene();
      const found = await watch('one', 0.5);
      expect(found.map((d) => d.class)).toEqual([name]);
      expect(overlap(found[0]!.box, box)).toBeGreaterThan(0.8);
    });

    test('returns only detections of the requested certainty, with scores from 0 to 1', async () => {
      for (const { score } of await watch('two', 0.2)) {
        expect(score).toBeGreaterThanOrEqual(0.2);
        expect(score).toBeLessThanOrEqual(1);
      }
      expect(await watch('three', 1.01)).toEqual([]);
    });

    test('does not change the frame', async () => {
      const [picture] = (await scene()).pictures;
      const before = Uint8Array.from(picture!.rgb);
      await detector.detect({ ...picture!, camera: 'four', uptime: 1 }, 0.5);
      expect(Buffer.compare(before, Uint8Array.from(picture!.rgb))).toBe(0);
    });

    test('sees the same in two alternating cameras as in one alone', async () => {
      const alone = await watch('alone', 0.5);
      let found: readonly Detection[] = [];
      let uptime = 0;
      for (const picture of (await scene()).pictures) {
        uptime += 200;
        found = await detector.detect({ ...picture, camera: 'left', uptime }, 0.5);
        await detector.detect({ ...paint(picture.size, picture.pictureHeight), camera: 'right', uptime }, 0.5);
      }
      expect(found).toEqual(alone);
    });

    test('refuses a frame of another size with a reason', async () => {
      const wrong = { ...paint(64, 36), camera: 'five', uptime: 1 };
      await expect(detector.detect(wrong, 0.5)).rejects.toMatchObject({ code: 'FORPOST_DETECTOR_FAILED' });
    });
  });
});
