/** A gateway is backed up under load, killed, and restored on another box; then the first box comes back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoredReason } from '../../edge/outbox/gap.ts';
import { logIn } from '../harness/centre.ts';
import { forpostWith } from '../harness/forpost-command.ts';
import { freePorts } from '../harness/ports.ts';
import { TestProcess } from '../harness/process.ts';
import { allEvents, TestSite, testPassword, until } from '../harness/site.ts';

const passphrase = 'five words of a test';
/** The promise: a replacement works within 15 min; this part of it takes at most one. */
const restoreWithinMs = 60_000;

let site: TestSite;
let oldBox: TestProcess | undefined;
const acknowledged = new Set<string>();
let isPublishing = true;
let published: Promise<void>;

beforeAll(async () => {
  site = await TestSite.start({ devices: ['meter'], uplink: 'http', centre: false });
  published = publish();
});
afterAll(async () => {
  isPublishing = false;
  await published;
  await oldBox?.stop();
  await site?.stop();
});

/** A meter that publishes without a pause, two readings at a time. */
async function publish(): Promise<void> {
  const meter = await site.connect('meter', { clean: false });
  let n = 0;
  const one = async () => {
    while (isPublishing) {
      const id = `r-${n++}`;
      const reading = JSON.stringify({ id, values: { power_w: n } });
      await meter.publishAsync('forpost/devices/meter/readings', reading, { qos: 1 });
      acknowledged.add(id);
    }
  };
  await Promise.all(Array.from({ length: 2 }, one));
  await meter.endAsync(true);
}

const moreAcknowledged = (count: number) => {
  const before = acknowledged.size;
  return until(`${count} more readings are acknowledged`, () => acknowledged.size >= before + count);
};

const forpost = (...args: readonly string[]) => forpostWith(passphrase, args);

test('no event acknowledged before the backup is lost, none comes twice, and gap records name the later ones', async () => {
  // nothing reaches the centre before it is started
  await moreAcknowledged(100);
  const safe = new Set(acknowledged);
  const file = join(site.folder, 'box.tar.age');
  expect(await forpost('backup', file, '--config', join(site.folder, 'gateway.yaml'))).toContain('unsent events');
  await moreAcknowledged(20);
  await site.gateway?.kill();
  const ofOldBox = new Set(acknowledged);

  const began = performance.now();
  const folder = join(site.folder, 'new-box');
  await forpost('restore', file, folder);
  site.gateway = await TestProcess.start('restored', [
    'forpost.mjs',
    'gateway',
    '--config',
    join(folder, 'gateway.yaml'),
  ]);
  expect(performance.now() - began).toBeLessThan(restoreWithinMs);
  await moreAcknowledged(20);
  isPublishing = false;
  await published;
  for (const id of acknowledged) if (!ofOldBox.has(id)) safe.add(id);
  await site.startCentre();

  const readings = await until(
    'every safe reading is in the history',
    async () => {
      const all = await allEvents(site, 'device=meter&type=forpost.reading.v1');
      const ids = new Set(all.map(({ data }) => String(data.id)));
      return [...safe].every((id) => ids.has(id)) && all;
    },
    60_000,
  );
  expect(new Set(readings.map(({ id }) => id)).size).toBe(readings.length);
  expect(new Set(readings.map(({ data }) => data.id)).size).toBe(readings.length);
  expect(new Set(readings.map(({ id }) => id.split('/')[1])).size, 'the old epoch and the new one').toBe(2);
  // the ledger is complete of what has come, and the gap records may come last
  const named = await until('the ledger is complete, with its gap records', async () => {
    const { missing, waiting, lanes } = await site.api<Ledger>('/api/v1/gateways/test-gateway/ledger');
    const gaps = lanes.flatMap((lane) => lane.gaps).filter(({ reason }) => reason === restoredReason);
    return missing === 0 && waiting === 0 && gaps.length >= 2 && gaps;
  });
  expect(named.map(({ to }) => to)).toEqual([null, null]);
});

test('the centre refuses the first box when it comes back, and both pages say so', async () => {
  const config = join(site.folder, 'gateway.yaml');
  const [mqtt = 0, http = 0] = await freePorts(2);
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace(`${site.mqttPort}`, `${mqtt}`).replace(`port: ${site.httpPort}`, `port: ${http}`));
  oldBox = await TestProcess.start('old', ['forpost.mjs', 'gateway', '--config', config]);
  const base = `http://127.0.0.1:${http}`;
  const cookie = await logIn(base, 'installer', testPassword);
  const uplink = await until('the old box says why', async () => {
    const answer = await fetch(`${base}/api/v1/status`, { headers: { cookie } });
    const [first] = ((await answer.json()) as { uplinks: { reason: string; events: number }[] }).uplinks;
    return first?.reason.includes('has taken its place') && first;
  });
  expect(uplink.reason).toMatch(/answered 403: a box that was restored from a backup .* switch it off/);
  expect(uplink.events, 'what it has not sent stays on it').toBeGreaterThan(0);
  const { gateways } = await site.api<{ gateways: Gateway[] }>('/api/v1/gateways');
  expect(gateways[0]).toMatchObject({ online: true, restored: { old_box: { refused: expect.any(Number) } } });
  await until('the centre raises an alarm', async () => {
    const text = JSON.stringify(await site.api('/api/v1/alarms'));
    return text.includes('the old box of gateway test-gateway still sends');
  });
  const restored = await site.local<{ uplinks: { state: string }[] }>('/api/v1/status');
  expect(restored.uplinks[0]?.state).toBe('live');
});

interface Ledger {
  readonly missing: number;
  readonly waiting: number;
  readonly lanes: { readonly gaps: { readonly reason: string; readonly to: number | null }[] }[];
}

interface Gateway {
  readonly online: boolean;
  readonly restored?: { readonly old_box?: { readonly refused: number } };
}
