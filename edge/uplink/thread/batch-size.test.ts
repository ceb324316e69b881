import { describe, expect, test } from 'vitest';
import { dueAt } from './forwarder-state.ts';
import { Bench, epoch } from './testing/forwarder-bench.ts';

describe('the size of a batch', () => {
  /** Sends full batches over a link of this speed and round trip. Returns the last size and the slowest batch, ms. */
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

  test('a fast link gets full batches from the fifth batch on', () => {
    expect(drain(60_000, 1, 4).size).toBe(500);
  });

  test('a slow link gets batches of about a second, and no batch runs into its deadline', () => {
    const { size, slowest } = drain(40, 50, 20);
    expect(size / 40).toBeGreaterThan(0.5);
    expect(size / 40).toBeLessThan(5);
    expect(slowest).toBeLessThan(5_000);
  });

  test('a link with a long round trip keeps large batches', () => {
    expect(drain(10_000, 2_500, 20).size).toBe(500);
  });

  test('a link that becomes slow gets smaller batches soon, and larger ones when it recovers', () => {
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
