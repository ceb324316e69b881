import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../../test/harness/process.ts';
import type { EvidenceItem, Track } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';
import { EvidenceRecorder } from './evidence-recorder.ts';

const size = 32;

async function rig(unrecorded = '') {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-recorder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const told: { alarms: readonly string[]; items: readonly EvidenceItem[] }[] = [];
  const lacking: string[] = [];
  const recorder = new EvidenceRecorder({
    camera: 'yard',
    folder,
    beforeMs: 5_000,
    afterMs: 8_000,
    masks: [],
    ring: undefined,
    clock,
    newest: () => undefined,
    logger: silentLogger(),
    unrecorded: () => unrecorded,
    send: (alarms, items) => void told.push({ alarms, items }),
    lacks: (alarms, why) => void lacking.push(`${alarms.join('+')}: ${why}`),
  });
  onTestFinished(() => recorder.stop());
  /** a frame with one thing; `enters`: the thing enters a zone */
  const see = (score: number, enters = false) => {
    const ink = told.length * 10 + Math.round(score * 100);
    const rgb = new Uint8Array(size * size * 3).fill(ink);
    const frame: Frame = { camera: 'yard', rgb, size, pictureWidth: size, pictureHeight: size, uptime: clock.uptime() };
    const box = [0.2, 0.2, 0.5, 0.5] as const;
    const track = { id: 1, class: 'person', score, box, zones: [] } as unknown as Track;
    recorder.analysed(frame, [track], enters ? ([{ change: 'entered', zone: 'gate', track, at: 0 }] as never) : []);
    return clock.uptime();
  };
  const kinds = () =>
    told.flatMap(({ alarms, items }) => items.map(({ kind }) => `${kind} ${alarms.join('+')}`)).sort();
  return { folder, clock, told, lacking, recorder, see, kinds };
}

test('an alarm gets its picture at once, and the best frame of the same track when the seconds after it are over', async () => {
  const { recorder, see, kinds, clock, told, folder } = await rig();
  recorder.ask({ alarm: 'a', uptime: see(0.5, true) });
  await until('the picture is told', () => kinds().length === 1);
  expect(kinds()).toEqual(['picture a']);
  clock.advance(2_000);
  see(0.9);
  clock.advance(7_000);
  await until('the best view is told', () => kinds().length === 2);
  expect(kinds()).toEqual(['best a', 'picture a']);
  const items = told.flatMap((one) => one.items);
  expect((await readdir(folder)).sort()).toEqual(items.map(({ file }) => file).sort());
  for (const { file, size: bytes } of items) expect((await readFile(join(folder, file))).length).toBe(bytes);
});

test('alarms of one moment share the later evidence, and no alarm gets the same frame twice', async () => {
  const { recorder, see, kinds, clock } = await rig();
  recorder.ask({ alarm: 'a', uptime: see(0.5, true) });
  clock.advance(2_000);
  recorder.ask({ alarm: 'b', uptime: see(0.9, true) });
  await until('both pictures are told', () => kinds().length === 2);
  clock.advance(10_000);
  await until('the best view is told', () => kinds().length === 3);
  expect(kinds()).toEqual(['best a', 'picture a', 'picture b']);
});

test('with too many clips open at once, each alarm still gets its picture, and the missing clips are counted', async () => {
  const { recorder, see, kinds, clock } = await rig();
  for (let i = 0; i < 10; i++) {
    recorder.ask({ alarm: `a${i}`, uptime: see(0.5, true) + i * 9_000 });
    clock.advance(1);
  }
  await until('what can be shown is told', () => kinds().length >= 1);
  expect(recorder.refused).toBe(2);
});

test.each([
  ['', 'a: no clip: nothing was recorded around the alarm'],
  ['nothing was recorded for 16 s', 'a: no clip: nothing was recorded for 16 s'],
])('an alarm without a clip says why (%s)', async (unrecorded, why) => {
  const { recorder, see, clock, lacking } = await rig(unrecorded);
  recorder.ask({ alarm: 'a', uptime: see(0.5, true) });
  clock.advance(8_500);
  await until('it is told', () => lacking.length === 1);
  expect(lacking).toEqual([why]);
});
