import { expect, test } from 'vitest';
import { FakeClock } from './clock.ts';
import { createLogger, redactUrls, SparingLogger } from './logging.ts';

test('no password reaches a log line, in an address or in a field', () => {
  expect(redactUrls('cannot open rtsp://admin:hunter2@10.0.0.7:554/s and http://a:b@c')).toBe(
    'cannot open rtsp://admin:…@10.0.0.7:554/s and http://a:…@c',
  );
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
  logger.info({ camera: { password: 'hunter2' }, password: 'hunter2' }, 'connecting');
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('connecting');
});

test('a repeated line is logged once a minute with the number of omitted ones, and all kinds together are bounded', () => {
  const lines: { msg: string; unsaid?: number }[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const clock = new FakeClock();
  const sparing = new SparingLogger(logger, clock);
  for (let second = 0; second < 150; second++) {
    sparing.warn('meter', {}, 'refused');
    clock.advance(1000);
  }
  sparing.error('oven', {}, 'another');
  expect(lines.map(({ msg, unsaid }) => [msg, unsaid])).toEqual([
    ['refused', undefined],
    ['refused', 59],
    ['refused', 59],
    ['another', undefined],
  ]);
  clock.advance(60_000);
  lines.length = 0;
  for (let i = 0; i < 5000; i++) sparing.warn(`made up ${i}`, {}, 'x');
  expect(lines).toHaveLength(200);
});
