/**
 * The process of probe.ts. Devices and sirens are other machines: it has priority over the other loads, so that its waits for
 * a core do not count as the gateway's. It sends the next reading after the alert of the last one.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setNice } from '@forpost/shared/priority.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { probeNice } from '../harness/going-first.ts';
import { goRealtime } from '../harness/realtime.ts';
import type { ProbeSetup } from './probe.ts';

const giveUpMs = 30_000;

const [setup] = (await once(process, 'message')) as [ProbeSetup];
const clientOf = (id: string, password: string) =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${setup.port}`, {
    username: id,
    password,
    clientId: `${id}-probe`,
    reconnectPeriod: 0,
  });
const device: MqttClient = await clientOf(setup.device, setup.password);
const display = await clientOf(setup.consumer, setup.consumerPassword ?? setup.password);
await display.subscribeAsync(`forpost/alerts/+/${setup.device}`, { qos: 0 });
if (device.stream instanceof Socket) device.stream.setNoDelay(true);
setNice(probeNice);
goRealtime(setup.gateway);
function nextAlert(): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no alert within ${giveUpMs / 1000} s`)), giveUpMs);
    display.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

let found: number[] = [];
process.send?.('ready');
process.on('message', () => {
  process.send?.(found);
  found = [];
});
for (let turn = 0; ; turn++) {
  const arrived = nextAlert();
  const payload = JSON.stringify({ values: { power_w: turn % 2 === 0 ? 2000 : 10 } });
  const sent = performance.now();
  await Promise.all([
    device.publishAsync(`forpost/devices/${setup.device}/readings`, payload, { qos: 1 }),
    arrived.then(() => found.push(performance.now() - sent)),
  ]);
  await sleep(setup.pauseMs);
}
