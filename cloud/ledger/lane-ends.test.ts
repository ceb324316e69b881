import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { gatewayStatus } from '../testing/events.ts';
import { LaneEnds, writeEveryMs } from './lane-ends.ts';

type Told = readonly [epoch: string, assigned: number, acknowledged: number];

class Counting extends MemoryHistory {
  readonly written: number[] = [];
  away = false;
  override async noteEnds(...[ends]: Parameters<MemoryHistory['noteEnds']>): Promise<void> {
    if (this.away) throw new Error('away');
    this.written.push(ends.length);
    await super.noteEnds(ends);
  }
}

function some(maxWaiting = 100, maxGateways = 100) {
  const clock = new FakeClock();
  const history = new Counting(clock);
  const ends = new LaneEnds({ history, clock, logger: silentLogger(), maxWaiting, maxGateways });
  let at = 0;
  const says = (gateway: string, ...told: readonly Told[]) =>
    ends.noteStatus(
      gatewayStatus({
        gateway: asId(gateway),
        lanes: told.map(([epoch, assigned, acknowledged]) => ({
          epoch: asId(epoch),
          lane: 'telemetry',
          assigned,
          acknowledged,
          bytes: 0,
        })),
      }),
      ++at,
    );
  const known = async (gateway = 'gw-1') =>
    (await ends.of(gateway)).map(({ epoch, assigned, acknowledged, begun }) => [epoch, assigned, acknowledged, begun]);
  const written = async () => {
    clock.advance(writeEveryMs);
    await new Promise(setImmediate);
  };
  return { clock, history, ends, says, known, written };
}

test('the highest announced number of a lane is known at once, and to the centre that starts next', async () => {
  const { history, ends, says, known, written } = some();
  await ends.start();
  says('gw-1', ['e1', 900, 800]);
  says('gw-1', ['e1', 1000, 1000]);
  // an older status that arrives late, from another sink; then the gateway's next start
  says('gw-1', ['e1', 900, 850]);
  says('gw-1', ['e2', 5, 0], ['e3', 0, 0]);
  const all = [
    ['e1', 1000, 1000, 1],
    ['e2', 5, 0, 4],
  ];
  expect(await known()).toEqual(all);
  await written();
  expect(history.written).toEqual([2]);
  expect(await known()).toEqual(all);
  const next = new LaneEnds({ history, clock: new FakeClock(), logger: silentLogger() });
  expect((await next.of('gw-1')).map(({ epoch, assigned }) => [epoch, assigned])).toEqual([
    ['e1', 1000],
    ['e2', 5],
  ]);
  says('gw-1', ['e2', 6, 1]);
  await ends.stop();
  expect((await next.of('gw-1')).map(({ assigned }) => assigned)).toEqual([1000, 6]);
});

test('a status without news is not written again', async () => {
  const { history, ends, says, written } = some();
  await ends.start();
  for (let i = 0; i < 5; i++) says('gw-1', ['e1', 7, 7]);
  await written();
  says('gw-1', ['e1', 7, 7]);
  await written();
  says('gw-1', ['e1', 8, 7]);
  await written();
  expect(history.written).toEqual([1, 1]);
  await ends.stop();
});

test('while the history cannot be reached, the ends of lanes are known, and are stored later', async () => {
  const { history, ends, says, known, written } = some();
  await ends.start();
  history.away = true;
  says('gw-1', ['e1', 7, 5]);
  await written();
  says('gw-1', ['e2', 3, 0]);
  expect(await known()).toEqual([
    ['e1', 7, 5, 1],
    ['e2', 3, 0, 2],
  ]);
  await written();
  history.away = false;
  await written();
  expect(history.written).toEqual([2]);
  await ends.stop();
});

test('too many lanes to wait are noted by a later status; thousands of epochs are not remembered', async () => {
  const { history, ends, says, known, written } = some(2, 1);
  await ends.start();
  says('gw-1', ['e1', 1, 0], ['e2', 1, 0], ['e3', 1, 0]);
  expect((await known()).map(([epoch]) => epoch)).toEqual(['e1', 'e2']);
  await written();
  says('gw-1', ['e1', 1, 0], ['e2', 1, 0], ['e3', 1, 0]);
  await written();
  expect(history.written).toEqual([2, 1]);
  expect((await known()).map(([epoch]) => epoch)).toEqual(['e1', 'e2', 'e3']);
  // gw-2 pushes gw-1 out of the remembered gateways, so gw-1's lane is written again
  says('gw-2', ['e1', 1, 0]);
  await written();
  says('gw-1', ['e3', 1, 0]);
  await written();
  expect(history.written).toEqual([2, 1, 1, 1]);
  await ends.stop();
});
