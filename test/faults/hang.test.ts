import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestSite, until } from '../harness/site.ts';

/** Loaded into the gateway before its own code: a signal triggers the defect. */
const defect = `
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.on('SIGUSR2', function aDefectThatHangs() { for (;;); });`;

test('a gateway with a hanging main thread ends itself, logs the place, and serves its site after the restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-hang-'));
  const file = join(folder, 'defect.mjs');
  await writeFile(file, defect);
  const site = await TestSite.start({
    devices: ['meter'],
    uplink: 'none',
    centre: false,
    extraInstallation: { watchdog: { hang_s: 1.5 } },
    gatewayEnv: { NODE_OPTIONS: `--import file://${file}` },
  });
  try {
    const meter = await site.connect('meter', { reconnectPeriod: 0 });
    await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":1}}', { qos: 1 });
    const before = site.gateway;
    process.kill(before?.pid ?? 0, 'SIGUSR2');
    await until('the gateway has ended', () => before?.running === false);
    // its last output may arrive after its end
    const line = await until('its log names the hang', () =>
      before?.lines.find((text) => text.includes('has not answered for 1.5 s')),
    );
    expect(JSON.parse(line)).toMatchObject({ level: 'fatal', name: 'gateway' });
    expect(line).toContain('aDefectThatHangs');
    await site.startGateway();
    expect(await site.metrics()).toMatch(/forpost_outbox_used_bytes [1-9]/);
    const again = await site.connect('meter', { reconnectPeriod: 0 });
    await again.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":2}}', { qos: 1 });
    for (const client of [meter, again]) client.end(true);
  } finally {
    await site.stop();
    await rm(folder, { recursive: true });
  }
});
