/**
 * Kills the vision process or its ffmpeg (SIGKILL) again and again, while a meter raises alarms over MQTT. Measures the alarms'
 * p99 with and without a kill, in turns, and how long vision is away: until a frame is analysed again. The gateway's log shows
 * where that time goes.
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
/** two p99 count as equal up to this difference, which is the noise of a busy machine */
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

/** A gateway that watches `camera`, and has an alarm for the probe's power above 1 kW. */
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

/** the pid of the gateway's vision process, which is also the id of its process group */
export function visionOf(site: TestSite): number {
  const vision = childrenOf(site.gateway?.pid ?? 0).find(({ args }) => args.includes('vision/process/main'));
  if (vision === undefined) throw new Error('the gateway has no vision process');
  return vision.pid;
}

/** Resolves when the gateway's log says that a frame was analysed. A log-in to its API would slow the alerts down. */
export function watched(site: TestSite, since = 0): Promise<unknown> {
  return until('the camera is watched', () => loggedSteps(site, since).has('camera watched'), 60_000);
}

interface Away {
  readonly seconds: number;
  /** the steps of the restart with their times, for people */
  readonly phases: string;
}

/** Kills the victim, and measures the time until a frame is analysed again; for an ffmpeg, until the camera is live again. */
export async function awayAfter(site: TestSite, victim: 'the vision process' | 'an ffmpeg'): Promise<Away> {
  const vision = visionOf(site);
  const isVision = victim === 'the vision process';
  const pid = isVision ? vision : groupOf(vision).find(({ args }) => args.includes('ffmpeg'))?.pid;
  if (pid === undefined) throw new Error('the vision process has no ffmpeg');
  const from = Date.now();
  process.kill(pid, 'SIGKILL');
  if (isVision) await watched(site, from);
  else await until('the camera is live again', () => loggedSteps(site, from).has('camera live'), 60_000);
  const times = [...loggedSteps(site, from)].map(([what, at]) => [what, (at - from) / 1000] as const);
  return {
    seconds: Math.max(...times.map(([, seconds]) => seconds)),
    phases: times.map(([what, seconds]) => `${what} ${seconds.toFixed(2)}`).join(', '),
  };
}

const steps = ['vision process lost', 'vision process ready', 'camera live', 'camera watched'];

/** The times at which the gateway's log first names each step after `since`; all in ms since 1970. */
function loggedSteps(site: TestSite, since: number): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of site.gateway?.lines ?? []) {
    const step = steps.find((one) => line.includes(`"${one}"`));
    if (step === undefined || times.has(step)) continue;
    const at = Date.parse((JSON.parse(line) as { time: string }).time);
    if (at >= since) times.set(step, at);
  }
  return times;
}

/** Publishes `count` readings. @returns for each the time to the alert that it raises or clears, ms */
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
