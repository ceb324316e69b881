import { expect, test } from 'vitest';
import type { DeviceConfig } from '../site/site.ts';
import { decoderNamed } from './decoders/registry.ts';

const many = 250_000;
const readings = 'forpost/devices/dev/readings';

test.each([
  ['spaces in a payload that is not JSON', 'native', readings, `{${' '.repeat(many)}x`],
  ['NUL bytes in a payload that is not JSON', 'native', readings, `{${'\0'.repeat(many)}x`],
  ['quotes in a text without an end', 'native', readings, `x"${'\\"'.repeat(many / 2)}`],
  ['quotes in a text that ends with a backslash', 'native', readings, `x"${'\\"'.repeat(many / 2)}\\`],
  ['spaces in a value', 'native', readings, `{"values":{"a":"${' '.repeat(many)}x"}}`],
  ['spaces in a word', 'tasmota', 'tele/dev/LWT', `x${' '.repeat(many)}x`],
])('%s are refused quickly', (_, decoder, topic, payload) => {
  const device = { id: 'dev', decoder } as unknown as DeviceConfig;
  const begun = performance.now();
  const decoded = decoderNamed(decoder)?.decode({ device, topic, payload: Buffer.from(payload), received: 0 });
  expect(performance.now() - begun).toBeLessThan(2000);
  expect(decoded?.ok).toBe(false);
});
