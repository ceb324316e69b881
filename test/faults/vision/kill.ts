/**
 * The vision process and its ffmpegs are killed (SIGKILL) again and again while meters raise alarms over MQTT: the
 * alarms' p99 with and without that, in the same run and taking turns, and how long vision is away each time: until a
 * frame is analysed again. Where that time goes is told by the gateway's own log.
 */
import { execFileSync } from 'node:child_process';
import type { MqttClient } from 'mqtt';
import type { SimulatedCamera } from '../../../scripts/camera/camera.ts';
import { createReport, percentile, type Report } from '../../../scripts/report.ts';
import { until } from '../../harness/process.ts';
import { TestSite } from '../../harness/site.ts';
import type { VisionCampaignOptions } from './campaign-options.ts';
import { groupOf, login, simulatedCamera } from './rig.ts';

const probe = 'probe-0';
const wallDisplay = 'wall-display';
const alertsATurn = 200;
const pauseMs = 10;
/** a vision process that ran this long starts again at the first step of its backoff */
const steadyMs = 31_000;
const backGoalS = 3;
/** a p99 is the same where a busy machine's own noise would make as much of it */
const sameP99Ms = 3;

export async function kill({ runs = 5 }: VisionCampaignOptions): Promise<Report> {
  const report = createReport('vision-kill');
  const camera = await simulatedCamera();
  const site = await siteWith(camera);
  const calm: number[] = [];
  const killed: number[] = [];
  const back: number[] = [];
  try {
    const { device, display } = await connected(site);
    const measure = () => alertTimes(display, device, alertsATurn);
    await watched(site);
    await measure();
    for (let run = 0; run < runs; run++) {
      await new Promise((resolve) => setTimeout(resolve, steadyMs));
      calm.push(...(await measure()));
      const kind = run % 2 === 0 ? 'the vision process' : 'an ffmpeg';
      const away = awayAfter(site, kind);
      killed.push(...(await measure()));
      const { seconds, phases } = await away;
      back.push(seconds);
      process.stderr.write(`  ${kind} killed: back after ${seconds.toFixed(2)} s (${phases})\n`);
    }
    await Promise.all([device.endAsync(true), display.endAsync(true)]);
  } finally {
    await site.stop();
    await camera.stop();
  }
  return report
    .samples(killed.length)
    .metric('alert_p50_ms', percentile(calm, 50))
    .metric('alert_p99_ms', percentile(calm, 99))
    .metric('alert_killed_p50_ms', percentile(killed, 50))
    .metric('alert_killed_p99_ms', percentile(killed, 99))
    .metric('alert_killed_p99_above_ms', percentile(killed, 99) - percentile(calm, 99))
    .metric('vision_back_max_s', Math.max(...back))
    .goal('alert_killed_p99_above_ms', '<=', sameP99Ms)
    .goal('vision_back_max_s', '<=', backGoalS);
}

/** A gateway that watches `camera` and tells whenever the probe's power goes beyond 1 kW. */
export function siteWith(camera: SimulatedCamera): Promise<TestSite> {
  return TestSite.start({
    devices: [probe],
    uplink: 'none',
    cameras: [{ id: 'yard', url: camera.url }],
    cameraSecrets: { yard: login },
    rules: [{ id: 'over', kind: 'threshold', device: probe, metric: 'power_w', above: 1000 }],
  });
}

export async function connected(site: TestSite): Promise<{ device: MqttClient; display: MqttClient }> {
  const device = await site.connect(probe);
  const display = await site.connect(wallDisplay);
  await display.subscribeAsync('forpost/alerts/over/+', { qos: 0 });
  return { device, display };
}

/** pid of the gateway's vision process, which leads a group of its own */
export function visionOf(site: TestSite): number {
  const vision = childrenOf(site.gateway?.pid ?? 0).find(({ args }) => args.includes('vision/process/main'));
  if (vision === undefined) throw new Error('the gateway has no vision process');
  return vision.pid;
}

/** Resolves when a frame was analysed, as the gateway's log says it: its API would cost the alerts a log-in's time. */
export function watched(site: TestSite, since = 0): Promise<unknown> {
  return until('the camera is watched', () => told(site, since).has('camera watched'), 60_000);
}

interface Away {
  readonly seconds: number;
  /** in words */
  readonly phases: string;
}

/** Kills one, and gives how long until a frame is analysed again (of an ffmpeg: until the camera is live again). */
export async function awayAfter(site: TestSite, victim: 'the vision process' | 'an ffmpeg'): Promise<Away> {
  const vision = visionOf(site);
  const isVision = victim === 'the vision process';
  const pid = isVision ? vision : groupOf(vision).find(({ args }) => args.includes('ffmpeg'))?.pid;
  if (pid === undefined) throw new Error('the vision process has no ffmpeg');
  const from = Date.now();
  process.kill(pid, 'SIGKILL');
  if (isVision) await watched(site, from);
  else await until('the camera is live again', () => told(site, from).has('camera live'), 60_000);
  const times = [...told(site, from)].map(([what, at]) => [what, (at - from) / 1000] as const);
  return {
    seconds: Math.max(...times.map(([, seconds]) => seconds)),
    phases: times.map(([what, seconds]) => `${what} ${seconds.toFixed(2)}`).join(', '),
  };
}

const steps = ['vision process lost', 'vision process ready', 'camera live', 'camera watched'];

/** When the gateway's log said each of the steps first since `since`, both in ms since 1970. */
function told(site: TestSite, since: number): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of site.gateway?.lines ?? []) {
    const step = steps.find((one) => line.includes(`"${one}"`));
    if (step === undefined || times.has(step)) continue;
    const at = Date.parse((JSON.parse(line) as { time: string }).time);
    if (at >= since) times.set(step, at);
  }
  return times;
}

/** ms from each of some publishes of a device to the alert that it raises or clears. */
export async function alertTimes(display: MqttClient, device: MqttClient, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const arrived = new Promise<number>((resolve) => display.once('message', () => resolve(performance.now())));
    const sent = performance.now();
    const values = { power_w: turn % 2 === 0 ? 2000 : 10 };
    const stored = device.publishAsync(`forpost/devices/${probe}/readings`, JSON.stringify({ values }), { qos: 1 });
    times.push((await arrived) - sent);
    await stored;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return times;
}

interface Child {
  readonly pid: number;
  readonly args: string;
}

function childrenOf(parent: number): readonly Child[] {
  const all = execFileSync('ps', ['--ppid', `${parent}`, '-o', 'pid=,args='], { encoding: 'utf8' });
  return all.split('\n').flatMap((line) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), args: args ?? '' }];
  });
}
