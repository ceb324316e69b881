/** The latest state of each alarm, for any order of the events. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { alert, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function alarmStates(opened: () => OpenedStore): void {
  test('knows the latest state of each alarm, over restarts of the gateway and for any order of arrival', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const at = (minutes: number) => noon + minutes * 60_000;
    const one = (sequence: number, epoch: string, minutes: number, data: Partial<AlertData>) =>
      alert({ gateway, epoch, sequence, time: at(minutes) }, 'one', data);
    const ended = alert({ gateway, epoch: 'e1', sequence: 7, time: at(-600) }, 'old', {
      change: 'cleared',
      active: false,
      acknowledged: true,
    });
    const raised = one(1, 'e1', 0, {});
    const updated = one(2, 'e1', 5, { change: 'updated', count: 2 });
    // the clock was set back within this epoch: the sequence decides
    const again = one(3, 'e1', 3, { change: 'updated', count: 3 });
    const cleared = one(1, 'e2', 10, { change: 'cleared', active: false, acknowledged: true });
    const two = alert({ gateway, epoch: 'e2', sequence: 2, time: at(-5000) }, 'two', {});
    const lost = alert({ gateway, epoch: 'e2', sequence: 9, time: at(20) }, 'lost', { change: 'updated' });
    const mine = async (since: number) =>
      (await store.alarms(since, 1000)).alarms
        .filter((state) => state.gateway === gateway)
        .map(({ alarm, latest, raised }) => [alarm, latest.id, raised]);
    await store.insert([again]);
    await store.insert([updated, raised, two, ended]);
    expect(await mine(at(0))).toEqual([
      ['one', again.id, raised.time],
      ['two', two.id, two.time],
    ]);
    await store.insert([cleared, lost]);
    expect(await mine(at(0))).toEqual([
      ['lost', lost.id, lost.time],
      ['one', cleared.id, raised.time],
      ['two', two.id, two.time],
    ]);
    expect((await mine(at(11))).map(([alarm]) => alarm)).toEqual(['lost', 'two']);
    expect((await mine(at(-700))).map(([alarm]) => alarm)).toEqual(['lost', 'one', 'old', 'two']);
    const [state] = (await store.alarms(at(0), 1000)).alarms.filter((s) => s.gateway === gateway && s.alarm === 'one');
    expect(state!.latest).toEqual({ ...cleared, stored: rfc3339(clock.now()) });
    expect(state!.site).toBe('home');
  });

  test('keeps active alarms in the list when alarms that are over would fill it', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const far = Date.UTC(2400, 0, 1);
    const ended = Array.from({ length: 20 }, (_, i) =>
      alert({ gateway, sequence: i + 2, time: far + i }, `ended-${i}`, {
        change: 'cleared',
        active: false,
        acknowledged: true,
      }),
    );
    await store.insert([alert({ gateway, sequence: 1, time: 1000 }, 'long', {}), ...ended]);
    const { alarms: states } = await store.alarms(0, 15);
    expect(states).toHaveLength(15);
    expect(states.some(({ alarm, gateway: of }) => alarm === 'long' && of === gateway)).toBe(true);
  });

  test('keeps the gravest unacknowledged alarms when more are active than were requested', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    // the alarm that was raised longest ago matters most: «newest first» would cut it off
    const far = clock.now() + 12 * 3_600_000;
    const raised = [
      alert({ gateway, sequence: 1, time: far }, 'grave', { severity: 'critical' }),
      alert({ gateway, sequence: 2, time: far + 1 }, 'warning', {}),
      alert({ gateway, sequence: 3, time: far + 2 }, 'info', { severity: 'info' }),
      alert({ gateway, sequence: 4, time: far + 3 }, 'trial', { severity: 'critical', test: true }),
      alert({ gateway, sequence: 5, time: far + 4 }, 'seen', { severity: 'critical' }),
      alert({ gateway, sequence: 6, time: far + 5 }, 'seen', {
        severity: 'critical',
        change: 'acknowledged',
        acknowledged: true,
      }),
      alert({ gateway, sequence: 7, time: far + 6 }, 'over', {
        severity: 'critical',
        change: 'cleared',
        active: false,
        acknowledged: true,
      }),
    ];
    await store.insert(raised);
    // each gateway's share is one alarm; the rest of the list goes by severity
    const gateways = new Set((await store.alarms(far, 1000)).alarms.map((state) => state.gateway)).size;
    const mine = async (limit: number) =>
      (await store.alarms(far, limit)).alarms.filter((state) => state.gateway === gateway).map(({ alarm }) => alarm);
    expect(await mine(1000)).toEqual(['over', 'seen', 'trial', 'info', 'warning', 'grave']);
    expect(await mine(gateways)).toEqual(['grave']);
    const { alarms: all, open } = await store.alarms(far, 1000);
    expect(all.filter((state) => state.open)).toHaveLength(open);
    expect((await store.alarms(far, open)).alarms.every((state) => state.open)).toBe(true);
    expect(await mine(open)).toEqual(['seen', 'trial', 'info', 'warning', 'grave']);
    expect((await store.alarms(far, 1)).open).toBe(open);
  });

  test('lists an alarm that is over until a person acknowledges it, for any order of arrival', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const ended = { change: 'cleared', active: false } as const;
    const at = (sequence: number) => ({ gateway, sequence, time: noon + sequence });
    const open = async () =>
      (await store.alarms(noon + 1e9, 10_000)).alarms
        .filter((state) => state.gateway === gateway)
        .map((state) => [state.alarm, state.open]);
    await store.insert([
      alert(at(2), 'intrusion', ended),
      alert(at(4), 'trial', { ...ended, test: true }),
      alert(at(5), 'info', { ...ended, severity: 'info' }),
      alert(at(6), 'seen', { ...ended, acknowledged: true }),
      alert(at(7), 'new kind', { ...ended, severity: 'disaster' as AlertData['severity'] }),
    ]);
    await store.insert([alert(at(1), 'intrusion', {})]);
    const both = [
      ['new kind', true],
      ['intrusion', true],
    ];
    expect(await open()).toEqual(both);
    // later pictures acknowledge nothing
    await store.insert([alert(at(9), 'intrusion', { ...ended, change: 'updated' })]);
    expect(new Set((await open()).map(([alarm]) => alarm))).toEqual(new Set(['intrusion', 'new kind']));
    await store.insert([alert(at(10), 'intrusion', { ...ended, change: 'acknowledged', acknowledged: true })]);
    expect(await open()).toEqual([['new kind', true]]);
  });

  test('records an acknowledgement at the centre even if the gateway never gets it, and keeps the first one', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const other = newGateway();
    const ended = { change: 'cleared', active: false } as const;
    await store.insert([
      alert({ gateway, sequence: 1, time: noon }, 'over', { ...ended, severity: 'critical' }),
      alert({ gateway, sequence: 2, time: noon }, 'active', { severity: 'critical' }),
      alert({ gateway: other, sequence: 1, time: noon }, 'over', ended),
    ]);
    const mine = async (since: number) =>
      (await store.alarms(since, 10_000)).alarms
        .filter((state) => [gateway, other].includes(state.gateway))
        .map((state) => [state.gateway === other ? 'other' : '', state.alarm, state.open, state.acknowledgement?.by])
        .toSorted();
    await store.noteAcknowledgements([]);
    await store.noteAcknowledgements([{ gateway, alarm: 'over', by: 'anna', at: noon + 5 }]);
    await store.noteAcknowledgements([
      { gateway, alarm: 'over', by: 'ben', at: noon + 9 },
      { gateway, alarm: 'active', by: 'ben', at: noon + 9 },
      { gateway, alarm: 'never heard of', by: 'ben', at: noon + 9 },
    ]);
    expect(await mine(noon + 1e9)).toEqual([
      ['', 'active', true, 'ben'],
      ['other', 'over', true, undefined],
    ]);
    expect(await mine(noon - 1)).toEqual([
      ['', 'active', true, 'ben'],
      ['', 'over', false, 'anna'],
      ['other', 'over', true, undefined],
    ]);
  });
}
