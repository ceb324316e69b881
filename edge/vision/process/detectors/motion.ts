/**
 * The built-in detector finds everything that moves, as class "motion". It needs no downloaded weights. It reports that
 * something of a person's size moves, not what it is. The graph (build-motion-model.ts) compares a frame with the
 * backgrounds of background.ts; light.ts recognises changes of the light; restless.ts recognises leaves and rain;
 * regions.ts finds regions. This file connects them.
 *
 * Always: each camera has its own background, so all frames of a camera must come to the same instance, in order;
 * nothing is reported in a camera's first seconds, while its empty scene is learned.
 */
import { words } from '@forpost/shared/texts/english.ts';
import { maskedCells } from '../motion-mask.ts';
import { type Background, isLearning, learn, newBackground, stepOf } from './background.ts';
import { buildMotionModel, motionThreshold } from './build-motion-model.ts';
import { cellKinds } from './cell-kinds.ts';
import type { Detection, Detector, Frame } from './detector.ts';
import { LightTest } from './light.ts';
import { motionCellPixels, motionFrameSize, motionGridSize } from './motion-grid.ts';
import { findRegions, type Region } from './regions.ts';
import { notice } from './restless.ts';
import { openSession } from './session.ts';
import { failed, type Runner, type Tensors } from './tensors.ts';

/** part of the picture that must move: a person of a sixth of the picture's height has about 0.4 % of its area */
const smallestPart = 0.002;
/**
 * If more than `largestPart` of the picture changes at once, and things are more than `largestThingPart`, the camera
 * itself moved: its scene is learned anew.
 */
const largestPart = 0.6;
const largestThingPart = 0.25;
/**
 * If the light of more than this part changes at once, lamps sweep the picture; a thing must be `sweptTimes` larger
 * then.
 */
const sweptPart = 0.06;
const sweptTimes = 2.5;
/** During a sweep a thing must be upright (height over width); lit pieces of a fence are not. */
const sweptUpright = 0.9;
const maxDetections = 32;
/** a mean difference of this many thresholds has score 1 */
const certainThresholds = 2.5;
/** At most this many cameras are remembered; the one not seen for longest is forgotten first. */
const maxCameras = 64;
const gridShape = [1, 1, motionGridSize, motionGridSize];

export async function openMotion(): Promise<Detector> {
  return new MotionDetector(await openSession(buildMotionModel(), words('gateway/reason.model-built-in')));
}

class MotionDetector implements Detector {
  readonly name = 'motion';
  readonly size = motionFrameSize;
  readonly #session: Runner;
  readonly #backgrounds = new Map<string, Background>();
  readonly #pixels = new Uint8Array(motionFrameSize ** 2 * 3);
  readonly #nothing = new Float32Array(motionGridSize ** 2);
  readonly #light = new LightTest(motionGridSize);
  /** by camera; `#backgrounds` bounds their number */
  readonly #masks = new Map<string, { readonly key: string; readonly cells: Uint8Array | undefined }>();

  constructor(session: Runner) {
    this.#session = session;
  }

  async detect(frame: Frame, minScore: number): Promise<readonly Detection[]> {
    if (frame.size !== this.size)
      throw failed(words('gateway/reason.model-side', { model: this.name, size: this.size, other: frame.size }));
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
    // moves the camera to the end: the first entry is the next to forget
    this.#remember(frame.camera, known);
    const width = Math.floor(frame.pictureWidth / motionCellPixels);
    const height = Math.floor(frame.pictureHeight / motionCellPixels);
    const motion = floatsOf(outputs, 'motion');
    const difference = floatsOf(outputs, 'difference');
    this.#quieten(frame, motion, difference, width, height);
    const area = width * height;
    const { uptime } = frame;
    const seen = { grey, difference, threshold: motionThreshold, ...inner(frame, width, height), uptime };
    const kinds = this.#light.kinds(seen, known);
    const change = changeOf(kinds, area);
    // lamps that sweep through the picture light pieces of fence and wall differently from their surroundings
    const smallest = (change === 'light' ? sweptTimes : 1) * smallestPart * area;
    if (change === 'another scene') {
      this.#remember(frame.camera, newBackground(grey, frame.uptime));
      return [];
    }
    if (change === 'flash') this.#light.startAnew(seen, known);
    const { restless } = known;
    notice(restless, difference, motionThreshold, stepOf(known, frame.uptime), frame.uptime, motionGridSize);
    for (let i = 0; i < difference.length; i++)
      if (kinds[i] !== cellKinds.thing || (difference[i] ?? 0) <= motionThreshold * (restless.factors[i] ?? 1))
        difference[i] = 0;
    const regions = findRegions(motion, difference, motionGridSize, width, height, motionThreshold, maxDetections);
    learn(known, grey, kinds, frame.uptime, motionThreshold);
    if (change === 'flash' || isLearning(known, frame.uptime)) return [];
    return regions
      .filter(({ cells }) => cells >= smallest)
      .filter(({ left, top, right, bottom }) => change !== 'light' || bottom - top >= sweptUpright * (right - left))
      .map((region) => toDetection(region, width, height))
      .filter(({ score }) => score >= minScore);
  }

  async close(): Promise<void> {
    this.#backgrounds.clear();
    this.#masks.clear();
    await this.#session.close();
  }

  /** Removes the motion within motion masks. */
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

/** The grid without its last cells if the picture ends within the frame: those are blurred with the padding. */
function inner({ pictureWidth, pictureHeight, size }: Frame, width: number, height: number) {
  return { width: pictureWidth < size ? width - 1 : width, height: pictureHeight < size ? height - 1 : height };
}

/** The kind of change of the whole picture. In a flash nothing is reported, because almost every cell changed. */
function changeOf(kinds: Uint8Array, area: number): 'little' | 'light' | 'flash' | 'another scene' {
  let [changed, things] = [0, 0];
  for (const kind of kinds) {
    if (kind !== cellKinds.still) changed++;
    if (kind === cellKinds.thing) things++;
  }
  if (changed <= largestPart * area) return changed - things > sweptPart * area ? 'light' : 'little';
  return things > largestThingPart * area ? 'another scene' : 'flash';
}

function toDetection(region: Region, width: number, height: number): Detection {
  // the region's bounds are those of changed cells, which the graph's blur widened by about one cell; the dilated map
  // is not used for the box
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
  throw failed(words('gateway/reason.motion-not-float', { name }));
}
