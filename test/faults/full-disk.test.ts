/**
 * A real gateway on a real full disk: a small tmpfs that another program's file fills to the last byte. Mounting it takes root
 * on Linux.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GapData } from '@forpost/shared/event/event.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConsoleStatus } from '../../edge/console/view.ts';
import { TestSite, until } from '../harness/site.ts';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../harness/small-disk.ts';
import { unless } from '../harness/unless.ts';

const mebibyte = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'forpost-full-disk-'));
const filler = join(folder, 'filler');
const withoutDisk = withoutSmallDisk();
if (withoutDisk === undefined) mountSmallDisk(folder, 'size=24m');
let site: TestSite | undefined;

beforeAll(async () => {
  if (withoutDisk !== undefined) return;
  site = await TestSite.start({
    devices: ['meter', 'sensor'],
    rules: [{ id: 'over', kind: 'threshold', device: 'sensor', metric: 'power_w', above: 5000 }],
    // the uplink's port has no listener, so that all events stay
    uplink: 'http',
    centre: false,
    extraInstallation: {
      data: join(folder, 'gateway'),
      outbox: { max_bytes: 16 * mebibyte, min_free_bytes: mebibyte, shed_after_s: 1 },
    },
  });
});

afterAll(async () => {
  await site?.stop();
  if (withoutDisk === undefined) unmountSmallDisk(folder);
  rmSync(folder, { recursive: true, force: true });
});

function free(): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Another program fills the rest of the disk. */
function fillDisk(): void {
  const file = openSync(filler, 'a');
  for (const size of [mebibyte, 65_536, 4096])
    for (;;)
      try {
        if (writeSync(file, Buffer.alloc(size, 1)) < size) break;
      } catch {
        break;
      }
  closeSync(file);
}

test(
  'on a full disk the gateway alerts, sheds to store, acknowledges the stored readings, and recovers',
  unless(withoutDisk),
  async () => {
    if (site === undefined) throw new Error('no site');
    const here = site;
    const status = () => here.local<ConsoleStatus>('/api/v1/status');
    const acknowledged: number[] = [];
    let n = 0;
    const text = 'x'.repeat(800);
    let meter = await here.connect('meter');
    /** Publishes readings one after another, and waits for each acknowledgement. */
    const publish = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const own = n++;
        const payload = JSON.stringify({ id: `m-${own}`, values: { power_w: own, note: text } });
        await meter.publishAsync('forpost/devices/meter/readings', payload, { qos: 1 });
        acknowledged.push(own);
      }
    };
    const alerts: string[] = [];
    const watch = async () => {
      const panel = await here.connect('wall-display');
      panel.on('message', (_topic, payload) =>
        alerts.push((JSON.parse(payload.toString()) as { change: string }).change),
      );
      await panel.subscribeAsync('forpost/alerts/#', { qos: 1 });
      return panel;
    };
    let panel = await watch();
    const alarm = async () => {
      const before = alerts.length;
      const sensor = await here.connect('sensor');
      for (const power of [9000, 10])
        await sensor.publishAsync('forpost/devices/sensor/readings', JSON.stringify({ values: { power_w: power } }), {
          qos: 0,
        });
      await until('both changes arrive', () => alerts.length >= before + 2);
      await sensor.endAsync();
    };

    await publish(3000);
    await until('the ballast lies', async () => {
      await publish(1);
      return (await status()).outbox.room.ballastBytes === 2 * mebibyte;
    });

    // the log goes when the gateway stops: at a start on a full disk only the ballast has space for a new one
    meter.end(true);
    panel.end(true);
    await here.gateway?.stop();
    fillDisk();
    expect(free()).toBe(0);
    await here.startGateway();
    panel = await watch();
    await alarm();
    meter = await here.connect('meter');
    await publish(3000);
    const full = await status();
    expect(full.outbox.room).toMatchObject({ diskFull: true, ballastBytes: 0 });
    expect(full.outbox.room.shedEvents).toBeGreaterThan(500);
    expect(full.problems.join()).toMatch(/disk is full/);

    // a kill in the middle of publishing
    void publish(2000).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await here.gateway?.kill();
    meter.end(true);
    panel.end(true);
    await here.startGateway();
    panel = await watch();
    meter = await here.connect('meter');
    await publish(500);

    // the space of the ballast fills up too: readings that cannot be stored stay with their device, alarms go on
    meter.end(true);
    panel.end(true);
    await here.gateway?.stop();
    fillDisk();
    await here.startGateway();
    panel = await watch();
    await alarm();
    meter = await here.connect('meter');
    const waiting = publish(1);
    await alarm();
    expect((await status()).problems.join()).toMatch(/disk is (nearly )?full|nothing is stored/);

    rmSync(filler);
    await waiting;
    await until('it has recovered', async () => {
      await publish(1);
      const { room, problem } = (await status()).outbox;
      return !room.diskFull && problem === '' && room.ballastBytes === 2 * mebibyte;
    });
    await meter.endAsync();
    await panel.endAsync();
    await here.gateway?.stop();

    const db = new Database(join(folder, 'gateway/outbox.db'), { readonly: true });
    const rows = db
      .prepare<[], { epoch: string; seq: number; data: string }>(
        `select epoch, seq, data from events where lane = 'telemetry'`,
      )
      .all();
    const gaps = db
      .prepare<[string], string>(`select data from events where lane = 'alerts' and type = ?`)
      .pluck()
      .all(eventTypes.gap)
      .map((data) => JSON.parse(data) as GapData);
    const lanes = db
      .prepare<[], { epoch: string; last: number }>(
        `select epoch, next_seq - 1 as last from lanes where lane = 'telemetry'`,
      )
      .all();
    const alertsStored = db.prepare(`select count(*) from events where type = ?`).pluck().get(eventTypes.alert);
    db.close();
    // every number is stored, or named by a gap record
    for (const { epoch, last } of lanes) {
      const there = new Set(rows.filter((row) => row.epoch === epoch).map(({ seq }) => seq));
      for (const gap of gaps.filter((gap) => gap.epoch === epoch))
        for (let seq = Number(gap.from); seq <= Number(gap.to); seq++) there.add(seq);
      expect(there.size).toBe(last);
    }
    expect(gaps.length).toBeGreaterThan(0);
    // only the oldest were deleted: the newest acknowledged reading is there, except for the last one of each epoch
    const numberIn = (data: string) => /"id":"m-([0-9]+)"/.exec(data)?.[1] ?? [];
    const kept = new Set(rows.flatMap(({ data }) => numberIn(data)).map(Number));
    const inside = rows.filter(({ epoch, seq }) => lanes.some((lane) => lane.epoch === epoch && lane.last > seq));
    const oldest = Math.min(...inside.flatMap(({ data }) => numberIn(data)).map(Number));
    expect(acknowledged.filter((own) => own >= oldest && !kept.has(own))).toEqual([]);
    expect(kept.size).toBeGreaterThan(1000);
    expect(alertsStored).toBe(6);
  },
);
