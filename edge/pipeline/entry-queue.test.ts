import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { type Logger, silentLogger } from '@forpost/shared/logging.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EventDraft, OutboxEntry } from '../outbox/outbox.ts';
import { draft } from '../outbox/sqlite/testing/test-support.ts';
import { EntryQueue } from './entry-queue.ts';

let clock: FakeClock;
let full: (entry: OutboxEntry) => boolean;
let stored: EventDraft[];
let queue: EntryQueue;

beforeEach(() => {
  clock = new FakeClock();
  full = () => true;
  stored = [];
  queue = new EntryQueue({
    outbox: {
      epoch: asId('0123456789abcdef'),
      append: async (entry) => {
        if (full(entry)) throw new ForpostError('FORPOST_OUTBOX_FULL', 'full');
        stored.push(...entry.events);
        return { stored: entry.events.length, repeated: 0 };
      },
    },
    clock,
    stamp: () => ({ clock: 'synced', boot: 'boot-1' }),
    random: () => 0.5,
    logger: silentLogger(),
    onStored: () => undefined,
  });
});

const settle = () => new Promise((resolve) => setImmediate(resolve));
const alert = (n: number, alarm: string, device = 'camera') =>
  draft(n, {
    lane: 'alerts',
    type: eventTypes.alert,
    device: asId(device),
    data: JSON.stringify({ alarm, count: n }),
    resendId: `${alarm}/${n}`,
  });
const seen = (type: string) => stored.filter((event) => event.type === type).map(({ data }) => JSON.parse(data));
const tryAgain = async () => {
  clock.advance(10_000);
  await settle();
};

test('when too many events wait, readings are dropped first, then older states of each alarm, and a gap record names the loss', async () => {
  for (let n = 0; n < 600; n++) queue.keep({ events: [alert(n, `alarm-${n % 3}`), draft(n)] });
  await settle();
  // the readings were dropped at 1,001 events
  expect(queue.lost).toBeGreaterThanOrEqual(500);
  expect(queue.collapsed).toBe(0);
  for (let n = 600; n < 1100; n++) queue.keep({ events: [alert(n, `alarm-${n % 3}`)] });
  await settle();
  expect(queue.collapsed).toBeGreaterThan(900);
  full = () => false;
  await tryAgain();
  const alerts = seen(eventTypes.alert) as { alarm: string; count: number }[];
  // the present state of each alarm, in the order of the changes
  for (const [alarm, last] of [
    ['alarm-0', 1098],
    ['alarm-1', 1099],
    ['alarm-2', 1097],
  ] as const)
    expect(alerts.filter((one) => one.alarm === alarm).at(-1)?.count).toBe(last);
  expect(alerts.map(({ count }) => count)).toEqual(alerts.map(({ count }) => count).toSorted((a, b) => a - b));
  expect(seen(eventTypes.gap)).toMatchObject([
    { epoch: '0123456789abcdef', lane: 'telemetry', from: '1', to: '0', count: queue.lost },
  ]);
  expect(queue.waiting).toBe(0);
});

test('an alert that is added repeatedly while it waits, waits once and displaces nothing', async () => {
  for (let n = 0; n < 900; n++) queue.keep({ events: [alert(n, `seen-${n}`)] });
  for (let n = 0; n < 500; n++)
    await queue.submit({ events: [alert(1, 'asked', 'gateway'), draft(n)] }).catch(() => undefined);
  await settle();
  expect([queue.waiting, queue.lost, queue.collapsed]).toEqual([901, 0, 0]);
  full = () => false;
  await tryAgain();
  expect(seen(eventTypes.alert)).toHaveLength(901);
});

test('when only latest states wait, alerts of devices are dropped before alerts without a sender', async () => {
  for (let n = 0; n < 200; n++)
    await queue.submit({ events: [alert(n, `device-${n}`, 'meter')] }).catch(() => undefined);
  for (let n = 0; n < 900; n++) queue.keep({ events: [alert(n, `seen-${n}`)] });
  await settle();
  expect(queue.lost).toBe(100);
  full = () => false;
  await tryAgain();
  const alarms = seen(eventTypes.alert).map(({ alarm }) => alarm as string);
  expect(alarms.filter((alarm) => alarm.startsWith('seen')).length).toBe(900);
  expect(alarms.filter((alarm) => alarm.startsWith('device')).length).toBe(100);
  expect(seen(eventTypes.gap)).toMatchObject([{ lane: 'alerts', from: '1', to: '0', count: 100 }]);
});

test('an alert that is refused at once stays behind an earlier alert of its device that is refused later', async () => {
  const refuse: (() => void)[] = [];
  const stored: string[] = [];
  let answer: 'at once' | 'later' | 'take' = 'later';
  const slow = new EntryQueue({
    outbox: {
      epoch: asId('0123456789abcdef'),
      append: ({ events }) => {
        if (answer === 'take') stored.push(...events.map(({ resendId }) => resendId ?? ''));
        if (answer === 'take') return Promise.resolve({ stored: events.length, repeated: 0 });
        const full = new ForpostError('FORPOST_OUTBOX_FULL', 'full');
        if (answer === 'at once') return Promise.reject(full);
        return new Promise((_, reject) => refuse.push(() => reject(full)));
      },
    },
    clock,
    stamp: () => ({ clock: 'synced', boot: 'boot-1' }),
    random: () => 0.5,
    logger: silentLogger(),
    onStored: () => undefined,
  });
  const raised = slow.submit({ events: [alert(1, 'over', 'meter')] });
  answer = 'at once';
  await expect(slow.submit({ events: [alert(2, 'over', 'meter')] })).rejects.toThrow('full');
  for (const one of refuse) one();
  await expect(raised).rejects.toThrow('full');
  answer = 'take';
  await tryAgain();
  expect(stored).toEqual(['over/1', 'over/2']);
});

test('an event without a sender is appended in reserved space, and does not wait for a refused alert of a device', async () => {
  full = ({ reserved }) => reserved !== true;
  await expect(queue.submit({ events: [alert(1, 'over', 'meter')] })).rejects.toThrow('full');
  queue.keep({ events: [alert(2, 'intruder')] });
  await tryAgain();
  expect(seen(eventTypes.alert).map(({ alarm }) => alarm)).toEqual(['intruder']);
  expect(queue.waiting).toBe(1);
  full = () => false;
  await tryAgain();
  expect(seen(eventTypes.alert).map(({ alarm }) => alarm)).toEqual(['intruder', 'over']);
});

test('an alert with a failed commit is stored with the next message of its device; without space for alerts the message is stored alone', async () => {
  const entries: OutboxEntry[] = [];
  full = (entry) => {
    entries.push(entry);
    return true;
  };
  await expect(queue.submit({ events: [alert(1, 'over', 'meter'), draft(1)] })).rejects.toThrow('full');
  full = (entry) => {
    entries.push(entry);
    return entry.events.some(({ lane }) => lane === 'alerts');
  };
  await queue.submit({ events: [draft(2)] });
  expect(stored.map(({ data }) => data)).toEqual([draft(2).data]);
  await queue.submit({ events: [draft(3, { device: asId('other') })] });
  full = (entry) => {
    entries.push(entry);
    return false;
  };
  await queue.submit({ events: [draft(4)] });
  // in one entry, so that a kill leaves both or neither
  expect(entries.at(-1)?.events.map(({ data }) => data)).toEqual([alert(1, 'over', 'meter').data, draft(4).data]);
  expect(queue.waiting).toBe(0);
  await queue.submit({ events: [draft(5)] });
  expect(entries.at(-1)?.events.length).toBe(1);
});

test('events that wait at the stop of the gateway are stored if the outbox accepts them again, even those refused during the stop', async () => {
  await expect(queue.submit({ events: [alert(1, 'over', 'meter')] })).rejects.toThrow('full');
  queue.keep({ events: [alert(2, 'intruder')] });
  const stopping = queue.stop();
  full = () => false;
  await stopping;
  expect(seen(eventTypes.alert).map(({ alarm }) => alarm)).toEqual(['over', 'intruder']);
  expect(queue.waiting).toBe(0);
});

test('a loss without a gap record gets one when the gateway stops', async () => {
  for (let n = 0; n < 1100; n++) queue.keep({ events: [alert(n, `seen-${n}`)] });
  await settle();
  full = () => false;
  await queue.stop();
  expect(seen(eventTypes.gap)).toMatchObject([{ lane: 'alerts', from: '1', to: '0', count: 100 }]);
});

test('events that the outbox refuses at the stop are logged as lost, without further attempts', async () => {
  const said: object[] = [];
  const logger = { ...silentLogger(), error: (details: object) => said.push(details) } as unknown as Logger;
  let tries = 0;
  const refused = new EntryQueue({
    outbox: {
      epoch: asId('0123456789abcdef'),
      append: () => {
        tries++;
        return Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
      },
    },
    clock,
    stamp: () => ({ clock: 'synced', boot: 'boot-1' }),
    random: () => 0.5,
    logger,
    onStored: () => undefined,
  });
  await expect(refused.submit({ events: [alert(1, 'over', 'meter'), draft(1)] })).rejects.toThrow('full');
  await refused.stop();
  await refused.stop();
  await tryAgain();
  expect([tries, said]).toEqual([2, [{ events: 1 }]]);
});

test('once the outbox stores an entry again, all waiting events are stored within a second', async () => {
  queue.keep({ events: [alert(1, 'seen')] });
  await settle();
  // by now the attempts are far apart
  for (let tried = 0; tried < 10; tried++) await tryAgain();
  expect(queue.waiting).toBe(1);
  full = () => false;
  await queue.submit({ events: [draft(1, { device: asId('meter') })] });
  clock.advance(1000);
  await settle();
  expect(seen(eventTypes.alert)).toEqual([{ alarm: 'seen', count: 1 }]);
  expect(queue.waiting).toBe(0);
});

test('while there is space for readings only, alerts are tried once a second and not with every reading', async () => {
  queue.keep({ events: [alert(1, 'seen')] });
  await settle();
  let tried = 0;
  full = ({ events }) => {
    if (events.every(({ lane }) => lane !== 'alerts')) return false;
    tried++;
    return true;
  };
  for (let n = 0; n < 1000; n++) {
    await queue.submit({ events: [draft(n, { device: asId('meter') })] });
    clock.advance(10);
    await settle();
  }
  expect(tried).toBeGreaterThan(5);
  expect(tried).toBeLessThan(25);
});

describe('an event without an id of its own is stored once', () => {
  let calls: { events: readonly EventDraft[]; ok: () => void; no: () => void }[];
  const answerAll = async (how: 'ok' | 'no') => {
    for (const call of calls.splice(0)) call[how]();
    await settle();
  };
  const told = (n: number) => draft(n, { lane: 'alerts', type: eventTypes.device, device: asId('hub') });

  beforeEach(() => {
    calls = [];
    queue = new EntryQueue({
      outbox: {
        epoch: asId('0123456789abcdef'),
        append: ({ events }) =>
          new Promise((resolve, reject) => {
            const ok = () => {
              stored.push(...events);
              resolve({ stored: events.length, repeated: 0 });
            };
            calls.push({ events, ok, no: () => reject(new ForpostError('FORPOST_OUTBOX_FULL', 'full')) });
          }),
      },
      clock,
      stamp: () => ({ clock: 'synced', boot: 'boot-1' }),
      random: () => 0.99,
      logger: silentLogger(),
      onStored: () => undefined,
    });
  });

  test('when the gateway stops on a slow disk while another entry is under way', async () => {
    queue.keep({ events: [told(1)] });
    await settle();
    for (let tried = 0; tried < 10; tried++) {
      await answerAll('no');
      clock.advance(10_000);
      await settle();
    }
    await answerAll('no');
    const submitted = queue.submit({ events: [alert(2, 'over', 'meter')] });
    const stopping = queue.stop();
    await answerAll('ok');
    await submitted;
    // the last append is slow
    clock.advance(2000);
    await settle();
    await answerAll('ok');
    await stopping;
    expect(stored.filter(({ type }) => type === eventTypes.device)).toHaveLength(1);
  });

  test('when a message of the device includes another event of the waiting entry', async () => {
    queue.keep({ events: [told(1)] });
    queue.keep({ events: [alert(1, 'over', 'meter')] });
    await settle();
    await answerAll('no');
    clock.advance(10_000);
    await settle();
    const submitted = queue.submit({ events: [draft(5, { device: asId('meter') })] });
    await settle();
    const [hub, meter, reading] = calls.splice(0);
    reading?.ok();
    await submitted;
    hub?.ok();
    meter?.ok();
    await settle();
    for (let later = 0; later < 3; later++) {
      clock.advance(10_000);
      await settle();
      await answerAll('ok');
    }
    expect(stored.filter(({ type }) => type === eventTypes.device)).toHaveLength(1);
    expect(queue.waiting).toBe(0);
  });

  test('an entry that begins to wait while others are under way is not mistaken for one of them', async () => {
    queue.keep({ events: [alert(1, 'first', 'meter')] });
    await settle();
    // added before the waiting entry, refused after its append has begun
    queue.keep({ events: [alert(2, 'second', 'camera')] });
    const [first, second] = calls.splice(0);
    second?.no();
    await settle();
    clock.advance(10_000);
    await settle();
    first?.no();
    await settle();
    await answerAll('ok');
    clock.advance(10_000);
    await settle();
    await answerAll('ok');
    expect(seen(eventTypes.alert).map(({ alarm }) => alarm)).toEqual(['second', 'first']);
    expect(queue.waiting).toBe(0);
  });
});
