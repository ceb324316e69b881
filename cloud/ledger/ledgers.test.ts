/** Ledgers of gateways whose events another centre stores too, in one history. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { GatewayDirectory } from '../gateways/directory.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import { event, gatewayStatus } from '../testing/events.ts';
import { LaneEnds } from './lane-ends.ts';
import { Ledgers } from './ledgers.ts';

function aCentre(ours: boolean) {
  const clock = new FakeClock();
  const history = new MemoryHistory(clock);
  let handledAt: number | undefined;
  const gateways = new GatewayDirectory({ clock, handledAt: () => handledAt });
  const ends = new LaneEnds({ history, clock, logger: silentLogger() });
  const ledgers = new Ledgers({ history, gateways, ends, ours: () => ours, clock });
  const hears = (status: GatewayStatus) => {
    ends.noteStatus(status, clock.now());
    gateways.applyStatus(status);
  };
  const says = (counter: number, assigned: number, acknowledged: number) =>
    hears(
      gatewayStatus({
        counter,
        lanes: [{ epoch: asId('e1'), lane: 'telemetry', assigned, acknowledged, bytes: 0 }],
      }),
    );
  const counted = async () => {
    const { ledger, rows } = (await ledgers.of('gw-1')) ?? {};
    const { received, missing, waiting } = ledger ?? {};
    return { received, missing, waiting, rows: rows?.get('e1/telemetry') ?? 0 };
  };
  const handled = () => {
    handledAt = clock.uptime();
  };
  return { clock, history, gateways, ends, ledgers, hears, says, counted, handled };
}

test('events that another centre stored since the last look are neither missing nor duplicates', async () => {
  const { clock, history, says, counted, handled } = aCentre(false);
  await history.insert([event(1), event(2)]);
  says(1, 2, 2);
  handled();
  expect(await counted()).toEqual({ received: 2, missing: 0, waiting: 0, rows: 2 });
  // another centre has stored it, Kafka's offset is past it, and a sink has called it safe
  await history.insert([event(3)]);
  says(2, 3, 3);
  handled();
  expect(await counted()).toEqual({ received: 2, missing: 0, waiting: 1, rows: 2 });
  clock.advance(5_000);
  expect(await counted()).toEqual({ received: 3, missing: 0, waiting: 0, rows: 3 });
});

test('events that another centre stores during the read of the history are not missing', async () => {
  const { history, says, counted, handled } = aCentre(false);
  await history.insert([event(1)]);
  says(1, 2, 2);
  const before = await history.holdings('gw-1');
  history.holdings = async () => {
    await history.insert([event(2)]);
    handled();
    return before;
  };
  history.rowCounts = async () => [];
  expect(await counted()).toMatchObject({ received: 1, missing: 0, waiting: 1 });
});

test('stored events of a gateway whose events all come through this centre count at once', async () => {
  const { history, ledgers, says, counted, handled } = aCentre(true);
  says(1, 2, 2);
  expect(await counted()).toMatchObject({ received: 0, missing: 0, waiting: 2 });
  for (const one of [event(1), event(2)]) {
    await history.insert([one]);
    ledgers.stored([one]);
  }
  handled();
  expect(await counted()).toEqual({ received: 2, missing: 0, waiting: 0, rows: 2 });
  expect(await ledgers.of('nobody')).toBeUndefined();
});

test.each([true, false])(
  'a tail that never arrives is missing, also after its gateway has started again (ours: %s)',
  async (ours) => {
    const { clock, history, hears, says, counted, handled } = aCentre(ours);
    await history.insert([event(1), event(2)]);
    says(1, 5, 5);
    handled();
    expect(await counted()).toMatchObject({ received: 2, missing: 3, waiting: 0 });
    clock.advance(60_000);
    hears(gatewayStatus({ starts: 2 }));
    handled();
    expect(await counted()).toMatchObject({ received: 2, missing: 3, waiting: 0 });
  },
);

test('a centre that starts while a gateway is offline still shows the gateway’s ledger', async () => {
  const before = aCentre(true);
  await before.history.insert([event(1), event(2)]);
  before.says(1, 5, 2);
  await before.ends.stop();
  const { clock, history, gateways, ends, counted, handled, hears } = aCentre(true);
  await history.noteEnds(await before.history.ends('gw-1'));
  await history.insert([event(1), event(2)]);
  gateways.remember('gw-1', '');
  clock.advance(1_000);
  handled();
  expect(await counted()).toMatchObject({ received: 2, missing: 0, waiting: 3 });
  // the gateway's outbox is gone, and no gap record explains it
  clock.advance(1_000);
  hears(gatewayStatus({ starts: 1 }));
  handled();
  expect(await counted()).toMatchObject({ received: 2, missing: 3, waiting: 0 });
  await ends.stop();
});
