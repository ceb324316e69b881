import { FakeClock } from '@forpost/shared/clock.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { expect, test } from 'vitest';
import { RecentMessages } from './recent-messages.ts';

const reading = (power: number) => ({
  ok: true as const,
  items: [
    { kind: 'reading' as const, time: 1, timeFromDevice: false, data: { values: { power_w: power }, channel: 'em:0' } },
  ],
});

test('messages of a watched device are kept as they came, with what was made of them, newest first', () => {
  const recent = new RecentMessages(new FakeClock());
  recent.note('plug', 1, 'a', Buffer.from('before'), reading(1));
  expect(recent.watch('plug')).toEqual([]);
  recent.note('plug', 2, 'a', Buffer.from('x'), reading(5));
  recent.note('plug', 3, 'b', Buffer.alloc(5_000), {
    ok: false,
    reason: message('gateway/note.no-device', { device: 'x' }),
  });
  expect(recent.watch('plug')).toMatchObject([
    { topic: 'b', size: 5_000, refused: { key: 'gateway/note.no-device' } },
    { topic: 'a', size: 1, values: { 'em:0/power_w': 5 } },
  ]);
  expect(recent.watch('plug')[0]?.payload.length).toBe(2_048);
});

test('a watch ends by itself, and the memory is bounded', () => {
  const clock = new FakeClock();
  const recent = new RecentMessages(clock);
  recent.watch('plug');
  for (let n = 0; n < 50; n++) recent.note('plug', n, 'a', Buffer.from('x'), reading(n));
  expect(recent.watch('plug')).toHaveLength(20);
  clock.advance(61_000);
  recent.note('plug', 99, 'a', Buffer.from('x'), reading(99));
  expect(recent.watch('plug')).toEqual([]);
  for (let n = 0; n < 16; n++) recent.watch(`other-${n}`);
  recent.note('plug', 100, 'a', Buffer.from('x'), reading(1));
  expect(recent.watch('plug')).toEqual([]);
});
