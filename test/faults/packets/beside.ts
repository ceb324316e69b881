/**
 * Measures the cost of a hostile client for the others: the time of a device's critical alert to a local display during the
 * attack. Both clients run in this process, so one clock measures both.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { MqttClient } from 'mqtt';
import { percentile } from '../../../scripts/report.ts';
import { goingFirst } from '../../harness/going-first.ts';
import { type TestSite, testPassword } from '../../harness/site.ts';
import type { AttackerData, AttackName } from './attacker.ts';

export interface AlertDelays {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** the attacker's actions, in its own units */
  readonly done: number;
}

export interface AttackOptions {
  /** the probe's device id: its rule is `above 1000` */
  readonly probe: string;
  readonly samples: number;
  /** the attacker's log-in */
  readonly user?: string;
  readonly filters?: number;
}

const pauseMs = 4;

/** Runs an attack (undefined: none) and measures alerts beside it. */
export async function alertDelaysDuring(
  site: TestSite,
  attack: AttackName | undefined,
  options: AttackOptions,
): Promise<AlertDelays> {
  const { probe, samples, user = 'hostile-panel', filters = 1000 } = options;
  const attacker =
    attack === undefined
      ? undefined
      : await startAttack({ port: site.mqttPort, user, password: testPassword, attack, filters });
  const device = await site.connect(probe, { reconnectPeriod: 0 });
  const display = await site.connect('wall-display', { clientId: 'display-of-the-probe', reconnectPeriod: 0 });
  try {
    await display.subscribeAsync('forpost/alerts/+/+', { qos: 0 });
    const { result: times } = await goingFirst(() => measure(device, display, probe, samples));
    return {
      p50Ms: percentile(times, 50),
      p99Ms: percentile(times, 99),
      maxMs: Math.max(...times),
      done: attacker === undefined ? 0 : await doneBy(attacker),
    };
  } finally {
    await attacker?.terminate();
    await Promise.all([device.endAsync(true), display.endAsync(true)]);
  }
}

async function startAttack(workerData: AttackerData): Promise<Worker> {
  const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData });
  const [said] = (await once(worker, 'message')) as [string];
  if (said !== 'begun') throw new Error(`${workerData.attack}: ${said}`);
  return worker;
}

async function doneBy(worker: Worker): Promise<number> {
  worker.postMessage('how much');
  const [done] = (await once(worker, 'message')) as [number | string];
  if (typeof done === 'string') throw new Error(`the attack ended by itself: ${done}`);
  return done;
}

async function measure(device: MqttClient, display: MqttClient, probe: string, samples: number): Promise<number[]> {
  if (device.stream instanceof Socket) device.stream.setNoDelay(true);
  const times: number[] = [];
  const warmUp = 10;
  for (let n = 0; n < warmUp + samples; n++) {
    const arrived = nextMessage(display);
    const sent = performance.now();
    const payload = JSON.stringify({ values: { power_w: n % 2 === 0 ? 2000 : 10 } });
    device.publish(`forpost/devices/${probe}/readings`, payload, { qos: 1 }, () => undefined);
    const ms = (await arrived) - sent;
    if (n >= warmUp) times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return times;
}

/** The time of the next message's arrival. @throws Error after 30 s */
function nextMessage(display: MqttClient): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no alert within 30 s')), 30_000);
    display.once('message', () => {
      clearTimeout(timer);
      resolve(performance.now());
    });
  });
}
