import { expect, test } from 'vitest';
import { deviceMessages } from './device-messages.ts';

test('wild messages of devices are read or refused with a reason, and one odd field costs only itself', async () => {
  const outcome = await deviceMessages.run({ firstSeed: 1, ms: 3000, say: () => undefined });
  expect(outcome.failures).toEqual([]);
  expect(outcome.samples).toBeGreaterThan(1000);
  expect(outcome.metrics?.readings).toBeGreaterThan(100);
});
