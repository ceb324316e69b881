import { expect, test } from 'vitest';
import { createLogger, redactUrls } from './logging.ts';

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
