/** Ledgers of gateways for which another centre stores too, on one history. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { GatewayDirectory } from '../registry/gateways.ts';
import { Ledgers } from './ledgers.ts';
import { event, gatewayStatus } from './testing.ts';

function aCentre(ours: boolean) {
  const clock = new FakeClock();
  const history = new MemoryHistory(clock);
  let handledAt: number | undefined;
  const gateways = new GatewayDirectory({ clock, handledAt: () => handledAt });
  const ledgers = new Ledgers({ history, gateways, ours: () => ours, clock });
  const says = (counter: number, assigned: number, acknowledged: number) =>
    gateways.take(
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
  return { clock, history, ledgers, says, counted, handled };
}

test('what another centre has stored since the last look is neither missing nor there twice', async () => {
  const { clock, history, says, counted, handled } = aCentre(false);
  await history.insert([event(1), event(2)]);
  says(1, 2, 2);
  handled();
  expect(await counted()).toEqual({ received: 2, missing: 0, waiting: 0, rows: 2 });
  // another centre stores it, Kafka has it read, and the gateway has been told that it is safe
  await history.insert([event(3)]);
  says(2, 3, 3);
  handled();
  expect(await counted()).toEqual({ received: 2, missing: 0, waiting: 1, rows: 2 });
  clock.advance(5_000);
  expect(await counted()).toEqual({ received: 3, missing: 0, waiting: 0, rows: 3 });
});

test('what another centre stores while the history is being read is not missing', async () => {
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

test('of a gateway whose events all come through this centre what is stored counts at once', async () => {
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
