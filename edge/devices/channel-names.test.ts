import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { ChannelNameFile } from './channel-name-file.ts';
import { ChannelNames, distinctName } from './channel-names.ts';
import { DeviceRegistry } from './registry.ts';

const site = {
  devices: [{ id: 'plug', decoder: 'tasmota' }],
  consumers: [],
  cameras: [],
  rules: [],
} as unknown as Site;

/** A device's names of channels and their file, as in a gateway. */
function gateway(file: string) {
  const devices: DeviceRegistry = new DeviceRegistry({
    site,
    secrets: { mqtt: {}, console: {} },
    clock: new FakeClock(),
    onChannelClaim: () => names.changed(),
  });
  const names = new ChannelNameFile({ file, devices, logger: createLogger('test', 'silent') });
  const channelsOf = (keys: readonly string[]) => {
    const payload = Buffer.from(JSON.stringify(Object.fromEntries(keys.map((key) => [key, { Temperature: 1 }]))));
    const decoded = devices.decode('plug', 'tele/plug/SENSOR', payload, 0);
    if (!decoded.ok) throw new Error(inEnglish(decoded.reason));
    return decoded.items.map((item) => (item.kind === 'reading' ? item.data.channel : undefined));
  };
  return { names, channelsOf };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'forpost-names-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a sensor’s channel is its name in lower case', () => {
  const names = new ChannelNames();
  for (const [key, name] of [
    ['DS18B20-1', 'ds18b20-1'],
    ['Flora-6ab577', 'flora-6ab577'],
    ['MJ_HT_V1-1a2b3c', 'mj-ht-v1-1a2b3c'],
    ['SHT3X-0x44', 'sht3x-0x44'],
  ] as const)
    expect(names.nameOf(key)).toBe(name);
});

test('two names with the same cleaned form get different channels in either order, and keep them across messages', () => {
  const alike = ['a b', 'a_b', 'A B', 'a-b', 'A-B', 'ä b', 'a  b', 'a\u00a0b', 'á b', 'a·b', 'а b'];
  for (const order of [alike, alike.toReversed()]) {
    const names = new ChannelNames();
    const first = order.map((name) => names.nameOf(name));
    expect(new Set(first).size).toBe(alike.length);
    expect(order.toReversed().map((name) => names.nameOf(name))).toEqual(first.toReversed());
  }
});

test('any different names get different channels with valid ids, and the same ones again from the kept claims', () => {
  const texts = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 90 }), fc.stringMatching(/^[aAbB _.-]{1,6}$/)), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(texts, (keys) => {
      const names = new ChannelNames();
      const channels = keys.map((key) => names.nameOf(key));
      expect(channels.every(isId)).toBe(true);
      expect(new Set(channels).size).toBe(keys.length);
      expect(names.claims.length).toBeLessThanOrEqual(256);
      const later = new ChannelNames(names.claims);
      const again = keys.toReversed().map((key) => later.nameOf(key));
      expect(new Set(again).size).toBe(keys.length);
      for (const [index, key] of keys.toReversed().entries())
        if (names.claims.some(([, by]) => by === key)) expect(again[index]).toBe(channels[keys.indexOf(key)]);
    }),
    { numRuns: 300 },
  );
});

test('two similar names keep their channels across a restart, also when they come in the other order', async () => {
  const file = join(await folder(), 'channel-names.json');
  const before = gateway(file);
  await before.names.start();
  const [haus, other] = before.channelsOf(['Haus', 'haus']);
  expect([haus, before.channelsOf(['haus'])[0]]).toEqual(['haus', other]);
  await before.names.stop();
  const after = gateway(file);
  await after.names.start();
  expect(after.channelsOf(['haus'])).toEqual([other]);
  expect(after.channelsOf(['Haus'])).toEqual([haus]);
  expect(after.channelsOf(['HAUS'])).not.toContain(haus);
  await after.names.stop();
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, devices: { plug: [['haus', 'Haus']] } });
});

test.each([
  '',
  '{',
  '[]',
  '{"devices":7}',
  '{"devices":{"plug":7}}',
  '{"devices":{"plug":[[1,2],["a"],["haus","Haus"]]}}',
])('with a file of names that is %j the gateway starts without remembered names', async (content) => {
  const file = join(await folder(), 'channel-names.json');
  await writeFile(file, content);
  const one = gateway(file);
  await one.names.start();
  expect(new Set(one.channelsOf(['Haus', 'haus'])).size).toBe(2);
  await one.names.stop();
});

test('names that are different lone surrogates get different channels', () => {
  expect(distinctName('\ud800')).not.toBe(distinctName('\ud801'));
});
