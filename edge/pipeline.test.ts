import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { beforeEach, expect, test } from 'vitest';
import type { Alert } from './alerts/action.ts';
import { Alarms } from './alerts/alarms.ts';
import { DeviceRegistry } from './devices/registry.ts';
import type { Appended, Outbox, OutboxEntry } from './outbox/outbox.ts';
import { Pipeline } from './pipeline.ts';
import { RuleEngine } from './rules/engine.ts';
import type { Site } from './site/site.ts';

const site: Site = {
  id: asId('home'),
  name: 'Home',
  timezone: 'Europe/Berlin',
  devices: [
    { id: asId('meter'), decoder: 'native' },
    { id: asId('quiet'), decoder: 'native' },
  ],
  consumers: [],
  cameras: [
    {
      id: asId('yard'),
      url: 'rtsp://127.0.0.1/yard',
      zones: [
        {
          id: 'gate',
          points: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
      ],
    },
  ],
  rules: [
    { id: asId('over'), kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 },
    { id: asId('silence'), kind: 'silent', devices: ['quiet'], after_s: 30 },
    { id: asId('intruder'), kind: 'zone-entered', camera: 'yard', zone: 'gate' },
  ],
  revision: 'r1',
};

/** An outbox whose disk is in the test's hands. */
class HeldOutbox implements Pick<Outbox, 'append'> {
  readonly entries: OutboxEntry[] = [];
  answer: (entry: OutboxEntry) => Promise<Appended> = async ({ events }) => ({ stored: events.length, repeated: 0 });

  append(entry: OutboxEntry): Promise<Appended> {
    this.entries.push(entry);
    return this.answer(entry);
  }
}

let clock: FakeClock;
let outbox: HeldOutbox;
let acted: string[];
let devices: DeviceRegistry;
let pipeline: Pipeline;

beforeEach(() => {
  clock = new FakeClock();
  outbox = new HeldOutbox();
  acted = [];
  devices = new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock });
  const act = ({ data }: Alert) =>
    void acted.push(`${data.rule}/${data.device} ${data.change}, ${outbox.entries.length} entries`);
  const action = { name: 'test', perform: act, stop: async () => undefined };
  const alarms = new Alarms({ actions: [action], clock, random: Math.random });
  const rules = new RuleEngine({ site, uptime: clock.uptime() });
  pipeline = new Pipeline({
    devices,
    rules: () => rules,
    alarms,
    outbox: outbox as unknown as Outbox,
    clock,
    quality: () => 'synced',
    boot: () => 'boot-1',
    random: () => 0.5,
    logger: silentLogger(),
    onAlert: () => undefined,
  });
  pipeline.start();
});

const publish = (payload: string, device = 'meter') =>
  pipeline.admit({
    device,
    topic: `forpost/devices/${device}/readings`,
    payload: Buffer.from(payload),
    qos: 1,
    duplicate: false,
    received: clock.now(),
    uptime: clock.uptime(),
  });
/** Lets what is already settled run on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('an alert has been acted on before its entry reaches the outbox, and travels in the same entry as its reading', async () => {
  await publish('{"id":"a1","values":{"power_w":6000}}');
  expect(acted).toEqual(['over/meter raised, 0 entries']);
  expect(outbox.entries[0]?.events.map(({ lane, type, resendId }) => [lane, type, resendId])).toEqual([
    ['alerts', eventTypes.alert, undefined],
    ['telemetry', eventTypes.reading, 'a1'],
  ]);
});

test('while the disk hangs alerts are acted on and nobody is told that anything is safe', async () => {
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

test('what the outbox refuses is refused to the device', async () => {
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  await expect(publish('{"values":{"power_w":1}}')).rejects.toThrow('full');
});

test('a message that nobody can read is a dead letter of its device and proves that it lives', async () => {
  await publish('{"values":', 'quiet');
  expect(outbox.entries[0]).toMatchObject({
    events: [],
    deadLetter: { device: 'quiet', reason: expect.stringMatching(/./) },
  });
  expect(devices.statuses().find(({ id }) => id === 'quiet')).toMatchObject({ deadLetters: 1, messages: 1 });
});

test('what can never be stored as events is stored as a dead letter, instead of being sent for ever', async () => {
  outbox.answer = async ({ events }) => {
    if (events.length > 0) throw new ForpostError('FORPOST_PAYLOAD_INVALID', 'no such time');
    return { stored: 0, repeated: 0 };
  };
  await publish('{"values":{"power_w":1}}');
  expect(outbox.entries.at(-1)).toMatchObject({ events: [], deadLetter: { device: 'meter', reason: 'no such time' } });
});

test('silence is noticed by the passing of time alone, and stored', async () => {
  await publish('{"values":{"temperature_c":20}}', 'quiet');
  clock.advance(29_000);
  expect(acted).toEqual([]);
  clock.advance(2000);
  expect(acted.map((text) => text.split(',')[0])).toEqual(['silence/quiet raised']);
  expect(outbox.entries.at(-1)?.events[0]?.type).toBe(eventTypes.alert);
});

test('what a camera sees has no sender to hold back: it waits for the outbox, in order', async () => {
  let full = true;
  const stored: string[] = [];
  outbox.answer = async ({ events }) => {
    if (full) throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
    stored.push(...events.map(({ data }) => (JSON.parse(data) as { change: string }).change));
    return { stored: events.length, repeated: 0 };
  };
  const track = { id: 1, class: 'person', score: 0.9, box: [0.1, 0.1, 0.2, 0.5], zones: ['gate'] } as const;
  const scene = (change: 'entered' | 'left') =>
    pipeline.scene({
      kind: 'scene',
      camera: 'yard',
      time: clock.now(),
      uptime: clock.uptime(),
      tracks: [track],
      changes: [{ change, zone: 'gate', track }],
      detectMs: 5,
    });
  scene('entered');
  expect(acted.map((text) => text.split(',')[0])).toEqual(['intruder/yard raised']);
  await settle();
  pipeline.note({ change: 'later', message: 'later' });
  full = false;
  clock.advance(10_000);
  await settle();
  await settle();
  expect(stored.slice(0, 2).sort()).toEqual(['entered', 'raised']);
  expect(stored.at(-1)).toBe('later');
});

test('what waits for an outbox that takes nothing is bounded, and what is given up is counted', async () => {
  outbox.answer = () => Promise.reject(new ForpostError('FORPOST_OUTBOX_FAILED', 'no disk'));
  for (let i = 0; i < 1100; i++) pipeline.note({ change: 'n', message: String(i) });
  await settle();
  expect(pipeline.lost).toBe(100);
  pipeline.stop();
});
