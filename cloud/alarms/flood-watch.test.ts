/** A gateway that floods raises one alarm, and a gateway whose backlog drains raises none. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { expect, onTestFinished, test } from 'vitest';
import { defaultLimits } from '../config/limits.ts';
import { FloodWatch, type Sent } from './flood-watch.ts';

async function watch() {
  const clock = new FakeClock();
  const said: string[] = [];
  const made = new FloodWatch({
    alarms: {
      raise: ({ gateway, message }) => void said.push(`raised ${gateway}: ${message}`),
      clear: (gateway) => void said.push(`cleared ${gateway}`),
    },
    limitsOf: () => defaultLimits,
    clock,
  });
  await made.start();
  onTestFinished(() => made.stop());
  const alerts = (gateway: string, count: number, agoMs = 0): Sent[] =>
    Array.from({ length: count }, () => ({
      gateway,
      site: 'home',
      lane: 'alerts' as const,
      received: rfc3339(clock.now() - agoMs),
    }));
  return { made, clock, said, alerts };
}

test('800 alarms a second of one gateway make one alarm about the gateway, which clears a minute after they end', async () => {
  const { made, clock, said, alerts } = await watch();
  for (let s = 0; s < 10; s++) {
    made.count(alerts('gw-1', 800), 400_000);
    made.count(alerts('gw-2', 5), 2_500);
    clock.advance(1_000);
  }
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('raised gw-1: gateway gw-1 floods: it sends more than 50 alarms a second');
  clock.advance(50_000);
  expect(said).toHaveLength(1);
  clock.advance(10_000);
  expect(said.at(-1)).toBe('cleared gw-1');
});

test('a backlog that drains after an outage is no flood, unless it never ends', async () => {
  const { made, clock, said, alerts } = await watch();
  const drain = (seconds: number) => {
    for (let s = 0; s < seconds; s += 10) {
      made.count(alerts('gw-1', 8_000, 86_400_000), 4_000_000);
      clock.advance(10_000);
    }
  };
  drain(200);
  expect(said).toEqual([]);
  drain(120);
  expect(said[0]).toContain('raised gw-1');
});
