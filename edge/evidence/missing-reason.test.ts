import { expect, test } from 'vitest';
import { missingReason } from './missing-reason.ts';

const dayMs = 86_400_000;
const limits = { keepAlarmsMs: 30 * dayMs, keepChatterMs: 3 * dayMs, maxBytes: 2 * 1024 ** 3 };
const now = 100 * dayMs;

test.each([
  ['all of it is there', { raised: now - 60_000, taken: 3, kept: 3 }, ''],
  ['its clip is still recorded', { raised: now - 5_000, taken: 0, kept: 0 }, 'Its pictures come in a moment.'],
  ['none was taken', { raised: now - 60_000, taken: 0, kept: 0 }, 'the camera sent none'],
  ['it is too old', { raised: now - 31 * dayMs, taken: 2, kept: 0 }, 'they are kept for 30 days'],
  ['it was chatter', { raised: now - 4 * dayMs, taken: 1, kept: 0 }, 'Its picture is no longer kept: of trials'],
  [
    'there was no room',
    { raised: now - dayMs, taken: 2, kept: 1 },
    'The rest of its pictures is no longer kept: newer',
  ],
])('where %s the words say so', (_, alarm, words) => {
  const told = missingReason(alarm, limits, now);
  if (words === '') expect(told).toBe('');
  else expect(told).toContain(words);
});
