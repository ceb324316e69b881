/**
 * `npm run faults -- --vision false-alarms [--runs MINUTES]`: half an hour of rendered weather in which nobody comes.
 * The built-in detector watches it, and the real YOLOX-nano where its file lies beside the repository. A rule raises an
 * alarm for whoever enters the picture: there may be none. A visitor at the end of each scene shows that the built-in
 * detector sees somebody.
 */
import { cocoClasses } from '../../../edge/vision/catalogue.ts';
import type { Detector } from '../../../edge/vision/process/detectors/detector.ts';
import type { Request } from '../../../edge/vision/process/detectors/pool.ts';
import { findModel, type Model, openDetector } from '../../../edge/vision/process/detectors/registry.ts';
import { createReport, type Report } from '../../../scripts/report.ts';
import { sharedData, sharedFile } from '../../contract/detector-fixtures.ts';
import { watch } from './watch.ts';
import { type SceneName, sceneNames, weather } from './weather.ts';

const framesPerSecond = 5;
/** classes that the rule of a site is about */
const alarming = ['person', 'bicycle', 'car', 'motorbike', 'bus', 'truck', 'cat', 'dog'];

export interface FalseAlarms {
  /** sentences about alarms that were raised while nobody was there */
  readonly alarms: readonly string[];
  /** whether the visitor was seen */
  readonly visited: boolean;
  readonly frames: number;
}

export async function falseAlarmsReport(minutes = 30): Promise<Report> {
  const report = createReport('vision-false-alarms');
  const seconds = Math.round((minutes * 60) / sceneNames.length);
  for (const { name, model, classes } of await watchedBy()) {
    const detector = await openDetector(model);
    let [alarms, visitors, frames] = [0, 0, 0];
    for (const scene of sceneNames) {
      const seen = await falseAlarms(scene, seconds, model, detector, classes);
      process.stderr.write(`${name}, ${scene}: ${seen.alarms.length} false alarms\n`);
      for (const alarm of seen.alarms) process.stderr.write(`  ${alarm}\n`);
      report.metric(`false_alarms_${name}_${scene.replaceAll('-', '_')}`, seen.alarms.length);
      alarms += seen.alarms.length;
      visitors += seen.visited ? 1 : 0;
      frames += seen.frames;
    }
    await detector.close();
    report.metric(`false_alarms_${name}`, alarms).goal(`false_alarms_${name}`, '=', 0);
    report.metric(`minutes_${name}`, frames / framesPerSecond / 60);
    // a model that was trained with photographs does not recognise a drawn figure as a person
    if (name === 'motion') report.metric('visitors_motion', visitors).goal('visitors_motion', '=', sceneNames.length);
    report.samples(frames);
  }
  return report;
}

/** Shows one scene to one camera's analysis, and collects its alarms. */
export async function falseAlarms(
  scene: SceneName,
  seconds: number,
  model: Model,
  detector: Detector,
  classes: readonly string[] = [],
): Promise<FalseAlarms> {
  const alarms: string[] = [];
  let visited = false;
  const { frames } = await watch(weather({ scene, seconds, framesPerSecond, size: model.inputSize }), {
    camera: scene,
    model,
    classes,
    pool: directly(detector),
    alarm: ({ class: name, score, box }, second) => {
      if (second >= seconds) visited = true;
      else alarms.push(`${second.toFixed(1)} s: ${name} ${score.toFixed(2)} at ${box.map((side) => side.toFixed(2))}`);
    },
  });
  return { alarms, visited, frames };
}

/** The detector without threads: it analyses one frame after the other. */
function directly(detector: Detector) {
  return {
    async analyse({ takeFrame: take, minScore }: Request) {
      const frame = take();
      if (frame === undefined) return undefined;
      return { frame, detections: await detector.detect(frame, minScore), detectMs: 0 };
    },
  };
}

async function watchedBy() {
  const motion = { name: 'motion', model: await findModel('motion', ''), classes: [] as readonly string[] };
  if (sharedData === undefined) {
    process.stderr.write('without YOLOX: there is no ../shared/data beside the repository\n');
    return [motion];
  }
  const file = sharedFile('yolox_nano_416.onnx');
  const model: Model = {
    name: 'yolox-nano',
    kind: 'yolox',
    inputSize: 416,
    classes: [...cocoClasses],
    measuredMs: 12,
    file,
  };
  return [motion, { name: 'yolox', model, classes: alarming }];
}
