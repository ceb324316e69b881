import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cursor,
  dueAt,
  type ForwarderCommand,
  type ForwarderEvent,
  type ForwarderSettings,
  type ForwarderState,
  initialState,
  longestDoubtMs,
  maxRefusedInRow,
  type Pace,
  step,
} from './forwarder.ts';

const settings: ForwarderSettings = {
  maxEvents: 8,
  maxBytes: 1_000_000,
  openDeadlineMs: 1_000,
  sendDeadlineMs: 5_000,
  backoff: { baseMs: 100, ceilingMs: 2_000 },
  canRecordRefusals: true,
};
const goAhead: Pace = { until: 0, why: 'rate', maxBytes: Number.POSITIVE_INFINITY };
const epoch = (name: string) => name as Epoch;

/** Drives the machine by hand: each call is one event; what it asks for is in `asked`. */
class Bench {
  state: ForwarderState;
  now = 0;
  chance = 0.5;
  pace: Pace = goAhead;
  asked: readonly ForwarderCommand[] = [];
  readonly settings: ForwarderSettings;

  constructor(changed: Partial<ForwarderSettings> = {}) {
    this.settings = { ...settings, ...changed };
    this.state = initialState(this.settings, 0);
  }

  on(event: ForwarderEvent): this {
    const { state, commands } = step(this.state, event, {
      now: this.now,
      chance: this.chance,
      settings: this.settings,
      pace: this.pace,
    });
    this.state = state;
    this.asked = commands;
    return this;
  }

  connect(cursors: readonly Cursor[] = []): this {
    return this.on({ on: 'timer' }).on({ on: 'opened', session: this.state.session }).on({ on: 'surveyed', cursors });
  }

  loaded(after: Sequence, through: Sequence, count = through - after, name = 'e1'): this {
    return this.on({ on: 'loaded', batch: { epoch: epoch(name), after, through, count, full: false } });
  }

  failed(kind: 'refused' | 'slow' | 'broken'): this {
    return this.on({ on: 'failed', session: this.state.session, kind, reason: `it was ${kind}` });
  }

  did(what: ForwarderCommand['do']) {
    return this.asked.filter((command) => command.do === what);
  }
}

describe('the forwarder', () => {
  test('connects at once, looks for what waits, and sends the oldest epoch first', () => {
    const bench = new Bench().connect([
      { epoch: epoch('old'), after: 4 },
      { epoch: epoch('new'), after: 0 },
    ]);
    expect(bench.did('load')).toMatchObject([{ cursor: { epoch: 'old', after: 4 } }]);
    bench.loaded(4, 6, 2, 'old');
    expect(bench.did('send')).toHaveLength(1);
    bench.on({ on: 'safe', session: bench.state.session });
    expect(bench.asked).toMatchObject([
      { do: 'acknowledge', epoch: 'old', through: 6 },
      { do: 'load', cursor: { epoch: 'old', after: 6 } },
    ]);
    bench.on({ on: 'loaded', batch: null });
    expect(bench.did('load')).toMatchObject([{ cursor: { epoch: 'new', after: 0 } }]);
  });

  test('rests when everything is safe, and reads behind the last event when there is a commit', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]).loaded(0, 2);
    bench.on({ on: 'safe', session: bench.state.session }).on({ on: 'loaded', batch: null });
    expect(bench.state.phase.kind).toBe('idle');
    bench.on({ on: 'committed' });
    expect(bench.asked).toMatchObject([{ do: 'load', cursor: { epoch: 'e1', after: 2 } }]);
  });

  test('does not move the cursor for an answer of a session that was thrown away', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]).loaded(0, 2);
    const { session } = bench.state;
    bench.now += settings.sendDeadlineMs;
    bench.on({ on: 'timer' });
    expect(bench.asked).toMatchObject([{ do: 'close', session }]);
    bench.on({ on: 'safe', session });
    expect(bench.asked).toEqual([]);
    expect(bench.state.known).toEqual([]);
  });

  test('closes a session that opens after its deadline', () => {
    const bench = new Bench().on({ on: 'timer' });
    const { session } = bench.state;
    bench.now += settings.openDeadlineMs;
    bench.on({ on: 'timer' });
    expect(bench.state.phase.kind).toBe('offline');
    bench.on({ on: 'opened', session });
    expect(bench.asked).toEqual([{ do: 'close', session }]);
    expect(bench.state.phase.kind).toBe('offline');
  });

  test('waits longer after each failure, with jitter, up to a ceiling', () => {
    const bench = new Bench();
    bench.chance = 1;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      bench.now = dueAt(bench.state) ?? Number.NaN;
      bench.on({ on: 'timer' }).failed('broken');
      waits.push((dueAt(bench.state) ?? Number.NaN) - bench.now);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000]);
  });

  test('halves a refused batch until the one event is found, and goes on behind it', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    for (let count = 8; count > 1; count /= 2) {
      bench.loaded(0, count).failed('refused');
      expect(bench.state.phase.kind, 'a refusal is no reason to wait').toBe('probing');
      bench
        .on({ on: 'opened', session: bench.state.session })
        .on({ on: 'surveyed', cursors: [{ epoch: epoch('e1'), after: 0 }] });
      expect(bench.did('load')).toMatchObject([{ maxEvents: count / 2 }]);
    }
    bench.loaded(0, 1).failed('refused');
    expect(bench.did('recordRefusal')).toMatchObject([{ batch: { through: 1 } }]);
    bench.on({ on: 'refusalRecorded' });
    expect(bench.did('acknowledge')).toMatchObject([{ through: 1 }]);
    bench.on({ on: 'opened', session: bench.state.session });
    // the outbox may not have learned of it yet: it is told again, and the event is not sent again
    bench.on({ on: 'surveyed', cursors: [{ epoch: epoch('e1'), after: 0 }] });
    expect(bench.asked).toMatchObject([
      { do: 'acknowledge', through: 1 },
      { do: 'load', cursor: { after: 1 } },
    ]);
  });

  test('an event that is refused blocks the lane, with the reason, where it cannot be put aside', () => {
    const bench = new Bench({ canRecordRefusals: false }).connect([{ epoch: epoch('e1'), after: 0 }]);
    bench.loaded(0, 1).failed('refused');
    expect(bench.did('recordRefusal')).toEqual([]);
    expect(bench.state.phase.kind).toBe('offline');
    expect(bench.state.reason).toContain('event 1 of epoch e1 is refused for good: it was refused');
  });

  test('a sink that refuses everything empties the outbox into the dead letters no faster than it is tried again', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    const pauses: number[] = [];
    const count = maxRefusedInRow + 20;
    for (let next = 1; next <= count; next++) {
      // a lane that keeps up has rested in between, and with that its backoff begins anew
      bench.state = { ...bench.state, attempt: 0 };
      bench.loaded(next - 1, next).failed('refused');
      if (bench.did('recordRefusal').length === 0) {
        // it waits, and is tried once more
        expect(bench.state.phase.kind).toBe('offline');
        const due = dueAt(bench.state) ?? Number.NaN;
        pauses.push(due - bench.now);
        bench.now = due;
        bench
          .connect([{ epoch: epoch('e1'), after: next - 1 }])
          .loaded(next - 1, next)
          .failed('refused');
      }
      expect(bench.did('recordRefusal')).toMatchObject([{ batch: { through: next } }]);
      bench.on({ on: 'refusalRecorded' }).on({ on: 'opened', session: bench.state.session });
      bench.on({ on: 'surveyed', cursors: [{ epoch: epoch('e1'), after: next }] });
    }
    // the first ones go at once; then each costs a wait, and the waits grow
    expect(pauses).toHaveLength(count - maxRefusedInRow);
    expect(pauses.slice(0, 3).map((pause) => pause / 1000)).toEqual([1, 2, 4]);
    expect(pauses.at(-1)).toBe(longestDoubtMs);
  });

  test('once the sink takes something again, refused events go aside at once', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    bench.state = { ...bench.state, refusedInRow: maxRefusedInRow };
    bench.loaded(0, 1).on({ on: 'safe', session: bench.state.session });
    bench.loaded(1, 2).failed('refused');
    expect(bench.did('recordRefusal')).toHaveLength(1);
  });

  test('an event that the site cannot note yet does not block its lane for good', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    // the disk is full for a while
    for (let attempt = 0; attempt <= maxRefusedInRow; attempt++) {
      bench.loaded(0, 1).failed('refused');
      expect(bench.did('recordRefusal')).toHaveLength(1);
      bench.on({ on: 'readFailed', reason: 'the disk is full' });
      bench.now += settings.backoff.ceilingMs;
      bench.connect([{ epoch: epoch('e1'), after: 0 }]);
    }
    bench.loaded(0, 1).failed('refused').on({ on: 'refusalRecorded' });
    expect(bench.did('acknowledge')).toMatchObject([{ epoch: 'e1', through: 1 }]);
  });

  test('sends smaller batches over a link that is too slow, and larger ones again when it works', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]).loaded(0, 8);
    bench.now += settings.sendDeadlineMs;
    bench.on({ on: 'timer' });
    expect(bench.state.size).toBe(4);
    bench.now = dueAt(bench.state) ?? Number.NaN;
    bench.connect([{ epoch: epoch('e1'), after: 0 }]).loaded(0, 4);
    bench.on({ on: 'safe', session: bench.state.session });
    expect(bench.state.size).toBe(8);
  });
});

describe('a metered link', () => {
  const two = [{ epoch: epoch('e1'), after: 0 }];

  test('has nothing in hand while it waits, and takes a fresh look afterwards', () => {
    const bench = new Bench();
    bench.pace = { until: 700, why: 'rate', maxBytes: 0 };
    bench.connect(two);
    expect(bench.state.phase).toEqual({ kind: 'pacing', until: 700, why: 'rate' });
    expect(bench.did('load')).toEqual([]);
    expect(dueAt(bench.state)).toBe(700);
    // a commit meanwhile changes nothing
    bench.on({ on: 'committed' });
    expect(bench.asked).toEqual([]);
    bench.now = 700;
    bench.pace = { ...goAhead, maxBytes: 123 };
    bench.on({ on: 'timer' });
    expect(bench.did('survey')).toHaveLength(1);
    bench.on({ on: 'surveyed', cursors: two });
    expect(bench.did('load')).toMatchObject([{ maxBytes: 123 }]);
  });

  test('a session that is cut while it waits is opened anew', () => {
    const bench = new Bench();
    bench.pace = { until: 60_000, why: 'budget', maxBytes: 0 };
    bench.connect(two).failed('broken');
    expect(bench.state.phase.kind).toBe('offline');
  });
});

describe('the size of a batch', () => {
  /** Sends full batches over a link of so many events a second and so long a way; sizes of the last ones. */
  function drain(eventsPerSecond: number, roundTripMs: number, batches: number) {
    const bench = new Bench({ maxEvents: 500, sendDeadlineMs: 30_000 }).connect([{ epoch: epoch('e1'), after: 0 }]);
    let after = 0;
    let slowest = 0;
    for (let i = 0; i < batches; i++) {
      const { size } = bench.state;
      bench.on({ on: 'loaded', batch: { epoch: epoch('e1'), after, through: after + size, count: size, full: true } });
      const took = roundTripMs + (size / eventsPerSecond) * 1000;
      slowest = Math.max(slowest, took);
      after += size;
      bench.now += took;
      expect(bench.now, 'no deadline passes').toBeLessThan(dueAt(bench.state) ?? 0);
      bench.on({ on: 'safe', session: bench.state.session });
    }
    return { size: bench.state.size, slowest };
  }

  test('a fast link has full batches within four of them', () => {
    expect(drain(60_000, 1, 4).size).toBe(500);
  });

  test('a slow link has batches of about a second, and never runs into its deadline', () => {
    const { size, slowest } = drain(40, 50, 20);
    expect(size / 40).toBeGreaterThan(0.5);
    expect(size / 40).toBeLessThan(5);
    expect(slowest).toBeLessThan(5_000);
  });

  test('a long way is no slow link: its batches stay large', () => {
    expect(drain(10_000, 2_500, 20).size).toBe(500);
  });

  test('a link that becomes slow has smaller batches soon, and larger ones when it recovers', () => {
    const bench = new Bench({ maxEvents: 500, sendDeadlineMs: 30_000 }).connect([{ epoch: epoch('e1'), after: 0 }]);
    let after = 0;
    const send = (eventsPerSecond: number) => {
      const { size } = bench.state;
      bench.on({ on: 'loaded', batch: { epoch: epoch('e1'), after, through: after + size, count: size, full: true } });
      after += size;
      bench.now += (size / eventsPerSecond) * 1000;
      bench.on({ on: 'safe', session: bench.state.session });
    };
    for (let i = 0; i < 6; i++) send(50_000);
    expect(bench.state.size).toBe(500);
    for (let i = 0; i < 3; i++) send(50);
    expect(bench.state.size).toBeLessThanOrEqual(60);
    for (let i = 0; i < 5; i++) send(50_000);
    expect(bench.state.size).toBe(500);
  });
});

/** A small random world: an outbox that learns late, and a sink that fails, hangs and answers late. */
class World {
  readonly #random: () => number;
  readonly epochs: { readonly name: Epoch; count: number; acked: number }[] = [];
  /** what the sink has called safe, by epoch */
  readonly safe = new Map<string, Set<number>>();
  readonly arrivals: string[] = [];
  readonly refusing: number;
  recordRefusal = new Set<string>();
  now = 0;
  state: ForwarderState;
  failing = true;
  #later: { readonly at: number; readonly run: () => void }[] = [];
  #outstanding = new Map<number, number>();
  #batch: readonly number[] = [];

  constructor(seed: number) {
    this.#random = mulberry(seed);
    this.refusing = this.#below(3) === 0 ? 1 + this.#below(30) : 0;
    this.state = initialState(settings, 0);
    for (let i = 0; i <= this.#below(3); i++) this.#newEpoch();
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #newEpoch(): void {
    const name = epoch(`e${this.epochs.length}`);
    this.epochs.push({ name, count: this.#below(40), acked: 0 });
    this.safe.set(name, new Set());
  }

  #after(ms: number, run: () => void): void {
    this.#later.push({ at: this.now + ms, run });
  }

  handle(event: ForwarderEvent): void {
    const pace = this.#pace();
    const { state, commands } = step(this.state, event, { now: this.now, chance: this.#random(), settings, pace });
    this.state = state;
    for (const command of commands) this.#run(command);
  }

  /** A metered link says «later» now and then, also for longer than anything else takes. */
  #pace(): Pace {
    if (!this.failing || this.#below(4) > 0) return goAhead;
    return { until: this.now + this.#below(20_000), why: 'rate', maxBytes: 0 };
  }

  #run(command: ForwarderCommand): void {
    switch (command.do) {
      case 'open': {
        const { session } = command;
        const works = !this.failing || this.#below(3) > 0;
        this.#after(this.#below(this.failing ? 1500 : 50), () =>
          this.handle(
            works ? { on: 'opened', session } : { on: 'failed', session, kind: 'broken', reason: 'no connection' },
          ),
        );
        return;
      }
      case 'close':
        this.#outstanding.delete(command.session);
        return;
      case 'survey': {
        const cursors = this.epochs
          .filter(({ count, acked }) => count > acked)
          .map(({ name, acked }) => ({ epoch: name, after: acked }));
        this.handle({ on: 'surveyed', cursors });
        return;
      }
      case 'load': {
        const { cursor, maxEvents } = command;
        const count = this.epochs.find(({ name }) => name === cursor.epoch)?.count ?? 0;
        const through = Math.min(count, cursor.after + maxEvents);
        this.#batch = Array.from({ length: through - cursor.after }, (_, i) => cursor.after + 1 + i);
        const batch = { ...cursor, through, count: this.#batch.length, full: through < count };
        this.handle({ on: 'loaded', batch: this.#batch.length === 0 ? null : batch });
        return;
      }
      case 'send':
        this.#send(command.session);
        return;
      case 'acknowledge': {
        const known = this.safe.get(command.epoch) ?? new Set();
        for (let n = 1; n <= command.through; n++)
          if (!known.has(n) && !this.recordRefusal.has(`${command.epoch}/${n}`))
            throw new Error(`the cursor passed ${command.epoch}/${n}, which is not safe`);
        const { epoch: name, through } = command;
        this.#after(this.#below(300), () => {
          const found = this.epochs.find((e) => e.name === name);
          if (found !== undefined) found.acked = Math.max(found.acked, through);
        });
        return;
      }
      case 'recordRefusal': {
        const id = `${command.batch.epoch}/${command.batch.through}`;
        if (this.recordRefusal.has(id)) throw new Error(`${id} was put aside twice`);
        this.recordRefusal.add(id);
        this.#after(this.#below(100), () => this.handle({ on: 'refusalRecorded' }));
        return;
      }
    }
  }

  #send(session: number): void {
    const { phase } = this.state;
    if (phase.kind !== 'sending') throw new Error('sends without a batch');
    const out = (this.#outstanding.get(session) ?? 0) + 1;
    if (out > 1) throw new Error('two batches are out in one session');
    this.#outstanding.set(session, out);
    const name = phase.batch.epoch;
    const batch = this.#batch;
    const refused = batch.some((n) => n === this.refusing && name === 'e0');
    const fate = this.failing ? this.#below(6) : 0;
    this.#after(this.#below(this.failing ? 7_000 : 100), () => {
      this.#outstanding.delete(session);
      if (refused) {
        this.handle({ on: 'failed', session, kind: 'refused', reason: 'too large' });
        return;
      }
      // some of a failed batch has arrived all the same, and so has an answer that is late or lost
      const arrived = fate === 1 ? batch.slice(0, this.#below(batch.length)) : batch;
      for (const n of arrived) this.arrivals.push(`${name}/${n}`);
      if (fate === 1 || fate === 2)
        this.handle({ on: 'failed', session, kind: fate === 1 ? 'broken' : 'slow', reason: 'cut' });
      else if (fate !== 3) {
        // safe counts only if the machine takes it
        if (this.state.session === session) for (const n of batch) this.safe.get(name)?.add(n);
        this.handle({ on: 'safe', session });
      }
    });
  }

  /** One thing happens: something falls due, or the site commits more. */
  tick(): void {
    if (this.failing && this.#below(5) === 0) {
      const newest = this.epochs.at(-1);
      if (this.#below(30) === 0) this.#newEpoch();
      else if (newest !== undefined) newest.count += 1 + this.#below(5);
      this.handle({ on: 'committed' });
    }
    const due = dueAt(this.state);
    this.#later.sort((a, b) => a.at - b.at);
    const [first] = this.#later;
    if (first !== undefined && (due === undefined || first.at <= due)) {
      this.#later.shift();
      this.now = Math.max(this.now, first.at);
      first.run();
    } else if (due !== undefined) {
      this.now = Math.max(this.now, due);
      this.handle({ on: 'timer' });
    } else throw new Error(`nothing will ever happen again in ${this.state.phase.kind}`);
  }

  get done(): boolean {
    return this.state.phase.kind === 'idle' && this.epochs.every(({ count, acked }) => acked === count);
  }
}

test('whatever fails and however late answers come, nothing is lost, nothing unsafe is passed, and it ends', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const world = new World(seed);
      for (let i = 0; i < 150; i++) world.tick();
      world.failing = false;
      for (let i = 0; i < 5_000 && !world.done; i++) world.tick();
      expect(world.done, JSON.stringify({ state: world.state, epochs: world.epochs })).toBe(true);
      const arrived = new Set(world.arrivals);
      for (const { name, count } of world.epochs)
        for (let n = 1; n <= count; n++) {
          const id = `${name}/${n}`;
          expect(arrived.has(id) || world.recordRefusal.has(id), `${id} is lost`).toBe(true);
        }
      // only what is refused for good is put aside, and within an epoch the first arrivals are in order
      expect([...world.recordRefusal].every((id) => id === `e0/${world.refusing}`)).toBe(true);
      for (const { name } of world.epochs) {
        const first = [...arrived].filter((id) => id.startsWith(`${name}/`)).map((id) => Number(id.split('/')[1]));
        expect(first).toEqual([...first].sort((a, b) => a - b));
      }
    }),
    { numRuns: 400 },
  );
});

function mulberry(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
