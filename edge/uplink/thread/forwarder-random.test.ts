/** The forwarder against random failures, hundreds of seeds a run. */
import type { Epoch } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { step } from './forwarder.ts';
import {
  dueAt,
  type ForwarderCommand,
  type ForwarderEvent,
  type ForwarderState,
  initialState,
  type Pace,
} from './forwarder-state.ts';
import { epoch, goAhead, settings } from './testing/forwarder-bench.ts';

/** A random world: the outbox learns of cursors late, and the sink fails, hangs and answers late. */
class World {
  readonly #random: () => number;
  readonly epochs: { readonly name: Epoch; count: number; acked: number }[] = [];
  /** what the sink has called safe, by epoch */
  readonly safe = new Map<string, Set<number>>();
  readonly arrivals: string[] = [];
  readonly refusing: number;
  recorded = new Set<string>();
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

  /** A metered link says «later» now and then, for up to 20 s: longer than any answer takes. */
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
          if (!known.has(n) && !this.recorded.has(`${command.epoch}/${n}`))
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
        if (this.recorded.has(id)) throw new Error(`${id} was recorded twice`);
        this.recorded.add(id);
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
      // a part of a broken batch has arrived; a batch whose answer is late or lost has arrived whole
      const arrived = fate === 1 ? batch.slice(0, this.#below(batch.length)) : batch;
      for (const n of arrived) this.arrivals.push(`${name}/${n}`);
      if (fate === 1 || fate === 2)
        this.handle({ on: 'failed', session, kind: fate === 1 ? 'broken' : 'slow', reason: 'cut' });
      else if (fate !== 3) {
        // the forwarder ignores an answer of an older session
        if (this.state.session === session) for (const n of batch) this.safe.get(name)?.add(n);
        this.handle({ on: 'safe', session });
      }
    });
  }

  /** Commits events now and then, and runs what is due next. */
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

test('whatever fails and however late answers come, every event arrives or its refusal is recorded, and the cursor passes no unsafe event', () => {
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
          expect(arrived.has(id) || world.recorded.has(id), `${id} is lost`).toBe(true);
        }
      // only the refused event was recorded, and within an epoch the first arrivals are in order
      expect([...world.recorded].every((id) => id === `e0/${world.refusing}`)).toBe(true);
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
