/** The steps of a device's publish: rules, local actions, and one entry for the outbox. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import { hostRule } from '../rules/own-rules.ts';
import {
  acted,
  alarms,
  build,
  clock,
  devices,
  outbox,
  pipeline,
  pipelineForEachTest,
  publish,
  settle,
} from './testing/pipeline.ts';

pipelineForEachTest();

test('an alarm of the gateway itself runs the local actions at once, is stored as an alert, and clears like any other', () => {
  const transition = {
    rule: hostRule,
    device: asId<'device'>('gw-1'),
    subject: 'temperature',
    severity: 'warning' as const,
    category: 'gateway',
    test: false,
    cause: 'temperature_c',
    value: 91,
    message: 'too hot',
    time: clock.now(),
  } as const;
  pipeline.own.alarm([{ ...transition, change: 'raised' }]);
  expect(acted).toEqual(['gateway-health/gw-1 raised, 0 entries']);
  expect(alarms.active()).toMatchObject([{ rule: 'gateway-health', subject: 'temperature', message: 'too hot' }]);
  pipeline.own.alarm([{ ...transition, change: 'cleared', message: 'cool again' }]);
  expect(alarms.active()).toEqual([]);
  expect(outbox.entries.flatMap(({ events }) => events.map(({ lane, type }) => [lane, type]))).toEqual([
    ['alerts', eventTypes.alert],
    ['alerts', eventTypes.alert],
  ]);
  pipeline.own.alarm([]);
  expect(outbox.entries).toHaveLength(2);
});

test('local actions run before the entry reaches the outbox, and the alert is in the same entry as its reading', async () => {
  await publish('{"id":"a1","values":{"power_w":6000}}');
  expect(acted).toEqual(['over/meter raised, 0 entries']);
  expect(outbox.entries[0]?.events.map(({ lane, type, resendId }) => [lane, type, resendId])).toEqual([
    ['alerts', eventTypes.alert, expect.stringMatching(/^alert\nover\/meter\/-\/[0-9a-f]{12}\/raised\/1$/)],
    ['telemetry', eventTypes.reading, 'a1'],
  ]);
});

test('while the disk hangs, local actions run and no publish is acknowledged', async () => {
  outbox.answer = () => new Promise(() => undefined);
  let told = 0;
  for (const power of [6000, 10, 7000]) void publish(`{"values":{"power_w":${power}}}`).then(() => told++);
  await settle();
  expect(acted.map((text) => text.split(',')[0])).toEqual([
    'over/meter raised',
    'over/meter cleared',
    'over/meter raised',
  ]);
  expect(told).toBe(0);
});

test('every entry names its device, even if the payload is unreadable', async () => {
  await publish('{"values":{"power_w":6000}}');
  await publish('not readable', 'quiet');
  await publish('[]', 'quiet');
  expect(outbox.entries.map(({ sender }) => sender)).toEqual(['meter', 'quiet', 'quiet']);
  outbox.answer = async ({ events }) => {
    if (events.length > 0) throw new ForpostError('FORPOST_EVENT_INVALID', 'never');
    return { stored: 0, repeated: 0 };
  };
  await publish('{"values":{"power_w":1}}');
  expect(outbox.entries.at(-1)).toMatchObject({ deadLetter: { reason: expect.any(String) }, sender: 'meter' });
});

test('a publish whose entry the outbox refuses is not acknowledged', async () => {
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  await expect(publish('{"values":{"power_w":1}}')).rejects.toThrow('full');
});

test('an alert with a refused entry is stored once, with the resend of its message', async () => {
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  await expect(publish('{"id":"a1","values":{"power_w":6000}}')).rejects.toThrow('full');
  outbox.entries.length = 0;
  outbox.answer = async ({ events }) => ({ stored: events.length, repeated: 0 });
  // the alarm is active already: the resend raises no second one
  await publish('{"id":"a1","values":{"power_w":6000}}');
  clock.advance(10_000);
  await settle();
  const alerts = outbox.entries.flatMap(({ events }) => events.filter(({ lane }) => lane === 'alerts'));
  expect(alerts.map(({ data }) => (JSON.parse(data) as { change: string }).change)).toEqual(['raised']);
});

test('the end of an alarm never reaches the outbox before its beginning, whichever entries are refused', async () => {
  let full = true;
  const stored = new Map<string | undefined, string>();
  outbox.answer = async ({ events }) => {
    // like the outbox: an entry that is appended before the refusal of an earlier one is known is refused too
    if (full) throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
    // like the outbox: an event with a known `resendId` is not stored again
    for (const { lane, resendId, data } of events)
      if (lane === 'alerts' && !stored.has(resendId))
        stored.set(resendId, (JSON.parse(data) as { change: string }).change);
    return { stored: events.length, repeated: 0 };
  };
  const refused = publish('{"values":{"power_w":6000}}');
  const end = publish('{"values":{"power_w":10}}');
  const both = await Promise.allSettled([refused, end]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  full = false;
  // the entry of the third publish has the waiting alerts in front of its own
  await publish('{"values":{"power_w":7000}}');
  clock.advance(10_000);
  await settle();
  expect([...stored.values()]).toEqual(['raised', 'cleared', 'raised']);
});

test('an alarm that the outbox refused is raised again after a restart', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'forpost-pipeline-')), 'alarms.json');
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  await build({ file });
  await expect(publish('{"values":{"power_w":6000}}')).rejects.toThrow('full');
  await alarms.stop();
  await build({ file });
  expect(alarms.active()).toEqual([]);
  outbox.answer = async ({ events }) => ({ stored: events.length, repeated: 0 });
  await publish('{"values":{"power_w":6000}}');
  await alarms.stop();
  await build({ file });
  expect(alarms.active()).toHaveLength(1);
});

test('while the clock is still at 1970, readings are stored and alarms raised', async () => {
  clock.jump(-clock.now());
  await publish('{"values":{"power_w":6000}}');
  expect(acted).toEqual(['over/meter raised, 0 entries']);
  expect(outbox.entries[0]).not.toHaveProperty('deadLetter');
});

test('an acknowledgement by command is stored together with the command’s result, and never after the alarm’s end', async () => {
  await publish('{"values":{"power_w":6000}}');
  const [alarm] = alarms.active();
  const anna = { by: 'anna', where: 'centre' } as const;
  const alerts = pipeline.own.showAcknowledged(alarm?.alarm ?? '', anna);
  expect(alerts).toHaveLength(1);
  expect(pipeline.own.showAcknowledged(alarm?.alarm ?? '', anna)).toEqual([]);
  const result = { command: 'c-1', kind: 'acknowledge', outcome: 'applied', message: 'done', author: 'admin' } as const;
  outbox.answer = async () => {
    throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
  };
  await expect(pipeline.own.commandResult(result, alerts)).rejects.toThrow('full');
  outbox.entries.length = 0;
  outbox.answer = async ({ events }) => ({ stored: events.length, repeated: 0 });
  await publish('{"values":{"power_w":10}}');
  await pipeline.own.commandResult(result, alerts);
  const changes = outbox.entries.map(({ events }) =>
    events.map(({ type, data }) => (JSON.parse(data) as { change?: string }).change ?? type),
  );
  // the refused acknowledgement is stored in front of the end; the second one has the same id, so the outbox drops it
  expect(changes[0]).toEqual(['acknowledged', 'cleared', eventTypes.reading]);
  expect(new Set(changes[1])).toEqual(new Set(['acknowledged', eventTypes.commandResult]));
  const ids = outbox.entries.map(({ events }) => events.map(({ resendId }) => resendId));
  expect(new Set(ids[1])).toEqual(new Set([ids[0]?.[0], 'command\nc-1']));
});

test('a device’s own id identifies a resend only within one kind of message and one channel', async () => {
  await publish(
    '[{"id":7,"channel":"a","values":{"x":1}},{"id":7,"channel":"b","values":{"x":1}},{"id":7,"values":{"x":1}}]',
  );
  const event = '{"id":7,"type":"button.pressed"}';
  await publish(event, 'meter', 'events');
  await publish(event, 'meter', 'events');
  const ids = outbox.entries.flatMap(({ events }) => events.map(({ resendId }) => resendId));
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(4);
  expect(ids.at(-1)).toBe(ids.at(-2));
});

test('an unreadable message becomes a dead letter of its device, and counts as a sign of life', async () => {
  await publish('{"values":', 'quiet');
  expect(outbox.entries[0]).toMatchObject({
    events: [],
    deadLetter: { device: 'quiet', reason: expect.stringMatching(/./) },
  });
  expect(devices.statuses().find(({ id }) => id === 'quiet')).toMatchObject({ deadLetters: 1, messages: 1 });
});

test('a message with events that can never be stored becomes a dead letter, so the device stops resending it', async () => {
  outbox.answer = async ({ events }) => {
    if (events.length > 0) throw new ForpostError('FORPOST_EVENT_INVALID', 'no such time');
    return { stored: 0, repeated: 0 };
  };
  await publish('{"values":{"power_w":1}}');
  expect(outbox.entries.at(-1)).toMatchObject({ events: [], deadLetter: { device: 'meter', reason: 'no such time' } });
});

test('a device that sends nothing raises a silence alarm, which is stored', async () => {
  await publish('{"values":{"temperature_c":20}}', 'quiet');
  clock.advance(29_000);
  expect(acted).toEqual([]);
  clock.advance(2000);
  expect(acted.map((text) => text.split(',')[0])).toEqual(['silence/quiet raised']);
  expect(outbox.entries.at(-1)?.events[0]?.type).toBe(eventTypes.alert);
});

test('rules skip a resend with the device’s own id, even before the original is on disk', async () => {
  const say = (id: string, power: number) => publish(JSON.stringify({ id, values: { power_w: power } }));
  await say('a', 6000);
  await say('b', 10);
  expect(acted.map((line) => line.split(',')[0])).toEqual(['over/meter raised', 'over/meter cleared']);
  await Promise.all([say('a', 6000), say('a', 6000)]);
  expect(acted.length).toBe(2);
  // the outbox decides whether the resend is stored
  expect(outbox.entries.slice(2).map(({ events }) => events.map(({ resendId }) => resendId))).toEqual([['a'], ['a']]);
  await say('c', 6000);
  expect(acted.length).toBe(3);
});

test('rules evaluate every reading of a device that restarts its own ids', async () => {
  const counted = (power: number) => publish(`{"id":42,"values":{"power_w":${power}}}`);
  await counted(10);
  await counted(6000);
  await counted(10);
  await publish('[{"id":43,"values":{"power_w":6000}},{"id":43,"values":{"power_w":20}}]');
  // ids beyond 2^53 stay distinct
  await publish(
    '[{"id":9007199254740992,"values":{"power_w":6000}},{"id":9007199254740993,"values":{"power_w":6000}}]',
  );
  expect(acted.map((line) => line.split(',')[0])).toEqual([
    'over/meter raised',
    'over/meter cleared',
    'over/meter raised',
    'over/meter cleared',
    'over/meter raised',
  ]);
});

test('alerts of one device reach the outbox at once, without waiting for the commits of earlier ones', async () => {
  outbox.answer = () => new Promise(() => undefined);
  for (let i = 0; i < 30; i++) void publish(`{"values":{"power_w":${i % 2 === 0 ? 6000 : 10}}}`);
  await settle();
  expect(outbox.entries).toHaveLength(30);
});
