import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import type { DeviceConfig } from '../site/site.ts';
import { checkDecoded } from './checks.ts';
import { decoders } from './decoders/registry.ts';

const size = 250_000;
/** Payloads for which a backtracking pattern or a nested loop would need minutes. */
const hostile: readonly (readonly [string, string])[] = [
  ['white space before the end', `{"values":{"a":1}}${' '.repeat(size)}x`],
  ['NUL bytes and a letter', `${'\0'.repeat(size)}x`],
  ['white space as a value', `{"values":{"power_w":"${' '.repeat(size)}x"}}`],
  ['escaped quotes without an end', `{"a":nan,"${'\\"'.repeat(size / 2)}`],
  ['quotes without an end', `{"a":nan,${'"x'.repeat(size / 2)}`],
  ['colons and white space', `{"a":nan${': '.repeat(size / 2)}`],
  ['a colon and white space', `{"a":nan,"b":${' '.repeat(size)}`],
  ['signs and bare words', '-nan+inf'.repeat(size / 8)],
  ['zeros within a number', `{"values":{"power_w":1${'0'.repeat(size)}1}}`],
  ['zeros within a fraction', `{"values":{"power_w":0.1${'0'.repeat(size)}1e5}}`],
  ['one key again and again', `{"values":{${'"a":1,'.repeat(size / 6)}"a":1}}`],
  [
    'one key again and again with other values',
    `{${Array.from({ length: size / 9 }, (_, i) => `"a":${i % 10}`).join()}}`,
  ],
  ['lists within lists', `{"values":${'['.repeat(size)}`],
  ['objects within objects', `${'{"a":'.repeat(size / 5)}1${'}'.repeat(size / 5)}`],
  ['a key as long as the payload', `{"${'PowerL'.repeat(size / 6)}":1,"X":{"${'Ab'.repeat(size / 4)}":1}}`],
  ['a time as long as the payload', `{"time":"2026-11-30T00:00:00.${'1'.repeat(size)}","values":{"a":1}}`],
  ['commas and digits as a number', `{"values":{"power_w":"1${',111'.repeat(size / 5)}x"}}`],
];
const topics = [
  'forpost/devices/d/readings',
  'forpost/devices/d/events',
  'tele/d/SENSOR',
  'd/status/em:0',
  'd/events/rpc',
  'shellies/d/relay/0/power',
  'd/online',
  'tele/d/LWT',
];

test.each(hostile)('a payload of 250 KB of %s is read or refused within a moment', (_, text) => {
  const payload = Buffer.from(text);
  const began = performance.now();
  for (const decoder of decoders)
    for (const topic of topics) {
      const device = { id: 'd', decoder: decoder.name } as unknown as DeviceConfig;
      const said = checkDecoded(decoder.decode({ device, topic, payload, received: 0 }), 0);
      if (!said.ok) expect(inEnglish(said.reason).length).toBeLessThan(600);
    }
  // each payload is decoded 24 times; a busy machine needs a second for the slowest, a nested loop minutes
  expect(performance.now() - began).toBeLessThan(10_000);
});
