import { expect, test, vi } from 'vitest';
import { endBrokenWork, within } from './bounded-work.ts';
import { clockWithin, FakeClock, sleep, systemClock, type Uptime, type WallTime } from './clock.ts';

test('a timer longer than 2^31 ms does not fire at once', async () => {
  let fired = false;
  const timer = systemClock.after(2 ** 31 + 1000, () => {
    fired = true;
  });
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
  timer.cancel();
  expect(fired).toBe(false);
});

test('a timer longer than 2^31 ms fires when it is due, even when the wall clock jumps', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  try {
    const delayMs = 2 * 2 ** 31 + 1000;
    let fired = 0;
    systemClock.after(delayMs, () => fired++);
    const cancelled = systemClock.after(delayMs, () => fired++);
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(delayMs / 4 - 1);
      vi.setSystemTime(i % 2 === 0 ? 0 : Date.UTC(2099, 0));
    }
    cancelled.cancel();
    expect(fired).toBe(0);
    vi.advanceTimersByTime(4);
    expect(fired).toBe(1);
    vi.advanceTimersByTime(delayMs);
    expect(fired).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test('the monotonic clock goes forward and the wall clock is in this century', () => {
  const a = systemClock.uptime();
  const b = systemClock.uptime();
  expect(b).toBeGreaterThanOrEqual(a);
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2020, 0, 1));
});

test('an aborted wait ends early', async () => {
  const abort = new AbortController();
  const started = systemClock.uptime();
  const waiting = sleep(systemClock, 60_000, abort.signal);
  abort.abort();
  await waiting;
  await sleep(systemClock, 60_000, abort.signal);
  expect(systemClock.uptime() - started).toBeLessThan(5000);
});

test('the fake clock runs timers in order of their time, and setting the wall clock moves none of them', () => {
  const clock = new FakeClock(1000, 0);
  const ran: string[] = [];
  clock.after(30, () => ran.push('c'));
  clock.after(10, () => {
    ran.push('a');
    clock.after(10, () => ran.push('b'));
  });
  const cancelled = clock.after(15, () => ran.push('never'));
  cancelled.cancel();
  clock.jump(10 ** 12);
  expect(ran).toEqual([]);
  clock.advance(30);
  expect(ran).toEqual(['a', 'b', 'c']);
  expect(clock.uptime()).toBe(30);
  expect(clock.now()).toBe(1030 + 10 ** 12);
});

test('a timer belongs to no connection or request, unless that work’s own clock set it', () => {
  const clock = new FakeClock();
  const failures: string[] = [];
  const work = { failed: (error: unknown) => void failures.push(String(error)) };
  const breaks = () => {
    throw new Error('broken');
  };
  clockWithin(work, clock).after(10, breaks);
  within(work, () => clock.after(20, () => expect(endBrokenWork(new Error('shared'))).toBe(false)));
  clock.advance(30);
  expect(failures).toEqual(['Error: broken']);
});

test('the system’s clock sets timers outside of the work that asks for them', async () => {
  const failures: unknown[] = [];
  const found = await new Promise((resolve) => {
    within({ failed: (error) => void failures.push(error) }, () =>
      systemClock.after(1, () => resolve(endBrokenWork(new Error('shared')))),
    );
  });
  expect(found).toBe(false);
  expect(failures).toEqual([]);
});

test('the compiler refuses a wall time as an uptime, and an uptime as a wall time', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1), 60_000);
  const observe = (uptime: Uptime, now: WallTime) => [uptime, now];
  expect(observe(clock.uptime(), clock.now())).toEqual([60_000, Date.UTC(2026, 0, 1)]);
  // @ts-expect-error the two are swapped
  observe(clock.now(), clock.uptime());
});
