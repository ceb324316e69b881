import { FakeClock } from '@forpost/shared/clock.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import { ConditionWatch } from './condition-watch.ts';
import type { Warning } from './conditions.ts';

test('a condition is logged once when it begins, and stands on the page as long as it lasts', async () => {
  const lines: string[] = [];
  const ends: Warning = {
    area: 'uplink',
    place: 'gateway.yaml:8:5',
    message: 'the certificate ends on 2026-12-01' as Words,
  };
  const model: Warning = { area: 'model', message: 'a camera says so itself' };
  let found: readonly Warning[] = [ends];
  const clock = new FakeClock();
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  const look = () => found;
  const watch = new ConditionWatch({ first: [ends, model], find: look, clock, logger, everyMs: 1000 });
  await watch.start();
  expect(watch.problems()).toEqual(['the certificate ends on 2026-12-01']);
  clock.advance(2000);
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'gateway.yaml:8:5: the certificate ends on 2026-12-01',
    'a camera says so itself',
  ]);
  found = [];
  clock.advance(1000);
  expect(watch.problems()).toEqual([]);
  found = [ends];
  clock.advance(1000);
  expect([watch.problems().length, lines.length]).toEqual([1, 3]);
  await watch.stop();
  clock.advance(60_000);
});
