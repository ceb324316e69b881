/** Which box of a gateway is accepted, once one of them was restored from a backup. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { FileRegistry } from '../registry/file-registry.ts';
import { exampleStatus } from '../testing/examples.ts';
import { Takeovers, takeoverKind } from './takeovers.ts';

const logger = silentLogger();
const restored = { at: '2026-11-30T10:00:00.000Z', backup: '2026-11-29T03:00:00.000Z', epoch: asId<'epoch'>('e1') };
const from = (instance?: string) =>
  exampleStatus({ gateway: asId('gw-1'), ...(instance === undefined ? {} : { instance, restored }) });

async function takeovers(file?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-takeovers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const place = file ?? join(folder, 'registry.jsonl');
  const registry = new FileRegistry(place, clock, logger);
  await registry.start();
  const made = new Takeovers(registry, clock, logger);
  await made.start();
  onTestFinished(async () => {
    await made.stop();
    await registry.stop();
  });
  const isRefused = (instance?: string, at?: number) =>
    made.superseded({ gateway: 'gw-1', instance, at }) !== undefined;
  return { made, clock, place, registry, isRefused };
}

test('a restored box takes over with its first status, and the box before it is refused, after a restart of the centre too', async () => {
  const { made, clock, place, registry, isRefused } = await takeovers();
  made.noteStatus(from(), clock.now());
  expect([isRefused(), isRefused('new')]).toEqual([false, false]);
  made.noteStatus(from('new'), clock.now());
  expect([isRefused(), isRefused('new')]).toEqual([true, false]);
  const record = { instance: 'new', at: clock.now(), backup: restored.backup, former: 'e1' };
  await expect.poll(() => registry.get(takeoverKind, 'gw-1')?.data).toEqual({ takeovers: [record] });
  const again = await takeovers(place);
  expect([again.isRefused(), again.isRefused('new')]).toEqual([true, false]);
  expect(again.made.of('gw-1')).toEqual([record]);
});

test('of several restored boxes, only the newest is accepted', async () => {
  const { made, clock, isRefused } = await takeovers();
  for (const instance of ['one', 'two', 'one', 'three', 'two']) {
    made.noteStatus(from(instance), clock.now());
    clock.advance(1000);
    await expect.poll(() => made.of('gw-1').some((one) => one.instance === instance)).toBe(true);
  }
  expect(made.of('gw-1').map(({ instance }) => instance)).toEqual(['one', 'two', 'three']);
  expect([isRefused(), isRefused('one'), isRefused('two'), isRefused('three')]).toEqual([true, true, true, false]);
});

test('events that the old box sent before the takeover, by the brokers’ time stamps, are accepted', async () => {
  const { made, clock, isRefused } = await takeovers();
  const at = clock.now();
  made.noteStatus(from('new'), at);
  expect([isRefused(undefined, at - 1), isRefused(undefined, at), isRefused(undefined, at + 1)]).toEqual([
    false,
    false,
    true,
  ]);
});

test('the refusal says in words what happened and what to do, and the centre shows when the old box last came', async () => {
  const { made, clock } = await takeovers();
  made.noteStatus(from('new'), clock.now());
  expect(made.oldBox('gw-1')).toBeUndefined();
  const { key } = made.superseded({ gateway: 'gw-1', instance: undefined }) ?? {};
  expect(key).toBe('centre/reason.superseded');
  clock.advance(60_000);
  made.superseded({ gateway: 'gw-1', instance: undefined });
  expect(made.oldBox('gw-1')).toEqual({ lastAt: clock.now(), refused: 2 });
  expect(made.superseded({ gateway: 'gw-2', instance: undefined })).toBeUndefined();
});

test('of two centres that get the first status of a restored box at once, one writes the record and both use it', async () => {
  const { made, clock, registry } = await takeovers();
  const other = new Takeovers(registry, clock, logger);
  await other.start();
  onTestFinished(() => other.stop());
  made.noteStatus(from('new'), clock.now());
  other.noteStatus(from('new'), clock.now());
  await expect.poll(() => registry.get(takeoverKind, 'gw-1')?.revision).toBe(1);
  for (const one of [made, other]) expect(one.of('gw-1').map(({ instance }) => instance)).toEqual(['new']);
});
