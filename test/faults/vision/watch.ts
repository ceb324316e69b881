/**
 * Shows footage to the gateway's own analysis of a camera (gate, detector, tracker, zones) and to its rules, as fast as the
 * machine can; the clock is that of the frames. One zone covers the whole picture, and one rule raises an alarm for each entry.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { RuleEngine } from '../../../edge/rules/engine.ts';
import type { Site, ZoneConfig } from '../../../edge/site/site.ts';
import type { Track } from '../../../edge/vision/messages.ts';
import { Analysis } from '../../../edge/vision/process/analysis.ts';
import type { Frame } from '../../../edge/vision/process/detectors/detector.ts';
import type { Analysed, DetectorPool, Request } from '../../../edge/vision/process/detectors/pool.ts';
import { kindOf, type Model } from '../../../edge/vision/process/detectors/registry.ts';
import { NewestFrame } from '../../../edge/vision/process/newest-frame.ts';
import { LivePicture } from '../../../edge/vision/process/picture.ts';
import { defaultStaticClasses } from '../../../edge/vision/process/standing.ts';

export interface WatchOptions {
  readonly camera: string;
  readonly model: Model;
  readonly pool: Pick<DetectorPool, 'analyse'>;
  /** classes to look for; empty: all */
  readonly classes?: readonly string[];
  /** called for each alarm, with its second of the footage */
  alarm?(track: Track, second: number): void;
}

export interface Watched {
  readonly frames: number;
  /** frames that the detector analysed */
  readonly analysed: number;
}

const zones: ZoneConfig[] = [
  {
    id: 'all',
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  },
];

function siteOf(camera: string): Site {
  const rules = [{ id: 'inside', kind: 'zone-entered', camera, zone: 'all', clear_after_s: 2 }];
  return { devices: [], consumers: [], timezone: 'UTC', cameras: [{ id: camera, zones }], rules } as unknown as Site;
}

/** @throws Error where the detector fails: the footage then shows nothing */
export async function watch(
  footage: AsyncIterable<{ readonly frame: Frame }>,
  { camera, model, pool, classes = [], alarm }: WatchOptions,
): Promise<Watched> {
  let uptime = 0;
  const clock = { ...systemClock, now: () => uptime, uptime: () => uptime };
  const frames = new NewestFrame(camera, model.inputSize, clock);
  let [shown, analysed] = [0, 0];
  const rules = new RuleEngine({ site: siteOf(camera), uptime: 0 });
  let trouble = '';
  let busy: Promise<unknown> = Promise.resolve();
  const analysis = new Analysis({
    camera,
    model,
    minScore: kindOf(model).defaultMinScore,
    thresholds: {},
    classes,
    staticClasses: defaultStaticClasses,
    zones,
    motionMasks: [],
    lines: [],
    frames,
    picture: new LivePicture(camera, '/nowhere', clock, silentLogger()),
    pool: {
      analyse(request: Request): Promise<Analysed | undefined> {
        analysed++;
        const answer = pool.analyse(request);
        busy = answer.catch(() => {});
        return answer;
      },
    },
    clock,
    scene: ({ changes, tracks }) => {
      const at = { device: camera as never, time: uptime, received: uptime };
      for (const change of changes)
        for (const result of rules.observe({ kind: 'scene', ...at, change }, uptime, uptime))
          if (result.change === 'raised') alarm?.(change.track, uptime / 1000);
      rules.observe({ kind: 'frame', ...at, tracks }, uptime, uptime);
    },
    trouble: (text) => {
      trouble = text;
    },
    unusable: (reason) => {
      trouble = reason;
    },
  });
  for await (const { frame } of footage) {
    uptime = frame.uptime;
    if (shown++ === 0) frames.setPicture(frame.pictureWidth, frame.pictureHeight);
    frames.write(frame.rgb);
    analysis.frame();
    await busy;
    // the analysis handles the pool's answer in the microtasks that follow it
    await new Promise(setImmediate);
    rules.wake(uptime, uptime);
    if (trouble !== '') throw new Error(trouble);
  }
  analysis.stop();
  return { frames: shown, analysed };
}
