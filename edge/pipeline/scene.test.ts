/** Events of cameras on their way to the outbox. No device would send them again. */
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { acted, clock, outbox, pipeline, pipelineForEachTest, settle } from './testing/pipeline.ts';

pipelineForEachTest();

test('events of a camera wait for the outbox in order, because no sender would resend them', async () => {
  let full = true;
  const stored: string[] = [];
  outbox.answer = async ({ events }) => {
    if (full) throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
    stored.push(...events.map(({ data }) => (JSON.parse(data) as { change: string }).change));
    return { stored: events.length, repeated: 0 };
  };
  const box = [0.1, 0.1, 0.2, 0.5] as const;
  const known = { best: 0.9, seen: 1, static: false, zones: ['gate'] };
  const track = { id: 1, class: 'person', score: 0.9, box, ...known };
  const scene = (change: 'entered' | 'left') =>
    pipeline.cameras.frame({
      kind: 'scene',
      camera: 'yard',
      time: clock.now(),
      uptime: clock.uptime(),
      tracks: [track],
      changes: [{ change, zone: 'gate', track, at: clock.uptime() }],
      detectMs: 5,
    });
  scene('entered');
  expect(acted.map((text) => text.split(',')[0])).toEqual(['intruder/yard raised']);
  await settle();
  pipeline.own.note({ change: 'later', message: 'later' });
  await settle();
  full = false;
  clock.advance(10_000);
  await settle();
  await settle();
  expect(stored.slice(0, 2).sort()).toEqual(['entered', 'raised']);
  expect(stored.at(-1)).toBe('later');
});

test('tampering with a camera raises an alarm at once; the alarm clears when the camera has its old view again', async () => {
  const tell = (tamper: 'covered' | 'moved' | null) =>
    pipeline.cameras.tamper({ kind: 'tamper', camera: 'yard', time: clock.now(), uptime: clock.uptime(), tamper });
  tell(null);
  tell('covered');
  tell('moved');
  tell(null);
  expect(acted.map((text) => text.split(',')[0])).toEqual([
    'tampered/yard raised',
    // a view has one kind of tampering at a time
    'tampered/yard cleared',
    'tampered/yard raised',
    'tampered/yard cleared',
  ]);
  await settle();
  expect(outbox.entries.flatMap(({ events }) => events.map(({ type }) => type))).toHaveLength(4);
});

test('once a minute the outbox gets the counts of entries, exits and present things in each zone', async () => {
  const known = { score: 0.9, best: 0.9, seen: 1, static: false, box: [0.1, 0.1, 0.2, 0.5] as const };
  const track = { id: 1, class: 'person', ...known, zones: ['gate'] };
  const at = { camera: 'yard', time: clock.now(), uptime: clock.uptime(), detectMs: 5 };
  const change = { change: 'entered', zone: 'gate', track, at: clock.uptime() } as const;
  pipeline.cameras.frame({ kind: 'scene', ...at, tracks: [track], changes: [change] });
  clock.advance(60_000);
  await settle();
  const counts = () =>
    outbox.entries.flatMap(({ events }) => events).filter(({ type }) => type === eventTypes.visionCount);
  expect(counts().map(({ data, device }) => [device, JSON.parse(data)])).toEqual([
    ['yard', { camera: 'yard', zone: 'gate', class: 'person', seconds: 60, entered: 1, left: 0, now: 1, most: 1 }],
  ]);
  clock.advance(600_000);
  await settle();
  expect(counts()).toHaveLength(1);
});

test('while the outbox refuses everything, waiting events are bounded, and dropped ones are counted', async () => {
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FAILED', 'no disk'));
  for (let i = 0; i < 1100; i++) pipeline.own.note({ change: 'n', message: String(i) });
  await settle();
  expect(pipeline.unstored).toEqual({ waiting: 1000, lost: 100, collapsed: 0 });
  await pipeline.stop();
});
