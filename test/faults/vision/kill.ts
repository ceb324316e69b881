/**
 * The vision process and its ffmpegs are killed (SIGKILL) again and again while meters raise alarms over MQTT: the
 * alarms' p99 with and without that, in the same run and taking turns, and how long vision is away each time.
 */
import { execFileSync } from 'node:child_process';
import type { MqttClient } from 'mqtt';
import { createReport, percentile, type Report } from '../../../scripts/report.ts';
import { until } from '../../harness/process.ts';
import { TestSite } from '../../harness/site.ts';
import type { VisionCampaignOptions } from './registry.ts';
import { groupOf, login, simulatedCamera } from './rig.ts';

const probe = 'probe-0';
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
  const site = await TestSite.start({
    devices: [probe],
    uplink: 'none',
    cameras: [{ id: 'yard', url: camera.url }],
    cameraSecrets: { yard: login },
    rules: [{ id: 'over', kind: 'threshold', device: probe, metric: 'power_w', above: 1000 }],
  });
  const calm: number[] = [];
  const killed: number[] = [];
  const back: number[] = [];
  try {
    const device = await site.connect(probe);
    const display = await site.connect('wall-display');
    await display.subscribeAsync('forpost/alerts/over/+', { qos: 0 });
    const measure = () => alertTimes(display, device);
    await until('the camera is live', () => timesLive(site) > 0, 60_000);
    await measure();
    for (let run = 0; run < runs; run++) {
      await new Promise((resolve) => setTimeout(resolve, steadyMs));
      calm.push(...(await measure()));
      const [victim, what] = victimOf(site, run);
      const away = awayAfter(site, () => process.kill(victim, 'SIGKILL'));
      killed.push(...(await measure()));
      back.push((await away) / 1000);
      process.stderr.write(`  ${what} killed: back after ${back.at(-1)?.toFixed(2)} s\n`);
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

/** By turns the vision process, and an ffmpeg of it. */
function victimOf(site: TestSite, run: number): readonly [number, string] {
  const gateway = site.gateway?.pid ?? 0;
  // the vision process leads a group of its own
  const vision = childrenOf(gateway).find(({ args }) => args.includes('vision/process/main'))?.pid ?? 0;
  if (run % 2 === 0) return [vision, 'the vision process'];
  return [groupOf(vision).find(({ args }) => args.includes('ffmpeg'))?.pid ?? 0, 'an ffmpeg'];
}

/** How often the gateway has said that the camera is live: asking its API would cost the alerts the time of a log-in. */
function timesLive(site: TestSite): number {
  return site.gateway?.lines.filter((line) => line.includes('"camera live"')).length ?? 0;
}

/** ms from `strike` until the camera is live again. */
async function awayAfter(site: TestSite, strike: () => void): Promise<number> {
  const from = performance.now();
  const before = timesLive(site);
  strike();
  await until('the camera is live again', () => timesLive(site) > before, 60_000);
  return performance.now() - from;
}

/** ms from each of some publishes of a device to the alert that it raises or clears. */
async function alertTimes(display: MqttClient, device: MqttClient): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < alertsATurn; turn++) {
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
