/**
 * The built-in detector: whatever moves, as class "motion". Needs no weights of anybody; it tells that something of a
 * person's size moves, not what it is. The graph (build-motion-model.ts) compares, background.ts remembers,
 * regions.ts finds; this file puts them together.
 *
 * Always: one memory a camera, so all frames of a camera must come to the same instance, in order; nothing is
 * reported in a camera's first seconds, while its empty scene is being learned.
 */
import { maskedCells } from '../motion-mask.ts';
import { type Background, isLearning, learn, newBackground } from './background.ts';
import {
  buildMotionModel,
  motionCellPixels,
  motionFrameSize,
  motionGridSize,
  motionThreshold,
} from './build-motion-model.ts';
import type { Detection, Detector, Frame } from './detector.ts';
import { findRegions, type Region } from './regions.ts';
import { openSession } from './session.ts';
import { failed, type Runner, type Tensors } from './tensors.ts';

/** part of the picture that must move: a person of a sixth of the picture's height has about 0.4 % of its area */
const smallestPart = 0.002;
/** more of the picture than this at once is light or the camera itself: the scene is taken as new */
const largestPart = 0.6;
const maxDetections = 32;
/** mean difference, in thresholds, that counts as certain */
const certainThresholds = 2.5;
/** Cameras remembered at most; the one not seen for longest is forgotten first. */
const maxCameras = 64;
const gridShape = [1, 1, motionGridSize, motionGridSize];

export async function openMotion(): Promise<Detector> {
  return new MotionDetector(await openSession(buildMotionModel(), 'the built-in motion model'));
}

class MotionDetector implements Detector {
  readonly name = 'motion';
  readonly size = motionFrameSize;
  readonly #session: Runner;
  readonly #backgrounds = new Map<string, Background>();
  readonly #pixels = new Uint8Array(motionFrameSize ** 2 * 3);
  readonly #nothing = new Float32Array(motionGridSize ** 2);
  /** by camera, which #backgrounds bounds */
  readonly #masks = new Map<string, { readonly key: string; readonly cells: Uint8Array | undefined }>();

  constructor(session: Runner) {
    this.#session = session;
  }

  async detect(frame: Frame, minScore: number): Promise<readonly Detection[]> {
    if (frame.size !== this.size) throw failed(`motion takes ${this.size} pixels a side, not ${frame.size}`);
    this.#pixels.set(frame.rgb);
    const known = this.#backgrounds.get(frame.camera);
    const outputs = await this.#session.run({
      frame: { data: this.#pixels, shape: [this.size, this.size, 3] },
      background: { data: known?.current ?? this.#nothing, shape: gridShape },
      older: { data: known?.older ?? this.#nothing, shape: gridShape },
    });
    const grey = floatsOf(outputs, 'current');
    if (known === undefined) {
      this.#remember(frame.camera, newBackground(grey, frame.uptime));
      return [];
    }
    // the newest seen last, so that the first is the one to forget
    this.#remember(frame.camera, known);
    const width = Math.floor(frame.pictureWidth / motionCellPixels);
    const height = Math.floor(frame.pictureHeight / motionCellPixels);
    const motion = floatsOf(outputs, 'motion');
    const difference = floatsOf(outputs, 'difference');
    this.#quieten(frame, motion, difference, width, height);
    const regions = findRegions(motion, difference, motionGridSize, width, height, motionThreshold, maxDetections);
    const area = width * height;
    if (regions.reduce((sum, { cells }) => sum + cells, 0) > largestPart * area) {
      this.#remember(frame.camera, newBackground(grey, frame.uptime));
      return [];
    }
    learn(known, grey, frame.uptime, motionThreshold);
    if (isLearning(known, frame.uptime)) return [];
    return regions
      .filter(({ cells }) => cells >= smallestPart * area)
      .map((region) => toDetection(region, width, height))
      .filter(({ score }) => score >= minScore);
  }

  async close(): Promise<void> {
    this.#backgrounds.clear();
    this.#masks.clear();
    await this.#session.close();
  }

  /** Takes the motion out of the areas in which it means nothing. */
  #quieten(
    { camera, motionMasks = [] }: Frame,
    motion: Float32Array,
    difference: Float32Array,
    width: number,
    height: number,
  ): void {
    if (motionMasks.length === 0) return;
    const key = JSON.stringify([motionMasks, width, height]);
    let known = this.#masks.get(camera);
    if (known?.key !== key) {
      known = { key, cells: maskedCells(motionMasks, width, height) };
      this.#masks.set(camera, known);
    }
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (known.cells?.[y * width + x] === 1) {
          motion[y * motionGridSize + x] = 0;
          difference[y * motionGridSize + x] = 0;
        }
  }

  #remember(camera: string, background: Background): void {
    this.#backgrounds.delete(camera);
    this.#backgrounds.set(camera, background);
    const [oldest] = this.#backgrounds.keys();
    if (this.#backgrounds.size <= maxCameras || oldest === undefined) return;
    this.#backgrounds.delete(oldest);
    this.#masks.delete(oldest);
  }
}

function toDetection(region: Region, width: number, height: number): Detection {
  // the blur of the graph widened what moved by about a cell; the widened map itself is not used for the box
  const { left, top, right, bottom, meanDifference } = region;
  return {
    class: 'motion',
    score: Math.min(1, meanDifference / (motionThreshold * certainThresholds)),
    box: [left / width, top / height, (right - left + 1) / width, (bottom - top + 1) / height],
  };
}

function floatsOf(outputs: Tensors, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw failed(`motion: its output "${name}" is not float32`);
}
