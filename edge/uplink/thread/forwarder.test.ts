import { describe, expect, test } from 'vitest';
import { longestDoubtMs, maxRefusedInRow } from './forwarder.ts';
import { dueAt } from './forwarder-state.ts';
import { Bench, epoch, goAhead, settings } from './testing/forwarder-bench.ts';

describe('the forwarder', () => {
  test('connects at once, surveys the epochs that wait, and sends the oldest one first', () => {
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

  test('rests when every event is safe, and reads behind the last event after a commit', () => {
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
    // the outbox's cursor lags behind: the acknowledgement is repeated, and the event is not sent again
    bench.on({ on: 'surveyed', cursors: [{ epoch: epoch('e1'), after: 0 }] });
    expect(bench.asked).toMatchObject([
      { do: 'acknowledge', through: 1 },
      { do: 'load', cursor: { after: 1 } },
    ]);
  });

  test('a refused event blocks the lane, with the reason, where its refusal cannot be recorded', () => {
    const bench = new Bench({ canRecordRefusals: false }).connect([{ epoch: epoch('e1'), after: 0 }]);
    bench.loaded(0, 1).failed('refused');
    expect(bench.did('recordRefusal')).toEqual([]);
    expect(bench.state.phase.kind).toBe('offline');
    expect(bench.state.reason).toContain('event 1 of epoch e1 is refused for good: it was refused');
  });

  test('a sink that refuses everything turns the outbox into dead letters only as fast as the growing waits allow', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    const pauses: number[] = [];
    const count = maxRefusedInRow + 20;
    for (let next = 1; next <= count; next++) {
      // a lane without a backlog rests in between, which resets its backoff
      bench.state = { ...bench.state, attempt: 0 };
      bench.loaded(next - 1, next).failed('refused');
      if (bench.did('recordRefusal').length === 0) {
        // the lane waits, and sends the event once more
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
    // the first refusals are recorded at once; then each costs a wait, and the waits grow
    expect(pauses).toHaveLength(count - maxRefusedInRow);
    expect(pauses.slice(0, 3).map((pause) => pause / 1000)).toEqual([1, 2, 4]);
    expect(pauses.at(-1)).toBe(longestDoubtMs);
  });

  test('once the sink accepts an event again, refusals are recorded without a wait', () => {
    const bench = new Bench().connect([{ epoch: epoch('e1'), after: 0 }]);
    bench.state = { ...bench.state, refusedInRow: maxRefusedInRow };
    bench.loaded(0, 1).on({ on: 'safe', session: bench.state.session });
    bench.loaded(1, 2).failed('refused');
    expect(bench.did('recordRefusal')).toHaveLength(1);
  });

  test('a refusal that cannot be recorded yet does not block its lane for good', () => {
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

  test('halves a batch that meets its deadline, and sends larger batches again when the link works', () => {
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

  test('has no batch in hand while its lane is pacing, and surveys all epochs afterwards', () => {
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

  test('a session that is cut while its lane is pacing is opened anew', () => {
    const bench = new Bench();
    bench.pace = { until: 60_000, why: 'budget', maxBytes: 0 };
    bench.connect(two).failed('broken');
    expect(bench.state.phase.kind).toBe('offline');
  });
});
