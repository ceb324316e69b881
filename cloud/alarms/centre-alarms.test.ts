/** The centre's own alarms: people are notified once, also by two centres, and the alarms survive a restart. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { sentenceFields } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { Notification } from '../notify/channel.ts';
import { inLanguage } from '../notify/words.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { type Registry, RegistryBook, type RegistryRecord, type RegistryWrite } from '../registry/registry.ts';
import { SettlingRegistry } from '../registry/testing/settling-registry.ts';
import { CentreAlarms } from './centre-alarms.ts';
import { centreAlarmView } from './view.ts';

const logger = silentLogger();
const flood = { gateway: 'gw-1', site: 'home', kind: 'flood', severity: 'warning', message: 'it floods' } as const;

/** The log that two centres share, as Kafka orders it: each has read what was written when `put` resolves. */
class SharedRegistry {
  readonly log: RegistryRecord[] = [];
  readonly #books: RegistryBook[] = [];

  centre(): Registry {
    const book = new RegistryBook();
    this.#books.push(book);
    return {
      start: async () => {
        for (const record of this.log) book.apply(record);
      },
      stop: async () => {},
      complete: true,
      get: (kind, id) => book.get(kind, id),
      all: (kind) => book.all(kind),
      onChange: (kind, listener) => book.onChange(kind, listener),
      put: async ({ seen, ...write }: RegistryWrite) => {
        const record = { ...write, revision: seen + 1, at: 0 };
        // both write before either has read
        await Promise.resolve();
        const counts = !this.log.some(({ id, revision }) => id === record.id && revision >= record.revision);
        this.log.push(record);
        for (const one of this.#books) one.apply(record);
        return counts;
      },
    };
  }
}

async function centre(registry: Registry, clock: FakeClock, alone = false) {
  const notified: Notification[] = [];
  let settle = true;
  const alarms = new CentreAlarms({
    registry,
    notify: (notification) => {
      notified.push(notification);
      return settle ? Promise.resolve() : new Promise(() => {});
    },
    alone,
    clock,
    random: () => 0.5,
    logger,
  });
  await alarms.start();
  await registry.start();
  onTestFinished(async () => {
    await alarms.stop();
    await registry.stop();
  });
  return { alarms, notified, hang: () => (settle = false) };
}

async function inFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-centre-alarms-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'registry.jsonl');
}

test('people are notified once when an alarm of the centre is raised and once when it is cleared', async () => {
  const clock = new FakeClock();
  const { alarms, notified } = await centre(new FileRegistry(await inFolder(), clock, logger), clock, true);
  for (let i = 0; i < 5; i++) alarms.raise(flood);
  await expect.poll(() => alarms.of('gw-1', 'flood')?.active).toBe(true);
  alarms.raise(flood);
  alarms.clear('gw-1', 'flood', message('centre/alarm.flood-over', { gateway: 'gw-1' }));
  await expect.poll(() => alarms.of('gw-1', 'flood')?.active).toBe(false);
  await expect.poll(() => notified.length).toBe(2);
  expect(notified.map(({ gateway, change, message }) => [gateway, change, message])).toEqual([
    ['gw-1', 'raised', 'it floods'],
    ['gw-1', 'cleared', 'Over: it floods (gateway gw-1 sends no more than its limit again)'],
  ]);
  expect(notified[0]?.alarm).toBe(notified[1]?.alarm);
});

test('after a restart the centre knows its alarms, repeats no notification, and sends those that a kill prevented', async () => {
  const clock = new FakeClock();
  const file = await inFolder();
  const before = await centre(new FileRegistry(file, clock, logger), clock, true);
  before.alarms.raise(flood);
  await expect.poll(() => before.notified.length).toBe(1);
  before.hang();
  before.alarms.raise({ ...flood, gateway: 'gw-2' });
  await expect.poll(() => before.notified.length).toBe(2);
  await before.alarms.stop();

  const after = await centre(new FileRegistry(file, clock, logger), clock, true);
  expect(after.alarms.all().map(({ gateway, active }) => [gateway, active])).toEqual([
    ['gw-1', true],
    ['gw-2', true],
  ]);
  clock.advance(2_000);
  await expect.poll(() => after.notified.map(({ id }) => id)).toEqual([before.notified[1]?.id]);
  after.alarms.raise(flood);
  after.alarms.raise({ ...flood, gateway: 'gw-2' });
  clock.advance(120_000);
  await expect.poll(() => after.notified.length).toBe(1);
});

test('two centres that find the same problem at the same moment notify people once', async () => {
  const clock = new FakeClock();
  const shared = new SharedRegistry();
  const [one, two] = [await centre(shared.centre(), clock), await centre(shared.centre(), clock)];
  one.alarms.raise(flood);
  two.alarms.raise(flood);
  await expect.poll(() => one.alarms.of('gw-1', 'flood')?.id).toBeDefined();
  await expect.poll(() => two.alarms.of('gw-1', 'flood')?.id).toBe(one.alarms.of('gw-1', 'flood')?.id);
  clock.advance(60_000);
  await expect.poll(() => one.notified.length + two.notified.length).toBe(1);
});

test('another centre notifies people about an alarm of a killed centre that had not done so', async () => {
  const clock = new FakeClock();
  const shared = new SharedRegistry();
  const [one, two] = [await centre(shared.centre(), clock), await centre(shared.centre(), clock)];
  one.hang();
  one.alarms.raise(flood);
  await expect.poll(() => one.notified.length).toBe(1);
  // the first centre runs and its channel is slow, so no other centre notifies
  for (let s = 0; s < 60; s++) {
    clock.advance(1_000);
    await new Promise((done) => setImmediate(done));
  }
  expect(two.notified).toEqual([]);
  await one.alarms.stop();
  for (let s = 0; s < 30 && two.notified.length === 0; s++) {
    clock.advance(1_000);
    await new Promise((done) => setImmediate(done));
  }
  expect(two.notified.map(({ id }) => id)).toEqual([one.notified[0]?.id]);
});

test('an alarm that the centre does not renew ends by itself', async () => {
  const clock = new FakeClock();
  const registry = new SettlingRegistry(await inFolder(), clock, logger);
  const { alarms } = await centre(registry, clock, true);
  alarms.raise({ ...flood, holdsForMs: 180_000 });
  await expect.poll(() => alarms.of('gw-1', 'flood')?.active).toBe(true);
  clock.advance(100_000);
  alarms.raise({ ...flood, holdsForMs: 180_000 });
  await registry.settled();
  clock.advance(100_000);
  await registry.settled();
  expect(alarms.of('gw-1', 'flood')?.active).toBe(true);
  clock.advance(100_000);
  await expect.poll(() => alarms.of('gw-1', 'flood')?.active).toBe(false);
});

test('a person acknowledges an alarm of the centre, and the alarm shows the person’s name', async () => {
  const clock = new FakeClock();
  const { alarms, notified } = await centre(new FileRegistry(await inFolder(), clock, logger), clock, true);
  alarms.raise(flood);
  await expect.poll(() => alarms.of('gw-1', 'flood')?.id).toBeDefined();
  const id = alarms.of('gw-1', 'flood')?.id ?? '';
  expect(alarms.acknowledge('no-such-alarm', 'anna')).toBe(false);
  expect(alarms.acknowledge(id, 'anna')).toBe(true);
  await expect.poll(() => alarms.of('gw-1', 'flood')?.acknowledgedBy).toBe('anna');
  await expect.poll(() => notified.map(({ change }) => change)).toEqual(['raised', 'acknowledged']);
});

test('a registry with a damaged line keeps its readable records, and a copy of the damaged file', async () => {
  const clock = new FakeClock();
  const file = await inFolder();
  const registry = new FileRegistry(file, clock, logger);
  await registry.start();
  expect(
    await registry.put({ kind: 'gateway-site', id: 'gw-1', author: 'anna', data: { site: 'home' }, seen: 0 }),
  ).toBe(true);
  expect(await registry.put({ kind: 'gateway-site', id: 'gw-1', author: 'ben', data: { site: 'shop' }, seen: 0 })).toBe(
    false,
  );
  const line = JSON.stringify({
    kind: 'gateway-site',
    id: 'gw-1',
    revision: 1,
    author: 'anna',
    at: 0,
    data: { site: 'home' },
  });
  await writeFile(file, `${line}\n{"kind": "gateway-si`);
  const again = new FileRegistry(file, clock, logger);
  await again.start();
  expect(again.get('gateway-site', 'gw-1')?.data).toEqual({ site: 'home' });
});

test('an alarm of the centre itself reaches people and pages in their own language', async () => {
  const clock = new FakeClock();
  const { alarms, notified } = await centre(new FileRegistry(await inFolder(), clock, logger), clock, true);
  alarms.raise({ ...flood, ...sentenceFields(message('centre/alarm.silent', { name: 'Barn' })) });
  await expect.poll(() => notified.length).toBe(1);
  alarms.clear('gw-1', 'flood', message('centre/alarm.silent-over'));
  await expect.poll(() => notified.length).toBe(2);
  expect(notified.map((one) => inLanguage(one, 'ru').message)).toEqual([
    'Шлюз Barn молчит: что происходит на площадке, центру неизвестно',
    'Завершилась: Шлюз Barn молчит: что происходит на площадке, центру неизвестно (Шлюз снова на связи)',
  ]);
  const view = alarms.all().map(centreAlarmView)[0];
  expect([view?.message_i18n, view?.summary_i18n]).toEqual([
    { key: 'centre/alarm.silent-over' },
    { key: 'centre/alarm.silent', values: { name: 'Barn' } },
  ]);
});
