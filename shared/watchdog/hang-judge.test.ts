import { expect, test } from 'vitest';
import { HangJudge } from './hang-judge.ts';

test('a thread without a beat for the hang limit hangs; a beat restarts the count', () => {
  const judge = new HangJudge(2000, 500);
  const seen = [0, 500, 1000, 1500, 2000, 2500, 3000, 3500].map((at) => judge.judge(at, at < 1000 ? 1 : 2, false));
  expect(seen).toEqual([false, false, false, false, false, false, true, true]);
});

test('a suspended machine, SIGSTOP and a jumping clock are no hang', () => {
  const judge = new HangJudge(2000, 500);
  expect(judge.judge(0, 1, false)).toBe(false);
  // both threads stood still for an hour; the main thread beats a little later
  expect(judge.judge(3_600_000, 1, false)).toBe(false);
  expect(judge.judge(3_600_500, 2, false)).toBe(false);
  expect(judge.judge(3_600_000, 2, false)).toBe(false);
  expect(judge.judge(9_000_000, 2, false)).toBe(false);
  expect(judge.silentMs).toBe(1000);
});

test('a thread that a debugger has stopped does not hang', () => {
  const judge = new HangJudge(1000, 500);
  for (let at = 0; at < 100_000; at += 500) expect(judge.judge(at, 7, true)).toBe(false);
  expect(judge.judge(100_000, 7, false)).toBe(false);
  expect(judge.judge(101_000, 7, false)).toBe(true);
});
