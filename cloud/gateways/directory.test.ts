import { FakeClock } from '@forpost/shared/clock.ts';
import { afterEach, expect, test } from 'vitest';
import { exampleStatus } from '../testing/examples.ts';
import { GatewayDirectory, type KnownGateway } from './directory.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: { maxGateways?: number; canReceive?: () => boolean } = {}) {
  const clock = new FakeClock();
  const directory = new GatewayDirectory({ clock, ...options });
  await directory.start();
  stops.push(() => directory.stop());
  const told: KnownGateway[] = [];
  directory.onChange((gateway) => told.push(gateway));
  return { clock, directory, told };
}

test('an older status that lands late does not replace a newer one', async () => {
  const { directory } = await start();
  expect(directory.applyStatus(exampleStatus({ starts: 2, counter: 5, name: 'new' }))).toBe(true);
  expect(directory.applyStatus(exampleStatus({ starts: 2, counter: 4, name: 'late' }))).toBe(false);
  expect(directory.applyStatus(exampleStatus({ starts: 1, counter: 900, name: 'later still' }))).toBe(false);
  expect(directory.get('gw-1')?.status?.name).toBe('new');
  expect(directory.applyStatus(exampleStatus({ starts: 3, counter: 1, name: 'restarted' }))).toBe(true);
  expect(directory.get('gw-1')?.status?.name).toBe('restarted');
});

test('a gateway that began again with a new outbox is believed after three statuses in a row', async () => {
  const { directory } = await start();
  directory.applyStatus(exampleStatus({ starts: 40, counter: 5 }));
  expect(directory.applyStatus(exampleStatus({ starts: 1, counter: 1 }))).toBe(false);
  expect(directory.applyStatus(exampleStatus({ starts: 1, counter: 1 }))).toBe(false);
  expect(directory.applyStatus(exampleStatus({ starts: 1, counter: 2 }))).toBe(false);
  expect(directory.applyStatus(exampleStatus({ starts: 1, counter: 3, name: 'again' }))).toBe(true);
  expect(directory.get('gw-1')?.status?.name).toBe('again');
});

test('the status of a restored box replaces that of the box before it, however often that was started', async () => {
  const { clock, directory } = await start();
  directory.applyStatus(exampleStatus({ starts: 40, counter: 9 }), clock.now());
  clock.advance(1000);
  expect(directory.applyStatus(exampleStatus({ starts: 8, counter: 1, instance: 'new' }), clock.now())).toBe(true);
  // read from the topic later than it came
  expect(directory.applyStatus(exampleStatus({ starts: 40, counter: 10 }), clock.now() - 500)).toBe(false);
  expect(directory.get('gw-1')?.status?.instance).toBe('new');
});

test('statuses that are read again, in their order, do not change a gateway back to an older state', async () => {
  const { clock, directory, told } = await start();
  const states = Array.from({ length: 8 }, (_, i) => ({ at: clock.now() + 2000 * i, counter: i + 1 }));
  clock.advance(20_000);
  for (const { at, counter } of states) directory.applyStatus(exampleStatus({ counter }), at);
  const before = told.length;
  for (const { at, counter } of states) expect(directory.applyStatus(exampleStatus({ counter }), at)).toBe(false);
  expect(directory.get('gw-1')?.status?.counter).toBe(8);
  expect(told).toHaveLength(before);
});

test('a gateway behind a metered link is online as long as it said that its state comes', async () => {
  const { clock, directory } = await start();
  directory.applyStatus(exampleStatus({ everyMs: 60_000 }));
  clock.advance(140_000);
  expect(directory.get('gw-1')?.online).toBe(true);
  clock.advance(20_000);
  expect(directory.get('gw-1')?.online).toBe(false);
});

test('a gateway is online for 10 s after its last contact, and listeners get its silence once', async () => {
  const { clock, directory, told } = await start();
  directory.applyStatus(exampleStatus());
  expect(directory.get('gw-1')?.online).toBe(true);
  clock.advance(9000);
  expect(directory.get('gw-1')?.online).toBe(true);
  clock.advance(5000);
  expect(directory.get('gw-1')?.online).toBe(false);
  expect(told.map(({ online }) => online)).toEqual([true, false]);
  directory.applyStatus(exampleStatus({ counter: 2 }));
  expect(told.map(({ online }) => online)).toEqual([true, false, true]);
});

test('a status that is read again at a start is no contact: the time of its record counts', async () => {
  const { clock, directory } = await start();
  directory.applyStatus(exampleStatus(), clock.now() - 3_600_000);
  expect(directory.get('gw-1')).toMatchObject({ online: false, lastContact: clock.now() - 3_600_000 });
  // a broker's clock that is ahead does not keep a gateway online
  directory.applyStatus(exampleStatus({ counter: 2 }), clock.now() + 3_600_000);
  expect(directory.get('gw-1')?.lastContact).toBe(clock.now());
});

test('a centre’s clock that is set right makes no gateway online or offline', async () => {
  const { clock, directory } = await start();
  clock.jump(73 * 365 * 86_400_000);
  directory.applyStatus(exampleStatus());
  clock.jump(-73 * 365 * 86_400_000);
  expect(directory.get('gw-1')).toMatchObject({ online: true, lastContact: clock.now() });
  clock.advance(60_000);
  expect(directory.get('gw-1')).toMatchObject({ online: false, lastContact: clock.now() - 60_000 });
  directory.applyStatus(exampleStatus({ counter: 2 }));
  clock.jump(3_600_000);
  clock.advance(1000);
  expect(directory.get('gw-1')?.online).toBe(true);
});

test('events that were called safe count as due once everything before that status is handled, and not before', async () => {
  const clock = new FakeClock();
  let handledAt: number | undefined;
  const directory = new GatewayDirectory({ clock, handledAt: () => handledAt });
  const lane = (acknowledged: number) => ({
    epoch: 'e1',
    lane: 'telemetry',
    assigned: 900,
    acknowledged,
    bytes: 0,
  });
  clock.advance(1_000);
  directory.applyStatus(exampleStatus({ lanes: [lane(90)] }));
  const first = clock.uptime();
  expect(directory.settled('gw-1')).toBeUndefined();
  clock.advance(60_000);
  directory.applyStatus(exampleStatus({ counter: 2, lanes: [lane(190)] }));
  const second = clock.uptime();
  handledAt = first - 1;
  expect(directory.settled('gw-1')).toBeUndefined();
  handledAt = first;
  expect(directory.settled('gw-1')?.lanes).toEqual([lane(90)]);
  clock.advance(1_000);
  directory.applyStatus(exampleStatus({ counter: 3, lanes: [lane(290)] }));
  handledAt = second;
  expect(directory.settled('gw-1')?.lanes).toEqual([lane(190)]);
  handledAt = clock.uptime();
  expect(directory.settled('gw-1')?.lanes).toEqual([lane(290)]);
  expect(directory.settled('gw-2')).toBeUndefined();
});

test('a steady stream of statuses does not delay the cursors of earlier ones', async () => {
  const clock = new FakeClock();
  let handledAt = clock.uptime();
  const directory = new GatewayDirectory({ clock, handledAt: () => handledAt });
  const settled: (number | undefined)[] = [];
  for (let i = 1; i <= 12; i++) {
    clock.advance(1_000);
    directory.applyStatus(exampleStatus({ counter: i, lanes: [{ epoch: 'e1', lane: 'telemetry', acknowledged: i }] }));
    // ingest is four seconds behind
    handledAt = clock.uptime() - 4_000;
    settled.push(directory.settled('gw-1')?.lanes[0]?.acknowledged);
  }
  expect(settled.at(-1)).toBeGreaterThan(4);
  expect(settled.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
});

test('sites are known from their gateways, and gateways from the history until they report', async () => {
  const { directory } = await start();
  directory.remember('gw-9', '');
  directory.remember('gw-8', 'shop-2');
  directory.applyStatus(exampleStatus());
  directory.applyStatus(exampleStatus({ gateway: 'gw-2' }));
  expect(directory.sites()).toEqual([
    { site: 'farm-7', gateways: ['gw-1', 'gw-2'], online: 2 },
    { site: 'shop-2', gateways: ['gw-8'], online: 0 },
  ]);
  expect(directory.get('gw-9')).toEqual({
    gateway: 'gw-9',
    site: '',
    online: false,
    lastContact: undefined,
    status: undefined,
  });
});

test('gateways beyond the limit are refused and counted', async () => {
  const { directory } = await start({ maxGateways: 1 });
  expect(directory.applyStatus(exampleStatus())).toBe(true);
  expect(directory.applyStatus(exampleStatus({ gateway: 'gw-2' }))).toBe(false);
  expect(directory.applyStatus(exampleStatus({ counter: 2 }))).toBe(true);
  expect(directory.refused).toBe(1);
});

test('while no states can reach the centre, no gateway falls silent, and that time does not count for any', async () => {
  let canReceive = true;
  const { clock, directory } = await start({ canReceive: () => canReceive });
  const pass = (seconds: number) => {
    for (let s = 0; s < seconds; s++) clock.advance(1000);
  };
  directory.applyStatus(exampleStatus());
  directory.applyStatus(exampleStatus({ gateway: 'gw-2' }));
  canReceive = false;
  pass(3600);
  expect([directory.get('gw-1')?.online, directory.silences().size]).toEqual([true, 0]);
  canReceive = true;
  pass(5);
  directory.applyStatus(exampleStatus({ counter: 2 }));
  expect(directory.get('gw-2')?.online).toBe(true);
  pass(9);
  expect([directory.get('gw-1')?.online, directory.get('gw-2')?.online]).toEqual([true, false]);
  pass(60);
  const silent = directory.silences().get('gw-2') ?? 0;
  expect(silent).toBeGreaterThan(50_000);
  directory.applyStatus(exampleStatus({ gateway: 'gw-2', counter: 2 }));
  expect(directory.silences().has('gw-2')).toBe(false);
});
