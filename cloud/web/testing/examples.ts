/** Views as a centre sends them, for tests of the page. */
import type { AlarmView } from '../../alarms/schemas.ts';
import type { EventView } from '../../events/schemas.ts';
import type { GatewayView } from '../../gateways/schemas.ts';
import type { LedgerView } from '../../ledger/schemas.ts';

const site = 'farm';

const minute = 60_000;
export const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

export function gatewayView(id: string, change: Partial<GatewayView> = {}): GatewayView {
  return {
    gateway: id,
    site,
    online: true,
    in_service: true,
    last_contact: ago(1000),
    name: `Gateway ${id}`,
    version: '0.1.0',
    at: ago(1000),
    clock: 'synced',
    revision: 'r1',
    backlog: { events: 0, bytes: 0 },
    lanes: [],
    uplinks: [
      { sink: 'kafka', state: 'live', since: ago(minute), reason: '', events: 0, bytes: 0, eventsPerSecond: 2 },
    ],
    cameras: [{ id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 5, detector: 'motion' }],
    devices: [
      {
        id: 'meter',
        name: 'Main meter',
        connected: true,
        lastSeen: ago(1000),
        messages: 7,
        deadLetters: 0,
        values: { power_w: 512 },
      },
    ],
    problems: [],
    ...change,
  } as GatewayView;
}

export function alarmView(id: string, change: Partial<AlarmView> = {}): AlarmView {
  return {
    alarm: id,
    event: `gw-1/e/alerts/${id}`,
    site,
    gateway: 'gw-1',
    device: 'meter',
    rule: 'overload',
    severity: 'critical',
    category: 'power',
    message: `House connection overloaded (${id})`,
    cause: 'power_w',
    value: 25_000,
    count: 1,
    active: true,
    open: true,
    acknowledged: false,
    test: false,
    change: 'raised',
    raised: ago(minute),
    changed: ago(minute),
    evidence: [],
    ...change,
  } as AlarmView;
}

export function eventView(sequence: number, change: Partial<EventView> = {}): EventView {
  return {
    specversion: '1.0',
    id: `gw-1/e/telemetry/${sequence}`,
    source: `forpost/${site}/gw-1`,
    type: 'forpost.reading.v1',
    subject: 'meter',
    time: ago(sequence * 1000),
    datacontenttype: 'application/json',
    site,
    gateway: 'gw-1',
    epoch: 'e',
    lane: 'telemetry',
    sequence: String(sequence),
    received: ago(sequence * 1000),
    stored: ago(sequence * 1000),
    clock: 'synced',
    boot: 'b',
    uptime: '1000',
    data: { values: { power_w: 512 } },
    ...change,
  } as EventView;
}

export function ledgerView(gateway: string): LedgerView {
  const counts = { assigned: 100, received: 100, shed: 0, missing: 0, waiting: 0, duplicates: 0 };
  return { gateway, ...counts, lanes: [], lanes_left_out: 0 } as unknown as LedgerView;
}
