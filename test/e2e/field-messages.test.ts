/** Messages of real devices through a real gateway: unreadable parts are reported, and channels keep their names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestSite, until } from '../harness/site.ts';

interface Status {
  readonly devices: {
    id: string;
    deadLetters: number;
    values: Record<string, unknown>;
    unread?: { messages: number; unknownKeys: string[]; fields: { path: string }[] };
    muteRules?: { rule: string; reason: string }[];
  }[];
  readonly problems: string[];
  readonly summary: { level: string };
}

let site: TestSite;
const status = () => site.local<Status>('/api/v1/status');
const device = async (id: string) => (await status()).devices.find((one) => one.id === id);
async function say(id: string, topic: string, ...payloads: (string | Buffer)[]): Promise<void> {
  const client = await site.connect(id);
  for (const payload of payloads) await client.publishAsync(topic, payload, { qos: 1 });
  await client.endAsync();
}

beforeAll(async () => {
  site = await TestSite.start({
    devices: ['oven', 'meter', 'plug', 'lamp'],
    decoders: { meter: 'tasmota', plug: 'tasmota', lamp: 'shelly' },
    rules: [{ id: 'hot', kind: 'threshold', device: 'oven', metric: 'power_w', above: 5 }],
    uplink: 'none',
    centre: false,
  });
});
afterAll(() => site?.stop());

test('messages of which nothing is understood are acknowledged, and the status reports the problem', async () => {
  const sensor = '{"Time":"2026-11-30T08:30:00","BOX":{"Flux":1.5}}';
  await say('meter', 'tele/meter/SENSOR', sensor, sensor, sensor);
  const now = await until('the status shows it', async () => {
    const found = await status();
    return found.problems.some((text) => text.startsWith('meter: understood nothing of 3 messages')) && found;
  });
  expect(now.summary.level).not.toBe('well');
  expect(now.devices.find(({ id }) => id === 'meter')).toMatchObject({
    deadLetters: 0,
    values: {},
    unread: { messages: 3, nothingUnderstood: true, unknownKeys: ['BOX.Flux'], newest: { payload: sensor } },
  });
});

test('one odd entry of a list is a dead letter, and the other entries are read', async () => {
  await say('oven', 'forpost/devices/oven/readings', '[{"values":{"voltage_v":"230,5"}},{"value":1}]');
  const oven = await until('it is read', async () => {
    const found = await device('oven');
    return found?.values.voltage_v === 230.5 && found;
  });
  expect(oven.deadLetters).toBe(1);
  expect(oven.unread?.fields.map(({ path }) => path).sort()).toEqual(['[0].values.voltage_v', '[1]']);
  const { deadLetters } = await site.local<{ deadLetters: { reason: string }[] }>('/api/v1/dead-letters?device=oven');
  expect(deadLetters[0]?.reason).toContain('"values" is missing');
});

test('a rule whose metric arrives as text is reported at the rule, at the device and among the problems', async () => {
  await say('oven', 'forpost/devices/oven/readings', '{"values":{"power_w":"5317 W"}}');
  const reason = 'power_w comes as a text ("5317 W"), and its limit wants a number';
  await until('the device’s row shows it', async () => (await device('oven'))?.muteRules?.[0]?.reason === reason);
  const { rules } = await site.local<{ rules: object[] }>('/api/v1/rules');
  expect(rules).toMatchObject([{ id: 'hot', kind: 'threshold', cannotFire: [{ device: 'oven', reason }] }]);
  expect((await status()).problems).toContain(`the rule hot cannot fire for oven: ${reason}`);
  await say('oven', 'forpost/devices/oven/readings', '{"values":{"power_w":"5317"}}');
  await until('it can fire now', async () => {
    const found = await site.local<{ rules: { cannotFire: object[] }[] }>('/api/v1/rules');
    return found.rules[0]?.cannotFire.length === 0;
  });
});

test('topics of Shelly’s first generation, and answers on a caller’s topic, are read', async () => {
  await say('lamp', 'shellies/lamp/relay/0/power', '12.5');
  await say('lamp', 'node-red/rpc', '{"id":1,"src":"lamp","result":{"switch:1":{"id":1,"apower":7}}}');
  await until('both are read', async () => {
    const values = (await device('lamp'))?.values;
    return values?.['relay-0/power_w'] === 12.5 && values['switch-1/power_w'] === 7;
  });
});

test('two sensors whose names differ only in case are two channels, and stay the same ones after a kill', async () => {
  await say('plug', 'tele/plug/SENSOR', '{"Haus":{"Temperature":1},"haus":{"Temperature":2}}');
  const before = await until('both are read', async () => {
    const values = (await device('plug'))?.values ?? {};
    return Object.keys(values).length === 2 && values;
  });
  expect(before['haus/temperature_c']).toBe(1);
  // a kill a moment earlier would lose only these names
  await until('the names are kept', () => readFile(join(site.folder, 'gateway/channel-names.json'), 'utf8'));
  await site.gateway?.kill();
  await site.startGateway();
  await say('plug', 'tele/plug/SENSOR', '{"haus":{"Temperature":2}}');
  await say('plug', 'tele/plug/SENSOR', '{"Haus":{"Temperature":1}}');
  const after = await until('both are read', async () => {
    const values = (await device('plug'))?.values ?? {};
    return Object.keys(values).length === 2 && values;
  });
  expect(after).toEqual(before);
});
