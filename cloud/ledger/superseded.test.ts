import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import type { LaneEnd } from '../history/store.ts';
import { gatewayStatus } from '../testing/events.ts';
import { gatewayLedger } from './ledger.ts';
import { supersededReason, withSuperseded } from './superseded.ts';

const end = (epoch: string, begun: number, assigned: number): LaneEnd => ({
  gateway: 'gw-1',
  epoch: asId<'epoch'>(epoch),
  lane: 'telemetry',
  assigned,
  acknowledged: assigned,
  begun,
});
const takeover = { instance: 'new', at: 1000, backup: '', former: 'e2' };
/** e1 and e2: before the backup; e3: begun by the old box after it; e4: the restored box. */
const ends = [end('e1', 100, 9), end('e2', 200, 20), end('e3', 500, 30), end('e4', 1000, 5)];
const named = new Set(['e4']);
const received = (epoch: string, through: number) => ({
  key: { gateway: 'gw-1', epoch, lane: 'telemetry' } as const,
  received: [[1, through]] as const,
  gaps: [],
});

test('events that a replaced box stored after the backup and never sent count as shed with that reason, not as missing', () => {
  const history = withSuperseded('gw-1', [received('e1', 9), received('e3', 12)], ends, [takeover], named);
  const lanes = [{ epoch: asId<'epoch'>('e4'), lane: 'telemetry', assigned: 5, acknowledged: 5, bytes: 0 }] as const;
  const ledger = gatewayLedger('gw-1', gatewayStatus({ lanes }), lanes, history, { ends, settledArrived: 2000 });
  expect(ledger.lanes.find(({ epoch }) => epoch === 'e3')).toMatchObject({
    assigned: 30,
    received: { count: 12 },
    missing: { count: 0 },
    waiting: { count: 0 },
    shed: { count: 18, reasons: [{ reason: supersededReason, count: 18 }] },
  });
});

test('no gap is added to epochs from before the backup and of the restored box', () => {
  const history = withSuperseded('gw-1', [received('e1', 3)], ends, [takeover], named);
  expect(history.filter(({ gaps }) => gaps.length > 0).map(({ key }) => key.epoch)).toEqual(['e3']);
});

test('without a takeover, and where the centre never heard of the epoch of the backup, nothing is explained', () => {
  const history = [received('e3', 12)];
  expect(withSuperseded('gw-1', history, ends, [], named)).toBe(history);
  expect(withSuperseded('gw-1', history, ends.slice(2), [takeover], named)).toBe(history);
});
