import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { DeviceRegistry } from './registry.ts';

const many = 5000;
/** Processor time of this thread, ms: another program's turns do not count. The system counts in steps of some 4 ms. */
const busyMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

test('a change of a site with 5,000 devices is prepared in slices, so that no alert waits for it', async () => {
  const { hash } = makeCredential();
  const decoders = ['native', 'tasmota', 'shelly'];
  const devices = Array.from({ length: many }, (_, n) => ({
    id: `d${n}`,
    decoder: decoders[n % 3],
    name: `Flat ${n}`,
  }));
  const consumers = [
    { id: 'home', role: 'home-assistant' },
    { id: 'flows', role: 'node-red' },
  ];
  const siteOf = (changed: readonly object[]) => ({ devices: changed, consumers }) as unknown as Site;
  const mqtt = Object.fromEntries([...devices, ...consumers].map(({ id }) => [id, hash]));
  const registry = new DeviceRegistry({
    site: siteOf(devices),
    secrets: { mqtt, console: {} },
    clock: systemClock,
  });
  const next = { site: siteOf(devices.map((one) => ({ ...one, name: `${one.name} left` }))), secrets: { mqtt } };
  const blocks: number[] = [];
  let isReady = false;
  const began = busyMs();
  const ready = registry.ready(next).then(() => {
    isReady = true;
  });
  while (!isReady) {
    const before = busyMs();
    await nextTurn();
    blocks.push(busyMs() - before);
  }
  await ready;
  const whole = busyMs() - began;
  const commit = busyMs();
  registry.prepare(next).commit();
  const last = busyMs() - commit;
  expect(registry.statuses()[0]?.name).toBe('Flat 0 left');
  // a collection of garbage may lengthen one of them
  expect(blocks.sort((a, b) => a - b)[Math.floor(blocks.length * 0.9)]).toBeLessThan(9);
  expect(Math.max(...blocks)).toBeLessThan(0.5 * whole);
  expect(last).toBeLessThan(0.5 * whole);
});
