/** The list of alarms stays quick to ask for, however many alarms one gateway has sent. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { alertEvent } from '../../notify/testing.ts';
import { ClickHouseHistory } from './clickhouse-history.ts';
import { EmbeddedExecutor } from './embedded.ts';

test('of a gateway that sent more changes of alarms than the list looks at the newest are listed, and all of another gateway’s', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-alarms-'));
  const clock = new FakeClock(Date.UTC(2026, 10, 1));
  const executor = new EmbeddedExecutor(join(folder, 'history'));
  const store = new ClickHouseHistory({ executor, clock, logger: silentLogger(), mostAlerts: 20 });
  await store.start();
  onTestFinished(async () => {
    await store.stop();
    await rm(folder, { recursive: true });
  });
  const of = (gateway: string, sequence: number) => {
    const event = alertEvent(sequence, { alarm: `${gateway}-${sequence}` }, { received: clock.now() });
    return { ...event, gateway, id: `${gateway}/e1/alerts/${sequence}` } as typeof event;
  };
  await store.insert([of('calm', 1), of('flood', 1)]);
  for (let i = 0; i < 5; i++) {
    clock.advance(1_000);
    await store.insert(Array.from({ length: 10 }, (_, n) => of('flood', 2 + i * 10 + n)));
  }
  const { alarms, open } = await store.alarms(0, 1_000);
  const names = alarms.map(({ alarm }) => alarm);
  expect([open, names.length]).toEqual([21, 21]);
  expect(names).toContain('calm-1');
  expect(names).toContain('flood-51');
  expect(names).not.toContain('flood-1');
});
