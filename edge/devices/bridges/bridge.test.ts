/** Bridges in the registry of devices: who a message is of, what is found, what is kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { expect, onTestFinished, test } from 'vitest';
import { mayPublish, maySubscribe } from '../../broker/access.ts';
import type { BridgeConfig, Site } from '../../site/site.ts';
import { DeviceRegistry } from '../registry.ts';
import { mostFound } from './bridge.ts';
import { BridgeNameFile } from './bridge-name-file.ts';

const received = Date.UTC(2026, 10, 30, 9);
const zigbee = (devices: object[]) => ({ id: 'zigbee', decoder: 'zigbee2mqtt', topic: 'zigbee2mqtt', devices });
const hub = (devices: object[]) => ({ id: 'hub', decoder: 'native', devices });
const kitchen = { id: 'kitchen', source: '0x01', name: 'Kitchen climate' };
const hall = { id: 'hall', source: 'Hall sensor' };

function siteOf(...bridges: object[]): Site {
  return {
    id: 'home',
    name: 'Home',
    timezone: 'UTC',
    devices: [{ id: 'oven', decoder: 'native' }],
    bridges: bridges as unknown as readonly BridgeConfig[],
    consumers: [{ id: 'display', publish: ['zigbee2mqtt/#', 'forpost/#'] }],
    cameras: [],
    rules: [],
    revision: '',
  } as unknown as Site;
}

function registryOf(site: Site, more: Partial<ConstructorParameters<typeof DeviceRegistry>[0]> = {}): DeviceRegistry {
  return new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock: new FakeClock(received), ...more });
}

/** What the message becomes: a line for each event, as `device: data`. */
function said(registry: DeviceRegistry, bridge: string, topic: string, payload: unknown, at = received): string[] {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const decoded = registry.decode(bridge, topic, bytes, at);
  registry.seen(bridge, at, decoded, { topic, payload: bytes });
  if (!decoded.ok) return ['refused'];
  return decoded.items.map((item, index) => {
    const { device, channel, ...data } = item.data as Record<string, unknown>;
    const of = decoded.bridged?.owners[index] ?? bridge;
    const inner = device === undefined ? '' : ` (${device}, ${channel})`;
    return `${of}${inner}: ${JSON.stringify(item.kind === 'reading' ? item.data.values : data)}`;
  });
}

const inventory = (...devices: readonly (readonly [address: string, name: string])[]) =>
  devices.map(([address, name]) => ({ ieee_address: address, friendly_name: name, type: 'EndDevice' }));
const statusOf = (registry: DeviceRegistry, id: string) => registry.statuses().find((one) => one.id === id);

test('a device behind a bridge gets its own readings, by its address or by its name at the bridge', () => {
  const registry = registryOf(siteOf(zigbee([kitchen, hall])));
  said(registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x01', 'Climate'], ['0x02', 'Hall sensor']));
  expect(said(registry, 'zigbee', 'zigbee2mqtt/Climate', { temperature: 21 })).toEqual([
    'kitchen: {"temperature_c":21}',
  ]);
  expect(said(registry, 'zigbee', 'zigbee2mqtt/Hall sensor', { occupancy: true })).toEqual([
    'hall: {"occupancy":true}',
  ]);
  expect(statusOf(registry, 'kitchen')).toMatchObject({
    name: 'Kitchen climate',
    bridge: 'zigbee',
    messages: 1,
    values: { temperature_c: 21 },
    lastSeen: '2026-11-30T09:00:00.000Z',
  });
  expect(statusOf(registry, 'zigbee')).toMatchObject({ found: 0, messages: 3, values: {} });
  expect(registry.messageRecord('hall')?.values.get('occupancy')).toMatchObject({ value: true });
});

test('a bridge speaks for no other log-in, for no other bridge, and a consumer cannot speak for it', () => {
  const registry = registryOf(siteOf(zigbee([kitchen]), hub([{ id: 'cellar', source: 's1' }])));
  // the names are ids of other devices: at this bridge they are names like any other
  const claims = ['oven', 'kitchen', '0x01'].map((device) => ({ device, values: { power_w: 1 } }));
  expect(said(registry, 'hub', 'forpost/devices/hub/readings', claims)).toEqual([
    'hub (oven, oven): {"power_w":1}',
    'hub (kitchen, kitchen): {"power_w":1}',
    'hub (0x01, 0x01): {"power_w":1}',
  ]);
  expect(statusOf(registry, 'oven')?.messages).toBe(0);
  expect(statusOf(registry, 'kitchen')?.messages).toBe(0);
  const [bridge, display] = ['hub', 'display'].map((user) => registry.principal(user)!);
  const topics = ['forpost/devices/hub/readings', 'forpost/devices/cellar/readings', 'zigbee2mqtt/Climate'];
  expect(topics.map((topic) => mayPublish(bridge!, topic))).toEqual([true, false, false]);
  expect(topics.map((topic) => mayPublish(display!, topic))).toEqual([false, false, false]);
  expect(mayPublish(display!, 'zigbee2mqtt/house/lamp/set')).toBe(true);
  expect(maySubscribe(registry.principal('zigbee')!, 'zigbee2mqtt/#')).toBe(true);
  expect(registry.principal('kitchen')).toBeUndefined();
});

test('a found device is shown with its messages, and until a person names it, its readings are the bridge’s', () => {
  const registry = registryOf(siteOf(zigbee([])));
  expect(said(registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x03', 'Cellar']))).toEqual([]);
  expect(registry.bridges()[0]?.found).toMatchObject([{ name: 'Cellar', source: '0x03', messages: 0, values: {} }]);
  expect(said(registry, 'zigbee', 'zigbee2mqtt/Cellar', { water_leak: true }, received + 1000)).toEqual([
    'zigbee (Cellar, cellar): {"leak":true}',
  ]);
  expect(registry.bridges()[0]?.found).toMatchObject([
    {
      name: 'Cellar',
      first: received,
      last: received + 1000,
      messages: 1,
      topic: 'zigbee2mqtt/Cellar',
      payload: '{"water_leak":true}',
      values: { leak: true },
    },
  ]);
  registry.prepare({ site: siteOf(zigbee([{ id: 'cellar', source: '0x03' }])), secrets: { mqtt: {} } }).commit();
  expect(said(registry, 'zigbee', 'zigbee2mqtt/Cellar', { water_leak: false })).toEqual(['cellar: {"leak":false}']);
  expect(registry.bridges()[0]).toMatchObject({ found: [], devices: [{ id: 'cellar', nameAtBridge: 'Cellar' }] });
});

test('groups and the coordinator are no devices', () => {
  const registry = registryOf(siteOf(zigbee([])));
  said(registry, 'zigbee', 'zigbee2mqtt/lights', { state: 'ON' });
  expect(registry.bridges()[0]?.found).toHaveLength(1);
  said(registry, 'zigbee', 'zigbee2mqtt/bridge/groups', [{ id: 1, friendly_name: 'lights', members: [] }]);
  const coordinator = { ieee_address: '0x00', friendly_name: 'Coordinator', type: 'Coordinator' };
  said(registry, 'zigbee', 'zigbee2mqtt/bridge/devices', [coordinator]);
  expect(said(registry, 'zigbee', 'zigbee2mqtt/lights', { state: 'OFF' })).toEqual([]);
  expect(registry.bridges()[0]?.found).toEqual([]);
});

test('a device listed by its address keeps its id when its bridge renames it, also over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-bridges-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const start = async () => {
    const clock = new FakeClock(received);
    const registry: DeviceRegistry = registryOf(siteOf(zigbee([kitchen, hall])), {
      onBridgeNames: () => file.changed(),
    });
    const options = { file: join(folder, 'bridges.json'), devices: registry, clock, logger: silentLogger() };
    const file: BridgeNameFile = new BridgeNameFile(options);
    await file.start();
    return { registry, file };
  };
  const first = await start();
  said(first.registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x01', 'Climate'], ['0x02', 'Hall sensor']));
  said(first.registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x01', 'Stove'], ['0x02', 'Corridor']));
  expect(said(first.registry, 'zigbee', 'zigbee2mqtt/Stove', { temperature: 30 })).toEqual([
    'kitchen: {"temperature_c":30}',
  ]);
  // the document has the old name of this device: the device is found under its new name, with its old id
  expect(first.registry.bridges()[0]?.found).toMatchObject([{ name: 'Corridor', source: '0x02', was: 'hall' }]);
  await first.file.stop();
  const { registry } = await start();
  expect(said(registry, 'zigbee', 'zigbee2mqtt/Stove', { temperature: 31 })).toEqual(['kitchen: {"temperature_c":31}']);
  expect(registry.bridges()[0]?.found).toMatchObject([{ name: 'Corridor', was: 'hall' }]);
  expect(JSON.parse(readFileSync(join(folder, 'bridges.json'), 'utf8'))).toMatchObject({ version: 1 });
});

test('a device that moves to another bridge keeps its id and its values; two bridges may use one name', () => {
  const registry = registryOf(siteOf(hub([{ id: 'cellar', source: 's1' }]), { ...hub([]), id: 'attic' }));
  said(registry, 'hub', 'forpost/devices/hub/readings', { device: 's1', values: { temperature_c: 8 } });
  const reading = { device: 's1', values: { humidity_pct: 70 } };
  expect(said(registry, 'attic', 'forpost/devices/attic/readings', reading)).toEqual([
    'attic (s1, s1): {"humidity_pct":70}',
  ]);
  const moved = siteOf(hub([]), { ...hub([{ id: 'cellar', source: 's1' }]), id: 'attic' });
  registry.prepare({ site: moved, secrets: { mqtt: {} } }).commit();
  expect(said(registry, 'attic', 'forpost/devices/attic/readings', reading)).toEqual(['cellar: {"humidity_pct":70}']);
  expect(statusOf(registry, 'cellar')).toMatchObject({
    bridge: 'attic',
    values: { temperature_c: 8, humidity_pct: 70 },
    messages: 2,
  });
});

test('a bridge that invents names fills no memory: the found device that was silent longest makes room', () => {
  const registry = registryOf(siteOf(hub([{ id: 'cellar', source: 's0' }])));
  for (let n = 0; n < mostFound + 50; n++)
    said(registry, 'hub', 'forpost/devices/hub/readings', { device: `s${n}`, values: { power_w: n } }, received + n);
  const [bridge] = registry.bridges();
  expect(bridge).toMatchObject({ dropped: 49, devices: [{ id: 'cellar', nameAtBridge: undefined }] });
  expect(bridge?.found).toHaveLength(mostFound);
  expect(bridge?.found[0]?.name).toBe(`s${mostFound + 49}`);
  expect(said(registry, 'hub', 'forpost/devices/hub/readings', { device: 's0', values: { power_w: 1 } })).toEqual([
    'cellar: {"power_w":1}',
  ]);
});

test('digits that a double cannot hold stay in the reading of an unnamed device', () => {
  const registry = registryOf(siteOf(hub([])));
  const payload = Buffer.from('{"device":"s1","id":"a","values":{"energy_wh":12345678901234567.5}}');
  const decoded = registry.decode('hub', 'forpost/devices/hub/readings', payload, received);
  expect(decoded.ok && decoded.items[0]).toMatchObject({
    json: '{"values":{"energy_wh":12345678901234567.5},"id":"a","channel":"s1","device":"s1"}',
  });
});

test('a bridge is reachable while it is connected and says that it runs, and so are the devices that it reaches', () => {
  const changes: string[] = [];
  const onReach = (bridge: string, reachable: boolean) => void changes.push(`${bridge} ${reachable}`);
  const registry = registryOf(siteOf(zigbee([kitchen, hall])), { onReach });
  const connected = () => ['kitchen', 'hall'].map((id) => statusOf(registry, id)?.connected);
  expect(connected()).toEqual([false, false]);
  registry.connected('zigbee', true);
  said(registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x01', 'Climate'], ['0x02', 'Hall sensor']));
  said(registry, 'zigbee', 'zigbee2mqtt/Hall sensor/availability', { state: 'offline' });
  expect(connected()).toEqual([true, false]);
  expect(said(registry, 'zigbee', 'zigbee2mqtt/bridge/state', { state: 'offline' })).toEqual([
    'zigbee: {"online":false}',
  ]);
  expect(connected()).toEqual([false, false]);
  said(registry, 'zigbee', 'zigbee2mqtt/Climate', { temperature: 20 });
  registry.connected('zigbee', false);
  expect(changes).toEqual(['zigbee true', 'zigbee false', 'zigbee true', 'zigbee false']);
});

test('a bridge’s report about a device does not count as a message of the device', () => {
  const registry = registryOf(siteOf(zigbee([hall])));
  said(registry, 'zigbee', 'zigbee2mqtt/bridge/devices', inventory(['0x02', 'Hall sensor']));
  said(registry, 'zigbee', 'zigbee2mqtt/Hall sensor/availability', 'offline');
  expect(statusOf(registry, 'hall')).toMatchObject({ messages: 0, lastSeen: null });
  said(registry, 'zigbee', 'zigbee2mqtt/Hall sensor', { action: 'single' });
  expect(statusOf(registry, 'hall')).toMatchObject({ messages: 1 });
});

test('a message that is not understood counts for the device that it is about', () => {
  const registry = registryOf(siteOf(zigbee([hall])));
  said(registry, 'zigbee', 'zigbee2mqtt/Hall sensor', { flow_rate: 3 });
  expect(statusOf(registry, 'hall')?.unread).toMatchObject({ nothingUnderstood: true, unknownKeys: ['flow_rate'] });
  expect(statusOf(registry, 'zigbee')?.unread).toBeUndefined();
});

test('a bridge logs in with its own password; a device behind it does not', async () => {
  const [ofBridge, ofDevice] = [makeCredential(), makeCredential()];
  const mqtt = { zigbee: ofBridge.hash, kitchen: ofDevice.hash };
  const registry = registryOf(siteOf(zigbee([kitchen])), { secrets: { mqtt, console: {} } });
  const { logIns } = registry;
  expect(await logIns.authenticate('zigbee', ofBridge.password, 'z')).toMatchObject({
    principal: { kind: 'device', id: 'zigbee', isBridge: true },
  });
  expect(await logIns.authenticate('kitchen', ofDevice.password, 'k')).toBeUndefined();
});
