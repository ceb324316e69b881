import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import { afterEach, expect, test } from 'vitest';

/** A broker in its own process, started as the gateway starts it. Its `admit` fails in the way that the payload names. */
const program = `
  import { systemClock } from '@forpost/shared/clock.ts';
  import { createLogger } from '@forpost/shared/logging.ts';
  import { runUntilSignal } from '@forpost/shared/run.ts';
  import { Broker } from './edge/broker/broker.ts';
  const breaks = () => { throw new Error('a defect'); };
  const ways = {
    call: breaks,
    tick: () => process.nextTick(breaks),
    immediate: () => setImmediate(breaks),
    timer: () => setTimeout(breaks, 1),
    microtask: () => queueMicrotask(breaks),
    promise: () => void Promise.resolve().then(breaks),
    later: async () => { await new Promise((done) => setTimeout(done, 1)); breaks(); },
  };
  const logger = createLogger('test', 'warn');
  const broker = new Broker({
    mqtt: {}, ports: { plain: 0 }, clock: systemClock, logger, onConnection: () => undefined,
    authenticate: async (id) => {
      if (id === 'defect') setImmediate(breaks);
      return { principal: { kind: 'device', id, publish: ['#'], subscribe: ['#'] }, credential: 'right' };
    },
    admit: async ({ payload }) => { void ways[Buffer.from(payload).toString()]?.(); },
  });
  await runUntilSignal(broker, logger, () => ({ port: broker.port }));`;

const closing = (client: mqtt.MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

const children: { kill(signal: 'SIGKILL'): boolean }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('an unhandled error in the work of a connection ends that connection only; the log shows the first bytes of its packet', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const [ready] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port } = (JSON.parse(ready) as { ready: { port: number } }).ready;
  const url = `mqtt://127.0.0.1:${port}`;
  const neighbour = await mqtt.connectAsync(url, { username: 'neighbour', password: 'x', reconnectPeriod: 0 });
  // if admit throws, the publish is refused
  for (const way of ['tick', 'immediate', 'timer', 'microtask', 'promise', 'later']) {
    const client = await mqtt.connectAsync(url, { username: way, password: 'x', reconnectPeriod: 0 });
    const closed = closing(client);
    client.publish('a/topic', way, { qos: 1 }, () => undefined);
    await closed;
    await expect.poll(() => lines.filter((line) => line.includes(`"principal":"${way}"`)).length).toBe(1);
    await neighbour.publishAsync('a/topic', 'fine', { qos: 1 });
  }
  const before = mqtt.connect(url, { username: 'defect', password: 'x', reconnectPeriod: 0 });
  before.on('error', () => undefined);
  await closing(before);
  await neighbour.publishAsync('a/topic', 'fine', { qos: 1 });
  expect(neighbour.connected).toBe(true);
  expect(child.exitCode).toBe(null);
  const line = lines.find((text) => text.includes('"principal":"timer"')) ?? '';
  // the first byte of a QoS 1 PUBLISH, its length, its topic …
  expect(JSON.parse(line)).toMatchObject({
    packet: expect.stringMatching(/^3210000761/),
    err: { message: 'a defect' },
  });
  await neighbour.endAsync(true);
});
