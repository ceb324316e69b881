import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import type { AlertData, EvidenceReference, GatewayData } from '@forpost/shared/event/event.ts';
import { createLogger, silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { Alarms } from '../alerts/alarms.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import { Evidence, type EvidenceOptions } from './evidence.ts';
import { picturedAlarms } from './pictured-alarms.ts';
import { EvidenceStore } from './store.ts';

async function rig(more: Partial<EvidenceOptions> = {}, logger = silentLogger()) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-evidence-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const limits = { maxBytes: 1e6, keepAlarmsMs: 1e14, keepChatterMs: 1e14, minFreeBytes: 0 };
  const store = new EvidenceStore({ folder, limits, clock, quality: () => 'synced', logger });
  await store.start();
  onTestFinished(() => store.stop());
  const asked: string[] = [];
  const attached: { alarm: string; evidence: readonly EvidenceReference[] }[] = [];
  const notes: GatewayData[] = [];
  const evidence = new Evidence({
    store,
    cameras: () => ['yard'],
    ask: (camera, alarm, uptime) => asked.push(`${camera} ${alarm} ${uptime}`),
    attach: (alarm, references) => attached.push({ alarm, evidence: references }) > 0,
    note: (data) => notes.push(data),
    quality: () => 'synced',
    clock,
    logger,
    ...more,
  });
  const alert = (alarm: string, more: Partial<AlertData> = {}) => {
    const data = {
      alarm,
      rule: 'gate',
      device: 'yard',
      change: 'raised',
      active: true,
      severity: 'critical',
      message: 'Somebody in Gate',
      test: false,
      evidence: [],
    };
    evidence.alert({ data: { ...data, ...more } as AlertData, time: 0, received: 0, uptime: 77 });
  };
  const take = async (id: string, alarms: string[]) => {
    const file = `${id}.jpg`;
    await writeFile(join(store.newFolder, file), 'jpeg');
    const item = { id, kind: 'picture', media: 'image/jpeg', file, sha256: 'ab'.repeat(32), size: 4, time: 5 } as const;
    await evidence.receive({ kind: 'evidence', camera: 'yard', alarms, items: [item] });
  };
  return { clock, store, asked, attached, notes, evidence, alert, take };
}

test('only alarms of cameras ask for evidence: when they are raised, and once a minute while they go on', async () => {
  const { alert, asked, clock } = await rig();
  alert('a1', { device: 'heat-pump' });
  alert('a2', { change: 'acknowledged' });
  alert('a3', { change: 'cleared', active: false });
  expect(asked).toEqual([]);
  alert('a4');
  alert('a4', { change: 'updated' });
  expect(asked).toEqual(['yard a4 77']);
  clock.advance(61_000);
  alert('a4', { change: 'updated' });
  expect(asked).toHaveLength(2);
});

test('an alarm refers to a file once the file is kept; alarms that share a piece share one file', async () => {
  const { take, attached, store, alert } = await rig();
  alert('a1');
  alert('a2');
  await take('00000000000000aa', ['a1', 'a2']);
  expect(store.count).toBe(1);
  expect(attached.map(({ alarm }) => alarm)).toEqual(['a1', 'a2']);
  expect(attached[0]?.evidence).toEqual([
    { id: '00000000000000aa', sha256: 'ab'.repeat(32), size: 4, kind: 'picture', media: 'image/jpeg' },
  ]);
});

test('a kept piece names its alarm, which nothing else on the site may know any more', async () => {
  const { take, store, alert } = await rig();
  alert('gate/yard/-/1', { message: 'Somebody in Gate' });
  await take('00000000000000a1', ['gate/yard/-/1']);
  await take('00000000000000a2', ['gate/yard/-/1', 'fence/yard/-/2']);
  expect(picturedAlarms(store.list(10))).toMatchObject([
    {
      alarm: 'gate/yard/-/1',
      rule: 'gate',
      device: 'yard',
      message: 'Somebody in Gate',
      severity: 'critical',
      raised: 0,
      evidence: [{ id: '00000000000000a2' }, { id: '00000000000000a1' }],
    },
    // its alarm was asked for before a restart
    { alarm: 'fence/yard/-/2', rule: 'fence', message: 'fence', raised: 5, evidence: [{ id: '00000000000000a2' }] },
  ]);
});

test('evidence of test alarms, info alarms and rules that raise alarms all the time is chatter', async () => {
  const { take, store, alert } = await rig();
  alert('trial', { test: true });
  alert('info', { severity: 'info', rule: 'other' });
  for (let i = 0; i < 14; i++) alert(`n${i}`);
  await take('00000000000000a1', ['trial']);
  await take('00000000000000a2', ['info']);
  await take('00000000000000a3', ['n0']);
  await take('00000000000000a4', ['n13']);
  expect(store.list(10).map(({ worth }) => worth)).toEqual(['chatter', 'alarm', 'chatter', 'chatter']);
});

test('each look at evidence is one event, also where it takes many requests', async () => {
  const { take, evidence, notes, clock, alert } = await rig();
  alert('a1');
  await take('00000000000000aa', ['a1']);
  expect(evidence.view('00000000000000aa', 'anna')?.camera).toBe('yard');
  evidence.view('00000000000000aa', 'anna');
  evidence.view('00000000000000aa', 'ben');
  clock.advance(61_000);
  evidence.view('00000000000000aa', 'anna');
  expect(notes.map(({ change, by, alarm }) => [change, by, alarm])).toEqual([
    ['evidence-viewed', 'anna', 'a1'],
    ['evidence-viewed', 'ben', 'a1'],
    ['evidence-viewed', 'anna', 'a1'],
  ]);
  expect(evidence.views).toBe(3);
  expect(evidence.view('00000000000000bb', 'anna')).toBeUndefined();
});

test('an alarm that goes on for hours has bounded pictures, and no file is kept without a reference', async () => {
  const asked: string[] = [];
  const { clock, store, evidence, take } = await rig({
    ask: (_, alarm) => asked.push(alarm),
    attach: (alarm, references) => {
      const alert = alarms.attach(alarm, references);
      if (alert !== undefined) evidence.alert(alert);
      return alert !== undefined;
    },
  });
  const alarms = new Alarms({ actions: [], clock, random: () => 0.5 });
  const change = (to: AlarmTransition['change']) => {
    const transition = {
      change: to,
      rule: 'gate',
      device: 'yard',
      subject: 'drive',
      severity: 'warning',
      category: 'intrusion',
      test: false,
      cause: 'zone-entered',
      message: 'Somebody in Drive',
      time: clock.now(),
    } as AlarmTransition;
    const taken = { received: clock.now(), uptime: clock.uptime() };
    for (const alert of alarms.apply([transition], taken)) evidence.alert(alert);
  };
  let pieces = 0;
  const answer = async () => {
    const five = asked.splice(0).flatMap((alarm) => Array.from({ length: 5 }, () => alarm));
    await Promise.all(five.map((alarm) => take((pieces++).toString(16).padStart(16, '0'), [alarm])));
  };
  change('raised');
  for (let minute = 0; minute < 60; minute++) {
    await answer();
    clock.advance(61_000);
    change('updated');
  }
  const ids = alarms.active().flatMap(({ evidence: told = [] }) => told.map(({ id }) => id));
  expect(ids).toHaveLength(12);
  expect(store.list(100).map(({ id }) => id)).toEqual(ids.toReversed());
  expect(await readdir(store.newFolder)).toEqual([]);
  expect([pieces, asked]).toEqual([15, []]);
});

/** the messages of the log, line by line */
function logOf() {
  const said: string[] = [];
  return { said, logger: createLogger('evidence', 'info', { write: (line) => said.push(JSON.parse(line).msg) }) };
}

test('a picture that can neither be kept nor deleted is logged once a minute, and stops nothing else', async () => {
  const { said, logger } = logOf();
  const { store, evidence, alert, attached } = await rig({}, logger);
  alert('a1');
  await rm(store.newFolder, { recursive: true });
  await writeFile(store.newFolder, 'no folder any more');
  for (const file of ['00000000000000aa.jpg', 'no name of ours']) {
    const item = { id: file.slice(0, 16), kind: 'picture', media: 'image/jpeg', file, size: 4, time: 5 } as const;
    const items = [{ ...item, sha256: 'ab'.repeat(32) }];
    await evidence.receive({ kind: 'evidence', camera: 'yard', alarms: ['a1'], items });
  }
  expect([store.count, attached]).toEqual([0, []]);
  expect(said).toEqual([
    expect.stringMatching(/cannot be kept.*is not a folder/),
    expect.stringMatching(/could not be deleted: ENOTDIR/),
  ]);
});

test('a failure to add evidence to an alarm stops nothing else', async () => {
  const { said, logger } = logOf();
  const attach = () => {
    throw new Error('out of order');
  };
  const { take, alert } = await rig({ attach }, logger);
  alert('a1');
  await take('00000000000000aa', ['a1']);
  await take('00000000000000ab', ['a1']);
  expect(said).toEqual([expect.stringMatching(/out of order/)]);
});
