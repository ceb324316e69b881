import { expect, test } from 'vitest';
import { FakeClock, sleep, systemClock } from './clock.ts';

test('a timer longer than 2^31 ms does not fire at once', async () => {
  let fired = false;
  const timer = systemClock.after(2 ** 31 + 1000, () => {
    fired = true;
  });
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
  timer.cancel();
  expect(fired).toBe(false);
});

test('the monotonic clock goes forward and the wall clock is in this century', () => {
  const a = systemClock.uptime();
  const b = systemClock.uptime();
  expect(b).toBeGreaterThanOrEqual(a);
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2020, 0, 1));
});

test('a wait ends early when it is called off', async () => {
  const abort = new AbortController();
  const started = systemClock.uptime();
  const waiting = sleep(systemClock, 60_000, abort.signal);
  abort.abort();
  await waiting;
  await sleep(systemClock, 60_000, abort.signal);
  expect(systemClock.uptime() - started).toBeLessThan(5000);
});

test('the fake clock runs timers in order of their time, and a wall clock that is set moves none', () => {
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
