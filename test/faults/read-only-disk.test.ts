/**
 * A real gateway whose disk accepts no more writes, as a worn-out card or a file system with errors is mounted at the next
 * start. Mounting a tmpfs takes root on Linux.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ConsoleStatus } from '../../edge/console/view.ts';
import { TestSite, until } from '../harness/site.ts';
import { mountSmallDisk, remountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../harness/small-disk.ts';
import { unless } from '../harness/unless.ts';

const folder = mkdtempSync(join(tmpdir(), 'forpost-read-only-'));
const withoutDisk = withoutSmallDisk();
if (withoutDisk === undefined) mountSmallDisk(folder, 'size=64m');
let site: TestSite | undefined;

afterAll(async () => {
  await site?.stop();
  if (withoutDisk === undefined) unmountSmallDisk(folder);
  rmSync(folder, { recursive: true, force: true });
});

test(
  'a gateway starts and alerts on a disk that takes no writes, and stores again once it does',
  unless(withoutDisk),
  async () => {
    site = await TestSite.start({
      devices: ['meter'],
      rules: [{ id: 'over', kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 }],
      uplink: 'http',
      centre: false,
      extraInstallation: { data: join(folder, 'gateway') },
    });
    const here = site;
    const status = () => here.local<ConsoleStatus>('/api/v1/status');
    const reading = (power: number) => JSON.stringify({ values: { power_w: power } });
    const topic = 'forpost/devices/meter/readings';
    const first = await here.connect('meter');
    await first.publishAsync(topic, reading(1), { qos: 1 });
    await first.endAsync();
    await here.gateway?.stop();

    remountSmallDisk(folder, 'ro');
    await here.startGateway();
    const panel = await here.connect('wall-display');
    const alerts: string[] = [];
    panel.on('message', (_topic, payload) =>
      alerts.push((JSON.parse(payload.toString()) as { change: string }).change),
    );
    await panel.subscribeAsync('forpost/alerts/#', { qos: 1 });
    const meter = await here.connect('meter');
    let acknowledged = false;
    const publishing = meter.publishAsync(topic, reading(9000), { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await until('the alert arrives', () => alerts.includes('raised'));
    expect((await status()).problems.join()).toContain('nothing is stored');
    expect(acknowledged).toBe(false);

    remountSmallDisk(folder, 'rw');
    await publishing;
    await until('it stores again', async () => (await status()).outbox.problem === '');
    await meter.endAsync();
    await panel.endAsync();
  },
);
