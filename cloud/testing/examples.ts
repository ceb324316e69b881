/** Events and statuses for the tests of this folder. */
import { encodeEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';

export interface ExampleEvent {
  readonly sequence: number;
  readonly time: number;
  readonly gateway?: string;
  readonly device?: string;
  readonly lane?: Lane;
  readonly type?: string;
  readonly data?: unknown;
}

export function exampleEvent(one: ExampleEvent): ForpostEvent {
  const stored = {
    epoch: asId<'epoch'>('0011223344556677'),
    lane: one.lane ?? 'telemetry',
    sequence: one.sequence,
    type: one.type ?? eventTypes.reading,
    device: asId<'device'>(one.device ?? 'meter-1'),
    time: one.time,
    received: one.time + 20,
    clock: 'synced',
    boot: 'b1',
    uptime: 1000,
    data: JSON.stringify(one.data ?? { values: { power_w: one.sequence * 10 } }),
  } as const;
  return JSON.parse(encodeEvent(asId('farm-7'), asId(one.gateway ?? 'gw-1'), stored)) as ForpostEvent;
}

export function exampleAlert(sequence: number, time: number, change: 'raised' | 'cleared', alarm = 'a1'): ForpostEvent {
  const data = {
    alarm,
    rule: 'overload',
    device: 'meter-1',
    change,
    active: change !== 'cleared',
    acknowledged: false,
    severity: 'critical',
    category: 'power',
    message: 'more than 5 kW',
    cause: 'power_w',
    value: 5100,
    count: 1,
    test: false,
    evidence: [],
  };
  return exampleEvent({ sequence, time, lane: 'alerts', type: eventTypes.alert, data });
}

export function exampleStatus(change: Partial<Record<keyof GatewayStatus, unknown>> = {}): GatewayStatus {
  return {
    site: 'farm-7',
    gateway: 'gw-1',
    name: 'Farm',
    version: '0.1.0',
    starts: 1,
    counter: 1,
    at: '2026-01-01T00:00:00.000Z',
    clock: 'synced',
    boot: 'b1',
    uptime: 1000,
    revision: 'r1',
    lanes: [{ epoch: '0011223344556677', lane: 'telemetry', assigned: 10, acknowledged: 8, bytes: 600 }],
    uplinks: [],
    cameras: [],
    devices: [],
    problems: [],
    ...change,
  } as GatewayStatus;
}
