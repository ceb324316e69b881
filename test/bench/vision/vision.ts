/**
 * Figures of vision: the pipeline's speed beside onnxruntime alone, the time of an alarm from the lens, and the cost of
 * cameras. YOLOX nano is measured when ../shared/data has the clip and the model; latency with both models; the idle cost
 * with the built-in model and rendered footage.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addModel } from '../../../edge/vision/models.ts';
import { createReport, percentile, type Report } from '../../../scripts/report.ts';
import { root } from '../../harness/root.ts';
import { type BenchOptions, say } from '../options.ts';
import { latency, motionFootageSetup, personFootageSetup, type WatchedFootage } from './latency.ts';
import { heldCameras, idleCosts } from './load.ts';
import { throughput } from './throughput.ts';

const sharedData = join(root, '../shared/data');
const idleCounts = [1, 4, 8] as const;

export async function vision({ seconds = 10 }: BenchOptions): Promise<Report> {
  const report = createReport('vision');
  const models = await mkdtemp(join(tmpdir(), 'forpost-models-'));
  try {
    const clip = join(sharedData, 'people-one-by-one.mp4');
    const model = join(sharedData, 'yolox_nano_416.onnx');
    const withModel = existsSync(clip) && existsSync(model);
    if (withModel) {
      await addModel(model, models, { name: 'yolox-nano' });
      const { bare, withDecoding, withoutDecoding } = await throughput('yolox-nano', models, clip, seconds);
      say(`bare ${bare.toFixed(0)}, whole pipeline ${withDecoding.toFixed(0)} frames/s`);
      report
        .metric('pipeline_frames_per_s', withDecoding)
        .metric('pipeline_without_decoding_frames_per_s', withoutDecoding)
        .metric('pipeline_to_bare_ratio', withDecoding / bare)
        .metric('pipeline_without_decoding_to_bare_ratio', withoutDecoding / bare)
        .peer('onnxruntime', { frames_per_s: bare });
    } else say(`YOLOX is not measured: ${sharedData} has no clip or model`);
    await alerts(report, 6 * seconds, '', await motionFootageSetup());
    if (withModel) await alerts(report, 6 * seconds, 'yolox_', await personFootageSetup(clip, models, 'yolox-nano'));
    await costs(report, 2 * seconds);
    report.metric(
      'held_cameras',
      await heldCameras(seconds, withModel ? { models } : {}, withModel ? 'yolox-nano' : 'motion'),
    );
  } finally {
    await rm(models, { recursive: true, force: true });
  }
  for (const count of idleCounts) report.goal(`idle_${count}_cameras_core_percent_each`, '<=', 5);
  return report
    .goal('pipeline_to_bare_ratio', '>=', 0.9)
    .goal('glass_to_alert_p99_ms', '<=', 300)
    .goal('camera_resident_mb', '<=', 60)
    .goal('camera_resident_shared_once_mb', '<=', 60);
}

/** `prefix`: of the metrics' names */
async function alerts(report: Report, seconds: number, prefix: string, seer: WatchedFootage): Promise<void> {
  const { frameToAlert, glassToAlert, glassToPicture, inference, missed } = await latency(seconds, seer);
  const inferenceP50 = percentile(inference, 50);
  const [p50, p99] = [percentile(frameToAlert, 50), percentile(frameToAlert, 99)];
  const metrics: Readonly<Record<string, number>> = {
    inference_p50_ms: inferenceP50,
    frame_to_alert_p50_ms: p50,
    frame_to_alert_p99_ms: p99,
    frame_to_alert_p50_above_inference_ms: p50 - inferenceP50,
    frame_to_alert_p99_above_inference_ms: p99 - inferenceP50,
    glass_to_alert_p50_ms: percentile(glassToAlert, 50),
    glass_to_alert_p99_ms: percentile(glassToAlert, 99),
    things_without_alert: missed,
  };
  for (const [name, value] of Object.entries(metrics)) report.metric(`${prefix}${name}`, value);
  if (seer.clocked)
    report
      .samples(glassToAlert.length)
      .metric('glass_to_picture_p50_ms', percentile(glassToPicture, 50))
      .metric('glass_to_picture_p99_ms', percentile(glassToPicture, 99));
  report
    .goal(`${prefix}frame_to_alert_p50_above_inference_ms`, '<=', 10)
    .goal(`${prefix}frame_to_alert_p99_above_inference_ms`, '<=', 30);
  say(
    `${prefix}frame to alert p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms, inference ${inferenceP50.toFixed(1)} ms`,
  );
}

async function costs(report: Report, seconds: number): Promise<void> {
  const all = await idleCosts(idleCounts, seconds);
  for (const { cameras, visionPercent, ffmpegPercent, residentMb, sharedOnceMb } of all)
    report
      .metric(`idle_${cameras}_cameras_core_percent_each`, visionPercent)
      .metric(`idle_${cameras}_cameras_ffmpeg_core_percent_each`, ffmpegPercent)
      .metric(`idle_${cameras}_cameras_resident_mb`, residentMb)
      .metric(`idle_${cameras}_cameras_resident_shared_once_mb`, sharedOnceMb);
  const [few, many] = [all[0], all.at(-1)];
  if (few === undefined || many === undefined) return;
  const each = (mb: (cost: (typeof all)[number]) => number) => (mb(many) - mb(few)) / (many.cameras - few.cameras);
  report
    .metric(
      'camera_resident_mb',
      each((cost) => cost.residentMb),
    )
    .metric(
      'camera_resident_shared_once_mb',
      each((cost) => cost.sharedOnceMb),
    );
}
