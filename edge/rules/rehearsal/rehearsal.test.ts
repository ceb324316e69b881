/** Rehearsal equals life: random days of a gateway, run by the engine as messages come, and again over the stored events. */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import type { DeviceId, Epoch, Lane } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeptEvents } from '../../outbox/sqlite/reader/kept-events.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import { rightClock } from '../clock-error.ts';
import { type RestoredAlarm, RuleEngine } from '../engine.ts';
import type { AlarmTransition, Observation } from '../rule.ts';
import { noon, siteWith } from '../testing/rules.ts';
import type { RehearsalQuestion } from './messages.ts';
import { rehearse } from './rehearse.ts';
import { eventsOf, spansSince } from './stored-events.ts';

const rules = [
  { id: 'load', kind: 'threshold', device: '*', metric: 'power_w', above: 100, clear: 80, hold_s: 30 },
  { id: 'sudden', kind: 'threshold', device: 'oven', metric: 'power_w', above: 200, severity: 'critical' },
  { id: 'mute', kind: 'silent', device: 'heat-pump', after_s: 300 },
  { id: 'day', kind: 'threshold', device: 'oven', metric: 'power_w', below: 20, when: 'minute < 30' },
  { id: 'dead', kind: 'tamper', cameras: ['yard'] },
] as unknown as readonly RuleConfig[];
const site = siteWith(...rules);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      device: fc.constantFrom('heat-pump', 'oven'),
      power: fc.constantFrom(10, 50, 90, 150, 250),
      channel: fc.constantFrom(undefined, 'l1'),
      quality: fc.constantFrom(undefined, undefined, 'stale' as const),
      lateMs: fc.constantFrom(0, 0, 0, 600_000),
      afterMs: fc.constantFrom(0, 1_000, 31_000, 299_000, 400_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ state: fc.constantFrom('heat-pump', 'oven'), afterMs: fc.constantFrom(1, 200_000) }),
  },
  { weight: 1, arbitrary: fc.record({ restart: fc.boolean(), afterMs: fc.constantFrom(0, 900_000) }) },
  { weight: 1, arbitrary: fc.record({ live: fc.boolean(), afterMs: fc.constantFrom(5_000, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ synced: fc.boolean(), afterMs: fc.constant(0) }) },
);
type Step = {
  readonly [Name in 'device' | 'state' | 'channel']?: string | undefined;
} & {
  readonly power?: number;
  readonly quality?: 'stale' | undefined;
  readonly lateMs?: number;
  readonly restart?: boolean;
  readonly live?: boolean;
  readonly synced?: boolean;
  readonly afterMs: number;
};

/** A gateway as it ran: it stores what it takes, and notes the alarms that its rules raise. */
class Life {
  readonly events: StoredEvent[] = [];
  readonly alarms: Record<string, unknown>[] = [];
  readonly #active = new Map<string, { readonly alarm: RestoredAlarm; readonly listed: Record<string, unknown> }>();
  #engine: RuleEngine | undefined;
  #epoch = 0;
  #synced = true;
  uptime = 5_000;

  constructor() {
    this.#start();
  }

  get now(): WallTime {
    return noon + this.uptime;
  }

  take(step: Step): void {
    // events do not say how long a gateway ran on after its last event: here it stopped at once
    if (step.restart === undefined) this.wait(step.afterMs);
    else this.uptime += step.afterMs;
    const { device, state, power = 0, channel, quality, lateMs = 0, live, synced } = step;
    const received = this.now;
    if (step.restart !== undefined) this.#start();
    if (synced !== undefined) this.#synced = synced;
    if (live !== undefined) {
      const at = { device: 'yard' as DeviceId, time: received, received };
      this.#store('alerts', eventTypes.gateway, null, { change: live ? 'camera-live' : 'camera-lost', camera: 'yard' });
      this.#observe({ kind: live ? 'scene-live' : 'scene-lost', ...at });
      this.#observe({ kind: 'tamper', tamper: 'stalled', active: !live, reason: '', ...at });
    }
    if (state !== undefined) {
      this.#store('telemetry', eventTypes.state, state, { state: 'on' });
      this.#observe({ kind: 'message', device: state as DeviceId, time: received, received });
    }
    if (device === undefined) return;
    const values = { power_w: power };
    const more = {
      ...(channel === undefined ? {} : { channel }),
      ...(quality === undefined ? {} : { quality }),
    };
    this.#store('telemetry', eventTypes.reading, device, { values, ...more }, received - lateMs);
    this.#observe({ kind: 'reading', device: device as DeviceId, time: received - lateMs, received, values, ...more });
  }

  wait(ms: number): void {
    const until = this.uptime + ms;
    for (let due = this.#engine?.nextWake(); due !== undefined && due <= until; due = this.#engine?.nextWake()) {
      this.uptime = Math.max(this.uptime, due);
      for (const one of this.#engine?.wake(this.now, this.uptime as Uptime) ?? []) this.#note(one);
    }
    this.uptime = until;
  }

  #start(): void {
    this.#epoch++;
    this.#engine = new RuleEngine({
      site,
      actives: [...this.#active.values()].map(({ alarm }) => alarm),
      uptime: this.uptime,
      clockError: () => (this.#synced ? rightClock : undefined),
    });
    this.#store('alerts', eventTypes.gateway, null, { change: 'started', message: '' });
  }

  #store(lane: Lane, type: string, device: string | null, data: object, time: number = this.now): void {
    const epoch = `e${this.#epoch}` as Epoch;
    const sequence = this.events.filter((one) => one.epoch === epoch && one.lane === lane).length + 1;
    this.events.push({
      epoch,
      lane,
      sequence: sequence as never,
      type,
      device: device as DeviceId | null,
      time,
      received: this.now,
      clock: this.#synced ? 'synced' : 'unsynced',
      boot: 'b',
      uptime: this.uptime,
      data: JSON.stringify(data),
    });
  }

  #observe(observation: Observation): void {
    for (const one of this.#engine?.observe(observation, this.uptime, this.now) ?? []) this.#note(one);
  }

  #note(one: AlarmTransition): void {
    const { rule, device, subject, severity, message, time, peak } = one;
    const key = `${rule}/${device}/${subject}`;
    const known = this.#active.get(key);
    if (one.change === 'raised' && known === undefined) {
      const listed = { rule, device, subject, severity, message, raised: time, peak };
      this.alarms.push(listed);
      this.#active.set(key, { alarm: one, listed });
    }
    if (known === undefined) return;
    if (peak !== undefined) known.listed.peak = peak;
    if (one.change !== 'cleared') return;
    known.listed.cleared = time;
    this.#active.delete(key);
  }
}

/** The events as the outbox's reader gives them. */
function keptOf(events: readonly StoredEvent[]): KeptEvents {
  const of = (epoch: string, lane: Lane) => events.filter((one) => one.epoch === epoch && one.lane === lane);
  return {
    lanes: (_sink, lane) =>
      [...new Set(events.map(({ epoch }) => epoch))]
        .filter((epoch) => of(epoch, lane).length > 0)
        .map((epoch) => ({
          epoch,
          first: 1 as never,
          last: of(epoch, lane).length as never,
          acknowledged: 0 as never,
        })),
    read(epoch, lane, after, limit) {
      const found = of(epoch, lane).filter(({ sequence }) => sequence > after);
      return { events: found.slice(0, limit), through: found.slice(0, limit).at(-1)?.sequence, altered: 0 };
    },
    close: () => undefined,
  };
}

function questionAt(life: Life, more: Partial<RehearsalQuestion> = {}): RehearsalQuestion {
  return {
    file: '',
    site,
    drafted: rules,
    standing: [],
    from: noon,
    now: life.now,
    uptime: life.uptime,
    mostEvents: 10_000,
    mostMs: 60_000,
    ...more,
  };
}

test('a rehearsal of the rules as they stand raises the alarms that were raised in life', () => {
  let raised = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const life = new Life();
      for (const one of steps as readonly Step[]) life.take(one);
      life.wait(500_000);
      const { drafted } = rehearse(questionAt(life), keptOf(life.events), () => 0);
      const plain = JSON.parse(JSON.stringify(drafted.alarms)) as { messageI18n?: object }[];
      expect(plain.map(({ messageI18n: _, ...alarm }) => alarm)).toEqual(JSON.parse(JSON.stringify(life.alarms)));
      raised += life.alarms.length;
    }),
    { numRuns: 60 },
  );
  expect(raised).toBeGreaterThan(60);
});

const busy = new Life();
for (let n = 0; n < 20; n++) busy.take({ device: 'oven', power: n % 2 === 0 ? 300 : 50, afterMs: 60_000 });

test('a drafted rule is compared with the rule as it stands, over the same events', () => {
  const [, sudden] = rules;
  const higher = { ...sudden, above: 1_000 } as RuleConfig;
  const { drafted, standing, events } = rehearse(
    questionAt(busy, { drafted: [higher], standing: [sudden as RuleConfig] }),
    keptOf(busy.events),
    () => 0,
  );
  expect([drafted.alarms.length, standing.alarms.length, events]).toEqual([0, 10, 21]);
});

test('the answer says what limits it: too many events, too little time, too few hours, failures', () => {
  const asked = (more: Partial<RehearsalQuestion>, clock = () => 0) =>
    rehearse(questionAt(busy, more), keptOf(busy.events), clock).limits.map(({ key }) => key);
  expect(asked({ drafted: [] })).toEqual([]);
  expect(asked({ drafted: [], from: noon - 3_600_000 })).toEqual(['rule/limit.hours']);
  expect(asked({ drafted: [], mostEvents: 5 })).toEqual(['rule/limit.events']);
  expect(asked({ drafted: [], from: busy.now + 1 })).toEqual(['rule/limit.nothing']);
  expect(asked({})).toEqual(['rule/limit.partly', 'rule/limit.unread']);
});

test('only the newest events are read, at most so many, in the order of the monotonic clock', () => {
  const kept = keptOf(busy.events);
  const read = (from: number, most: number) => {
    const { epochs, ...rest } = spansSince(kept, from, most);
    return { ...rest, times: epochs.flatMap((spans) => [...eventsOf(kept, spans)]).map(({ received }) => received) };
  };
  const all = busy.events.map(({ received }) => received);
  expect(read(0, 1_000)).toEqual({ events: 21, cut: false, times: all });
  expect(read(all[11] as number, 1_000).times).toEqual(all.slice(11));
  expect(read(0, 7)).toMatchObject({ events: 7, cut: true });
  expect((site as Site).rules.length).toBe(5);
});
