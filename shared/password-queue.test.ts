import { expect, test } from 'vitest';
import { FakeClock } from './clock.ts';
import { type PasswordAnswer, type PasswordCheck, PasswordQueue, type PasswordQueueLimits } from './password-queue.ts';

/** A queue whose checks take 30 ms of a clock that the test moves. */
function desk(limits: Partial<PasswordQueueLimits> = {}) {
  const clock = new FakeClock();
  const queue = new PasswordQueue(clock, limits);
  const computed: string[] = [];
  const answers: string[] = [];
  const ask = (address: string, user: string | undefined, right: boolean, gone?: AbortSignal) => {
    const check: PasswordCheck = {
      address,
      user,
      gone,
      verify: () => {
        computed.push(`${address} ${user}`);
        return new Promise((resolve) => clock.after(30, () => resolve(right)));
      },
    };
    return queue.check(check).then((answer: PasswordAnswer) => {
      answers.push(`${address} ${user} ${answer}`);
      return answer;
    });
  };
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 30) {
      clock.advance(30);
      for (let i = 0; i < 4; i++) await Promise.resolve();
    }
  };
  return { clock, queue, computed, answers, ask, pass };
}

test('of 300 wrong passwords at once from one address at most 60 are computed in a minute, and no other address waits', async () => {
  const { ask, pass, computed, answers } = desk({ mostWaitingByUser: 300 });
  for (let i = 0; i < 300; i++) void ask('10.0.0.66', undefined, false);
  void ask('10.0.0.7', 'meter', true);
  await pass(120);
  expect(answers).toContain('10.0.0.7 meter right');
  await pass(60_000);
  expect(computed.filter((one) => one.startsWith('10.0.0.66')).length).toBeLessThanOrEqual(60);
  expect(answers.filter((one) => one.endsWith('busy')).length).toBeGreaterThan(200);
});

test('a guesser at the address of a whole site does not keep its devices out', async () => {
  const { ask, pass, answers } = desk();
  const guess = () => {
    for (let i = 0; i < 8; i++) void ask('10.0.0.1', 'meter-1', false);
    for (let i = 0; i < 8; i++) void ask('10.0.0.1', undefined, false);
  };
  guess();
  await pass(5000);
  guess();
  for (let i = 2; i <= 100; i++) void ask('10.0.0.1', `meter-${i}`, true);
  await pass(5000);
  for (let i = 2; i <= 100; i++) expect(answers).toContain(`10.0.0.1 meter-${i} right`);
  // the device whose name he uses is slowed, not locked out
  await pass(30_000);
  void ask('10.0.0.1', 'meter-1', true);
  await pass(60);
  expect(answers).toContain('10.0.0.1 meter-1 right');
});

test('a guesser who uses up a site’s allowance, under many of its names, keeps no device out', async () => {
  const { ask, pass, answers, computed } = desk();
  for (let minute = 0; minute < 2; minute++) {
    for (let i = 0; i < 60; i++) void ask('10.0.0.1', `meter-${i}`, false);
    for (let i = 0; i < 60; i++) void ask('10.0.0.1', undefined, false);
    await pass(60_000);
  }
  const guessed = computed.length;
  // one more for each name, beside the allowance of two minutes
  expect(guessed).toBeLessThanOrEqual(60 + 20 + 80);
  for (let i = 0; i < 60; i++) void ask('10.0.0.1', `meter-${i}`, false);
  for (let i = 0; i < 50; i++) void ask('10.0.0.1', `other-${i}`, true);
  await pass(3000);
  for (let i = 0; i < 50; i++) expect(answers).toContain(`10.0.0.1 other-${i} right`);
});

test('the check of a client that has disconnected is not computed', async () => {
  const { ask, pass, computed, answers } = desk();
  const gone = new AbortController();
  void ask('10.0.0.1', 'a', true);
  void ask('10.0.0.1', 'b', true, gone.signal);
  void ask('10.0.0.1', 'c', true);
  gone.abort();
  await pass(300);
  expect(computed).toEqual(['10.0.0.1 a', '10.0.0.1 c']);
  expect(answers).toContain('10.0.0.1 b gone');
  const before = new AbortController();
  before.abort();
  expect(await ask('10.0.0.1', 'd', true, before.signal)).toBe('gone');
});

test('busy is no failure: a client that waited in vain keeps its tries', async () => {
  const { ask, pass, answers } = desk({ mostWaitingByUser: 2, failuresByUser: 1, userRefillMs: 1e9 });
  const first = ask('10.0.0.1', 'meter', true);
  for (let i = 0; i < 50; i++) void ask('10.0.0.1', 'meter', true);
  await pass(3000);
  expect(await first).toBe('right');
  expect(answers.filter((one) => one.endsWith('busy')).length).toBeGreaterThan(40);
  void ask('10.0.0.1', 'meter', true);
  await pass(60);
  expect(answers.at(-1)).toBe('10.0.0.1 meter right');
});

test('guessers at a thousand addresses do not delay an address that has not failed', async () => {
  const { ask, pass, answers } = desk({ mostWaiting: 2000, waitMs: 1e9 });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1000; i++) void ask(`10.1.${i >> 8}.${i & 255}`, undefined, false);
    if (round === 0) await pass(35_000);
  }
  void ask('10.0.0.7', 'meter', true);
  await pass(240);
  expect(answers).toContain('10.0.0.7 meter right');
});

test('a full queue makes room for an address with fewer waiting checks', async () => {
  const { ask, pass, answers, queue } = desk({ mostWaiting: 20, mostWaitingByAddress: 20, mostWaitingByUser: 20 });
  for (let i = 0; i < 30; i++) void ask('10.0.0.66', 'oven', false);
  expect(queue.waiting).toBe(20);
  void ask('10.0.0.7', 'meter', true);
  expect(queue.waiting).toBe(20);
  await pass(120);
  expect(answers).toContain('10.0.0.7 meter right');
});

test('a check that throws rejects for its caller, and the next one runs', async () => {
  const clock = new FakeClock();
  const queue = new PasswordQueue(clock);
  const broken = queue.check({ address: 'a', user: 'u', verify: () => Promise.reject(new Error('no memory')) });
  const next = queue.check({ address: 'a', user: 'u', verify: async () => true });
  await expect(broken).rejects.toThrow('no memory');
  expect(await next).toBe('right');
});

test('the memory of guessers is bounded, for any number of addresses and names', async () => {
  const { ask, pass, queue } = desk({ waitMs: 1e9 });
  for (let i = 0; i < 6000; i++) {
    void ask(`10.0.${i >> 8}.${i & 255}`, `user-${i}`, false);
    await pass(30);
  }
  expect(queue.remembered).toBeLessThanOrEqual(4000);
});
