/** Rehearsals in their thread, over a real outbox that is being written. */
import { rmSync } from 'node:fs';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { EventDraft } from '../../outbox/outbox.ts';
import { outboxIn, temporaryFolder } from '../../outbox/sqlite/testing/test-support.ts';
import type { RuleConfig } from '../../site/site.ts';
import { siteWith } from '../testing/rules.ts';
import { Rehearsals } from './rehearsals.ts';

const rule = { id: 'load', kind: 'threshold', device: 'oven', metric: 'power_w', above: 100 } as unknown as RuleConfig;
const clock: Clock = systemClock;

function draftOf(power: number): EventDraft {
  const now = clock.now();
  return {
    lane: 'telemetry',
    type: eventTypes.reading,
    device: 'oven' as DeviceId,
    time: now,
    received: now,
    clock: 'synced',
    boot: 'b',
    uptime: clock.uptime(),
    data: JSON.stringify({ values: { power_w: power } }),
  };
}

async function rehearsals(): Promise<Rehearsals> {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outbox = outboxIn(folder);
  await outbox.start();
  onTestFinished(() => outbox.stop());
  for (const power of [50, 150, 50, 160]) await outbox.append({ events: [draftOf(power)] });
  return new Rehearsals({ site: () => siteWith(), clock, file: () => outbox.file });
}

test('a drafted rule is rehearsed over what the outbox has stored, beside the running outbox', async () => {
  const { drafted, standing, limits, events } = await (await rehearsals()).run(
    { drafted: [rule], standing: [{ ...rule, above: 155 } as RuleConfig] },
    24,
  );
  expect([drafted.alarms.length, standing.alarms.length, events]).toEqual([2, 1, 4]);
  expect(drafted.alarms[1]?.cleared).toBeUndefined();
  expect(limits.map(({ key }) => key)).toEqual(['rule/limit.hours']);
});

test('a rehearsal whose asker is gone ends, and the next one runs', async () => {
  const all = await rehearsals();
  const gone = new AbortController();
  const first = all.run({ drafted: [rule], standing: [] }, 24, gone.signal);
  gone.abort();
  await expect(first).rejects.toMatchObject({ code: 'FORPOST_CALL_UNANSWERED' });
  expect((await all.run({ drafted: [rule], standing: [] }, 24)).drafted.alarms.length).toBe(2);
  const waiting = Array.from({ length: 4 }, () => all.run({ drafted: [], standing: [] }, 24));
  expect(all.isFull).toBe(true);
  await Promise.all(waiting);
  expect(all.isFull).toBe(false);
});
