/** A camera whose stream breaks off while a person is in its zone: from frames to alarms and the history. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Alarms } from '../../alerts/alarms.ts';
import { DeviceRegistry } from '../../devices/registry.ts';
import { MemoryDisk, MemoryOutbox } from '../../outbox/testing/memory-outbox.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import { RuleEngine } from '../../rules/engine.ts';
import { siteWith } from '../../rules/testing/rules.ts';
import { CameraChanges } from '../camera-changes.ts';
import type { FromVision } from '../messages.ts';
import type { CaptureEvents } from './capture.ts';
import type { Detection } from './detectors/detector.ts';
import { motionFrameSize as size } from './detectors/motion-grid.ts';
import { WatchedCamera, type WatchedCameraOptions } from './watched-camera.ts';

const place = { camera: 'yard', zone: 'all' };
const rules = [
  { id: 'left', kind: 'zone-left', ...place },
  { id: 'too-few', kind: 'zone-count', ...place, below: 1 },
  { id: 'too-many', kind: 'zone-count', ...place, above: 0 },
  { id: 'nobody', kind: 'zone-empty', ...place, after_s: 30 },
  { id: 'intruder', kind: 'zone-entered', ...place },
];
const zone = {
  id: 'all',
  points: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ] as [number, number][],
};
const somebody: Detection = { class: 'motion', score: 0.95, box: [0.4, 0.3, 0.1, 0.4] };

/** All parts from the camera to the history; only ffmpeg and the detector are simulated. */
async function yard() {
  const clock = new FakeClock();
  const folder = mkdtempSync(join(tmpdir(), 'forpost-lost-'));
  const site = {
    ...siteWith(...rules),
    cameras: [{ id: asId<'device'>('yard'), url: 'file:///clip.mp4', zones: [zone] }],
  };
  const engine = new RuleEngine({ site, uptime: clock.uptime() });
  const disk = new MemoryDisk();
  const outbox = new MemoryOutbox(disk, () => 'epoch');
  await outbox.start();
  const told: string[] = [];
  const alarms = new Alarms({ actions: [], clock, random: Math.random });
  await alarms.start();
  const pipeline = new Pipeline({
    devices: new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock }),
    rules: () => engine,
    alarms,
    outbox,
    clock,
    quality: () => 'synced',
    boot: () => 'boot',
    random: Math.random,
    logger: silentLogger(),
    onAlert: ({ data }) => told.push(`${data.rule} ${data.change}`),
  });
  pipeline.start();
  const cameras = new CameraChanges();
  const states: CameraStatus['state'][] = [];
  // passes messages on as the supervisor and the gateway do
  const send = (message: FromVision) => {
    if (message.kind === 'scene') pipeline.cameras.frame(message);
    else if (message.kind === 'camera') {
      states.push(message.status.state);
      for (const change of cameras.compare([message.status])) pipeline.cameras.stream(change);
    }
  };
  const runs: CaptureEvents[] = [];
  const answers: (() => void)[] = [];
  const test = { found: [somebody] as readonly Detection[], holds: false };
  const pool: WatchedCameraOptions['pool'] = {
    prepare: async () => undefined,
    forget: () => undefined,
    analyse: async ({ takeFrame: take }) => {
      const frame = take();
      if (frame === undefined) return undefined;
      if (test.holds) await new Promise<void>((resolve) => answers.push(resolve));
      return { frame, detections: test.found, detectMs: 1 };
    },
  };
  const camera = new WatchedCamera({
    config: site.cameras[0]!,
    liveFolder: folder,
    modelsFolder: folder,
    evidenceFolder: folder,
    ring: undefined,
    out: undefined,
    pool,
    clock,
    random: () => 0.5,
    logger: silentLogger(),
    send,
    startCapture: (_source, _size, _rate, events) => {
      runs.push(events);
      return { kill: () => undefined };
    },
  });
  onTestFinished(async () => {
    camera.stop();
    await pipeline.stop();
    await outbox.stop();
    await vi.waitFor(() => rmSync(folder, { recursive: true }), { timeout: 10_000 });
  });
  const settle = async () => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 200) {
      clock.advance(Math.min(200, left));
      await settle();
    }
  };
  camera.start();
  await vi.waitFor(() => expect(runs).toHaveLength(1), { timeout: 10_000 });
  return {
    told,
    states,
    test,
    runs,
    pass,
    async frames(count: number) {
      for (let i = 0; i < count; i++) {
        clock.advance(200);
        runs.at(-1)?.picture(size, size);
        runs.at(-1)?.bytes(new Uint8Array(size * size * 3).fill(100));
        await settle();
      }
    },
    async breaksOff() {
      runs.at(-1)?.ended({ error: 'ffmpeg exited with code 1', lines: [] });
      await settle();
    },
    async answer() {
      for (const answer of answers.splice(0)) answer();
      await settle();
    },
    /** events about the zone that the history has so far: entries, exits and sums */
    async history() {
      await pass(60_000);
      const events = disk.lanes.flatMap((lane) => lane.events);
      const of = (type: string) => events.filter((event) => event.type === type).map(({ data }) => JSON.parse(data));
      return {
        changes: of(eventTypes.visionObservation).map(({ change }) => change),
        counts: of(eventTypes.visionCount).map(({ entered, left, now }) => ({ entered, left, now })),
      };
    },
  };
}

test('a broken stream counts as nobody leaving, for the rules and for the history', async () => {
  const { told, frames, breaksOff, pass, history } = await yard();
  await frames(30);
  expect(told).toEqual(['intruder raised', 'too-many raised']);
  await breaksOff();
  await pass(120_000);
  // no event will report this person as leaving (zone-entered.ts)
  expect(told.slice(2)).toEqual(['intruder cleared']);
  expect(await history()).toEqual({ changes: ['entered'], counts: [{ entered: 1, left: 0, now: 0 }] });
});

test('a frame that was in the detector when the stream broke off brings no track back', async () => {
  const { told, test, frames, breaksOff, answer, pass, history } = await yard();
  await frames(30);
  test.holds = true;
  await frames(2);
  await breaksOff();
  test.holds = false;
  await answer();
  await pass(120_000);
  expect(told.slice(2)).toEqual(['intruder cleared']);
  expect(await history()).toEqual({ changes: ['entered'], counts: [{ entered: 1, left: 0, now: 0 }] });
});

test('a person who is still there when the stream is back is known at once', async () => {
  const { told, states, runs, frames, breaksOff, pass } = await yard();
  await frames(30);
  await breaksOff();
  await pass(1_000);
  expect(runs).toHaveLength(2);
  await frames(30);
  expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['connecting', 'live', 'connecting', 'live']);
  // neither «left», nor an alarm of too few, nor an end of too many
  expect(told.slice(2)).toEqual(['intruder updated']);
});

test('a person who is gone when the stream is back is not reported as leaving, and the zone is known to be empty', async () => {
  const { told, test, frames, breaksOff, pass } = await yard();
  await frames(30);
  await breaksOff();
  await pass(1_000);
  test.found = [];
  await frames(200);
  expect(told.slice(2).sort()).toEqual(['intruder cleared', 'nobody raised', 'too-few raised', 'too-many cleared']);
});
