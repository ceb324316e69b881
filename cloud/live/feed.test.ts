import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { exampleAlert, exampleEvent } from '../testing/examples.ts';
import { LiveFeed, type LiveMessage } from './feed.ts';

function start() {
  const clock = new FakeClock();
  const live = new LiveFeed({ clock });
  const arrived: LiveMessage[] = [];
  const stop = live.subscribe((message) => arrived.push(message));
  return { clock, live, arrived, stop };
}

test('events are gathered into one message, and an alert is sent at once', () => {
  const { clock, live, arrived } = start();
  live.stored([exampleEvent({ sequence: 1, time: clock.now() })]);
  live.stored([exampleAlert(1, clock.now(), 'raised')]);
  expect(arrived.map(({ kind }) => kind)).toEqual(['alert']);
  clock.advance(300);
  expect(arrived.map(({ kind }) => kind)).toEqual(['alert', 'events']);
  expect(arrived[1]).toMatchObject({
    skipped: 0,
    events: [{ sequence: '1', stored: '2026-01-01T00:00:00.000Z' }, { lane: 'alerts' }],
  });
  clock.advance(10_000);
  expect(arrived).toHaveLength(2);
});

test('an event after the clock event of its boot is shown with its corrected time, also where no page was open then', () => {
  const clock = new FakeClock();
  const live = new LiveFeed({ clock });
  const boot = { boot: 'b7', clock: 'unsynced' } as const;
  const own = exampleEvent({ sequence: 9, time: clock.now(), lane: 'alerts', type: 'forpost.clock.v1' });
  const offset = clock.now() - 60_000;
  live.stored([{ ...own, boot: 'b7', uptime: '60000', data: { boot: 'b7', offset_ms: offset, source: 'chrony' } }]);
  const arrived: LiveMessage[] = [];
  live.subscribe((message) => arrived.push(message));
  const taken = { time: '1970-01-01T00:00:01.000Z', received: '1970-01-01T00:00:01.000Z', uptime: '1000' };
  live.stored([
    { ...exampleAlert(1, 0, 'raised'), ...boot, ...taken },
    { ...exampleEvent({ sequence: 2, time: 0 }), ...boot, ...taken, boot: 'b8' },
  ]);
  clock.advance(300);
  const corrected = new Date(offset + 1000).toISOString();
  // the other boot has no clock event, and 1970 is doubted, so the event is listed at the time it was stored
  const stored = new Date(clock.now() - 300).toISOString();
  expect(arrived[0]).toMatchObject({ kind: 'alert', event: { ...taken, corrected_time: corrected } });
  const events = arrived[1]?.kind === 'events' ? arrived[1].events : [];
  expect(events.map((event) => event.corrected_time)).toEqual([corrected, stored]);
});

test('a flood is cut to its newest events, and the message counts those left out', () => {
  const { clock, live, arrived } = start();
  const flood = Array.from({ length: 1000 }, (_, i) => exampleEvent({ sequence: i + 1, time: clock.now() }));
  live.stored(flood.slice(0, 500));
  live.stored(flood.slice(500));
  clock.advance(300);
  expect(arrived).toHaveLength(1);
  const [message] = arrived;
  expect(
    message?.kind === 'events' && [message.events.length, message.skipped, message.events.at(-1)?.sequence],
  ).toEqual([200, 800, '1000']);
});

test('pages get the newest state of a gateway that reports often', () => {
  const { clock, live, arrived } = start();
  const gateway = { gateway: 'gw-1', site: 's', lastContact: 1, status: undefined };
  live.gateway({ ...gateway, online: true });
  live.gateway({ ...gateway, online: false });
  clock.advance(300);
  expect(arrived).toEqual([{ kind: 'gateway', gateway: { ...gateway, online: false } }]);
});

test('without a subscriber no event is kept, and a closed page receives no further message', () => {
  const { clock, live, arrived, stop } = start();
  live.stored([exampleEvent({ sequence: 1, time: clock.now() })]);
  stop();
  clock.advance(300);
  live.stored([exampleEvent({ sequence: 2, time: clock.now() })]);
  const late: LiveMessage[] = [];
  live.subscribe((message) => late.push(message));
  clock.advance(300);
  expect([arrived, late]).toEqual([[], []]);
});

test('subscribers are bounded', () => {
  const live = new LiveFeed({ clock: new FakeClock(), maxSubscribers: 1 });
  live.subscribe(() => undefined);
  expect(() => live.subscribe(() => undefined)).toThrow(RangeError);
});

test('pages see a share of one gateway’s flood and all events of another, with the number left out of each gateway', () => {
  const { clock, live, arrived } = start();
  const of = (gateway: string, sequence: number) =>
    ({ ...exampleEvent({ sequence, time: clock.now() }), gateway }) as ReturnType<typeof exampleEvent>;
  for (let i = 0; i < 3; i++) live.stored([of('calm', i + 1)]);
  live.stored(Array.from({ length: 5_000 }, (_, i) => of('flood', i + 1)));
  clock.advance(300);
  const [message] = arrived;
  const events = message?.kind === 'events' ? message.events : [];
  expect(events).toHaveLength(200);
  expect(events.filter(({ gateway }) => (gateway as string) === 'calm')).toHaveLength(3);
  expect(message).toMatchObject({ skipped: 4_803, skippedOf: { flood: 4_803 } });
});

test('some alarms of a flood and those of other gateways are sent at once, and pages learn that there are more', () => {
  const { clock, live, arrived } = start();
  const of = (gateway: string, sequence: number) =>
    ({ ...exampleAlert(sequence, clock.now(), 'raised'), gateway }) as ReturnType<typeof exampleAlert>;
  live.stored(Array.from({ length: 800 }, (_, i) => of('flood', i + 1)));
  live.stored([of('calm', 1)]);
  const alerted = arrived.flatMap((one) => (one.kind === 'alert' ? [one.event.gateway as string] : []));
  expect([alerted.filter((gateway) => gateway === 'flood').length, alerted.at(-1)]).toEqual([20, 'calm']);
  clock.advance(300);
  expect(arrived.at(-1)).toEqual({ kind: 'alerts-left-out', count: 780 });
});
