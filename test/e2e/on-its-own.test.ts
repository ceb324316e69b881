/** The site on its own: no centre, no Kafka, no camera, a broken model. The rest works, and the status names what is missing. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../harness/ports.ts';
import { TestSite, until } from '../harness/site.ts';
import { unless, withoutLinuxRoot } from '../harness/unless.ts';

interface Status {
  readonly cameras: { id: string; state: string; reason: string }[];
  readonly uplinks: { state: string; reason: string }[];
  readonly problems: string[];
}

let site: TestSite;
beforeAll(async () => {
  const [nobody = 0, nothing = 0] = await freePorts(2);
  site = await TestSite.start({
    devices: ['meter'],
    brokers: [`127.0.0.1:${nobody}`],
    centre: false,
    rules: [{ id: 'overload', kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 }],
    cameras: [
      { id: 'gone', url: `rtsp://127.0.0.1:${nothing}/gone` },
      { id: 'odd', url: `rtsp://127.0.0.1:${nothing}/odd`, detector: 'nonsense' },
    ],
  });
  await mkdir(join(site.folder, 'gateway/models'), { recursive: true });
  await writeFile(join(site.folder, 'gateway/models/nonsense.onnx'), 'this is no model');
});
afterAll(() => site?.stop());

test('an absent camera and a broken model are reported in words, and meters still raise alarms', async () => {
  const status = await until('both cameras have a reason', async () => {
    const now = await site.local<Status>('/api/v1/status');
    return now.cameras.length === 2 && now.cameras.every((c) => c.reason !== '' && c.state !== 'connecting') && now;
  });
  expect(status.cameras.find((c) => c.id === 'gone')?.state).toBe('unreachable');
  expect(status.cameras.find((c) => c.id === 'odd')?.reason).toMatch(/nonsense/);
  expect(status.uplinks[0]).toMatchObject({ state: expect.stringMatching(/offline|probing/) });
  expect(status.uplinks[0]?.reason).not.toBe('');
  const display = await site.connect('wall-display');
  const received = new Promise<string>((resolve) =>
    display.once('message', (_topic, payload) => resolve(payload.toString())),
  );
  await display.subscribeAsync('forpost/alerts/#');
  const meter = await site.connect('meter');
  await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":6000}}', { qos: 1 });
  expect(JSON.parse(await received)).toMatchObject({ change: 'raised', rule: 'overload' });
  await Promise.all([display.endAsync(), meter.endAsync()]);
});

test('the thread of the alerts has priority over the others, the uplink’s included', unless(withoutLinuxRoot), () => {
  const pid = site.gateway?.pid;
  const own = getPriority();
  const nice = (thread: string) =>
    Number(
      readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[16],
    );
  expect(nice(String(pid))).toBe(own - 5);
  // the outbox's thread included
  const others = readdirSync(`/proc/${pid}/task`).filter((thread) => thread !== String(pid));
  expect(others.filter((thread) => nice(thread) === own - 5)).not.toHaveLength(0);
  const named = (thread: string) => readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
  expect(others.filter((thread) => named(thread) === 'uplink').map(nice)).toEqual([own]);
});

test('after a kill, acknowledged readings still wait for the centre', async () => {
  const waiting = async () =>
    (await site.local<{ uplinks: { events: number }[] }>('/api/v1/status')).uplinks[0]?.events ?? 0;
  const before = await until('something waits', async () => (await waiting()) || false);
  await site.gateway?.kill();
  await site.startGateway();
  await until('it still waits', async () => (await waiting()) >= before);
});

test('the gateway stops within seconds, even when every other side is absent', async () => {
  const started = performance.now();
  await site.gateway?.stop();
  expect(site.gateway?.exitCode).toBe(0);
  expect(performance.now() - started).toBeLessThan(8000);
});
