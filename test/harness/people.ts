/**
 * Runs the real clip of six people through the gateway's own parts: ffmpeg -> gate -> detector -> tracker -> scene -> rules
 * and alarms, on a clock that follows the detector. One pass watches it at 10 and at 5 frames a second, so that each frame is
 * decoded and detected once.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Alert } from '../../edge/alerts/action.ts';
import { Alarms } from '../../edge/alerts/alarms.ts';
import { DeviceRegistry } from '../../edge/devices/registry.ts';
import { MemoryDisk, MemoryOutbox } from '../../edge/outbox/testing/memory-outbox.ts';
import { Pipeline } from '../../edge/pipeline/pipeline.ts';
import { RuleEngine } from '../../edge/rules/engine.ts';
import type { RuleConfig, Site } from '../../edge/site/site.ts';
import { cocoClasses } from '../../edge/vision/catalogue.ts';
import type { SceneChange, Track } from '../../edge/vision/messages.ts';
import { Analysis } from '../../edge/vision/process/analysis.ts';
import type { Detection, Frame } from '../../edge/vision/process/detectors/detector.ts';
import { type Analysed, DetectorPool, type Request } from '../../edge/vision/process/detectors/pool.ts';
import type { Model } from '../../edge/vision/process/detectors/registry.ts';
import { NewestFrame } from '../../edge/vision/process/newest-frame.ts';
import { LivePicture } from '../../edge/vision/process/picture.ts';
import { defaultStaticClasses } from '../../edge/vision/process/standing.ts';
import { decodeFrames, sharedFile } from '../contract/detector-fixtures.ts';

export const [clipWidth, clipHeight, clipFps] = [768, 432, 10];
/** lowest scores for the tracker; the reference's own lowest score is 0.3 */
const [minScore, leastScore] = [0.5, 0.25];

export interface Truth {
  readonly line: { readonly from: readonly [number, number]; readonly to: readonly [number, number] };
  readonly crossings: readonly { readonly t: number; readonly direction: 'left_to_right' | 'right_to_left' }[];
  readonly zone: { readonly polygon: readonly (readonly [number, number])[] };
  readonly visits: readonly {
    readonly enter: number;
    readonly leave: number;
    readonly loiter_5s_at: number;
    readonly dwell_s: number;
  }[];
  readonly people: readonly { readonly first: number; readonly last: number }[];
  readonly tolerance_s: number;
}

export interface Reference {
  readonly frames: readonly {
    readonly i: number;
    /** left, top, right, bottom in pixels, score */
    readonly persons: readonly (readonly [number, number, number, number, number])[];
  }[];
}

export const readTruth = async (): Promise<Truth> =>
  JSON.parse(await readFile(sharedFile('people-one-by-one.truth.json'), 'utf8')) as Truth;
export const readReference = async (): Promise<Reference> =>
  JSON.parse(await readFile(sharedFile('people-one-by-one.reference.json'), 'utf8')) as Reference;

/** The observations at one rate; times in seconds of the clip. */
export interface Watched {
  readonly fps: number;
  /** frames that the gate passed on to the detector */
  analysed: number;
  readonly changes: { readonly t: number; readonly change: SceneChange }[];
  readonly alerts: { readonly t: number; readonly rule: string; readonly change: string; readonly value: unknown }[];
  readonly tracks: { readonly t: number; readonly tracks: readonly Track[] }[];
}

export interface Clip {
  readonly truth: Truth;
  /** people found in frame i, even if the gate stopped it */
  readonly people: ReadonlyMap<number, readonly Detection[]>;
  readonly watched: readonly Watched[];
}

/** Watches the whole clip. */
export async function watchPeople(): Promise<Clip> {
  const truth = await readTruth();
  const folder = await mkdtemp(join(tmpdir(), 'forpost-people-'));
  const logger = silentLogger();
  const pool = new DetectorPool({
    threads: Math.min(2, availableParallelism()),
    clock: systemClock,
    random: Math.random,
    logger,
    stuck: () => {
      throw new Error('the detector hangs');
    },
  });
  pool.start();
  try {
    const model: Model = {
      name: 'yolox-nano',
      kind: 'yolox',
      inputSize: 416,
      classes: [...cocoClasses],
      measuredMs: 15,
      file: sharedFile('yolox_nano_416.onnx'),
    };
    await pool.prepare(model);
    const detect = (frame: Frame): Promise<readonly Detection[]> =>
      pool
        .analyse({ camera: frame.camera, model, minScore: leastScore, urgent: true, takeFrame: () => frame })
        .then((analysed) => analysed?.detections ?? []);
    const watchers = [new Watcher(clipFps, truth, model, folder), new Watcher(clipFps / 2, truth, model, folder)];
    for (const watcher of watchers) await watcher.start();
    const people = new Map<number, readonly Detection[]>();
    const take = async ({ i, rgb, found }: Ahead) => {
      for (const watcher of watchers) await watcher.frame(i, rgb, found);
      people.set(
        i,
        (await found).filter((one) => one.class === 'person'),
      );
    };
    let i = 0;
    // keep both threads busy: detect the next frame while this one is tracked
    let ahead: Ahead | undefined;
    for await (const picture of decodeFrames(sharedFile('people-one-by-one.mp4'), 416, clipWidth, clipHeight, '1')) {
      const next = { i, rgb: picture.rgb, found: detect({ ...picture, camera: `half-${i % 2}`, uptime: i }) };
      if (ahead !== undefined) await take(ahead);
      ahead = next;
      i++;
    }
    if (ahead !== undefined) await take(ahead);
    for (const watcher of watchers) watcher.stop(i);
    return { truth, people, watched: watchers.map(({ seen }) => seen) };
  } finally {
    await pool.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ahead {
  readonly i: number;
  readonly rgb: Uint8Array;
  readonly found: Promise<readonly Detection[]>;
}

/** One camera of the gateway with its rules, at one rate. */
class Watcher {
  readonly seen: Watched;
  readonly #clock = new FakeClock();
  readonly #start: number;
  readonly #frames: NewestFrame;
  readonly #analysis: Analysis;
  readonly #alarms: Alarms;
  readonly #outbox: MemoryOutbox;
  readonly #pipeline: Pipeline;
  #found: Promise<readonly Detection[]> = Promise.resolve([]);
  #asked: Promise<unknown> | undefined;

  constructor(fps: number, truth: Truth, model: Model, folder: string) {
    const clock = this.#clock;
    const logger = silentLogger();
    this.seen = { fps, analysed: 0, changes: [], alerts: [], tracks: [] };
    this.#start = clock.uptime();
    this.#frames = new NewestFrame('clip', model.inputSize, clock);
    this.#frames.setPicture(416, 234);
    const site = siteOf(truth);
    const camera = site.cameras[0];
    if (camera === undefined) throw new Error('the site has no camera');
    this.#alarms = new Alarms({
      actions: [{ name: 'recorder', perform: (alert: Alert) => this.#record(alert), stop: async () => undefined }],
      clock,
      random: Math.random,
    });
    this.#outbox = new MemoryOutbox(new MemoryDisk(), () => 'clip');
    const rules = new RuleEngine({ site, uptime: clock.uptime() });
    this.#pipeline = new Pipeline({
      devices: new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock }),
      rules: () => rules,
      alarms: this.#alarms,
      outbox: this.#outbox,
      clock,
      quality: () => 'synced',
      boot: () => 'clip',
      random: Math.random,
      logger,
      onAlert: () => undefined,
    });
    this.#analysis = new Analysis({
      camera: 'clip',
      model,
      minScore,
      thresholds: {},
      classes: ['person'],
      staticClasses: defaultStaticClasses,
      zones: camera.zones ?? [],
      motionMasks: [],
      lines: camera.lines ?? [],
      frames: this.#frames,
      picture: new LivePicture('clip', folder, clock, logger),
      pool: { analyse: (request) => this.#ask(request) },
      clock,
      scene: ({ uptime, tracks, changes, detectMs }) => {
        const t = this.#seconds(uptime);
        this.seen.tracks.push({ t, tracks });
        for (const change of changes) this.seen.changes.push({ t: this.#seconds(change.at), change });
        const time = clock.now() - (clock.uptime() - uptime);
        this.#pipeline.cameras.frame({ kind: 'scene', camera: 'clip', time, uptime, tracks, changes, detectMs });
      },
      trouble: (text) => {
        if (text !== '') throw new Error(text);
      },
      unusable: (reason) => {
        throw new Error(reason);
      },
    });
  }

  async start(): Promise<void> {
    await this.#outbox.start();
    await this.#alarms.start();
    this.#pipeline.start();
  }

  /** Processes frame `i` of the clip with all its consequences. */
  async frame(i: number, rgb: Uint8Array, found: Promise<readonly Detection[]>): Promise<void> {
    if (i % (clipFps / this.seen.fps) !== 0) return;
    this.#found = found;
    this.#clock.advance(this.#start + (i * 1000) / clipFps - this.#clock.uptime());
    this.#frames.write(rgb);
    this.#analysis.frame();
    while (this.#asked !== undefined) {
      const asked = this.#asked;
      this.#asked = undefined;
      await asked;
      // wait until the analysis has processed the answer
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stop(i: number): void {
    this.#clock.advance(this.#start + (i * 1000) / clipFps + 60_000 - this.#clock.uptime());
    this.#analysis.stop();
    this.#pipeline.stop();
  }

  #ask(request: Request): Promise<Analysed | undefined> {
    const frame = request.takeFrame();
    if (frame === undefined) return Promise.resolve(undefined);
    this.seen.analysed++;
    const asked = this.#found.then((all) => {
      const detections = all.filter(({ score }) => score >= request.minScore);
      return { frame, detections, detectMs: 0 };
    });
    this.#asked = asked;
    return asked;
  }

  #record({ data, uptime }: Alert): void {
    const { rule, change, value } = data;
    this.seen.alerts.push({ t: this.#seconds(uptime), rule, change, value });
  }

  #seconds(uptime: number): number {
    return Math.round(uptime - this.#start) / 1000;
  }
}

function siteOf({ zone, line }: Truth): Site {
  const rule = (id: string, kind: string, more: object): RuleConfig => ({
    id: asId<'rule'>(id),
    kind,
    camera: 'clip',
    ...more,
  });
  const rules = [
    rule('crossed', 'line-crossed', { line: 'middle', direction: 'right', clear_after_s: 5 }),
    rule('back', 'line-crossed', { line: 'middle', direction: 'left' }),
    rule('entered', 'zone-entered', { zone: 'desk', clear_after_s: 1 }),
    rule('left', 'zone-left', { zone: 'desk', clear_after_s: 1 }),
    rule('stays-5', 'loitering', { zone: 'desk', after_s: 5, clear_after_s: 1 }),
    rule('stays-15', 'loitering', { zone: 'desk', after_s: 15, clear_after_s: 1 }),
    rule('crowd', 'zone-count', { zone: 'desk', above: 1 }),
    rule('empty', 'zone-empty', { zone: 'desk', after_s: 5 }),
  ];
  const camera = {
    id: asId<'device'>('clip') as DeviceId,
    url: 'file:///clip.mp4',
    zones: [{ id: 'desk', points: zone.polygon.map(([x, y]): [number, number] => [x, y]) }],
    lines: [{ id: 'middle', points: [[...line.from], [...line.to]] as [[number, number], [number, number]] }],
  };
  return {
    id: asId<'site'>('clip'),
    name: 'Clip',
    timezone: 'UTC',
    devices: [],
    consumers: [],
    cameras: [camera],
    rules,
    revision: '',
  };
}
