/** What the tests of ingest share: events as they come from a gateway. */
import { decodeEvent, encodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';

export interface EventChange {
  readonly gateway?: string;
  readonly epoch?: string;
  readonly lane?: Lane;
  readonly power?: number;
}

/** The JSON of event `sequence`, as a gateway sends it. */
export function eventJson(sequence: number, change: EventChange = {}): string {
  return encodeEvent(asId('home'), asId(change.gateway ?? 'gw-1'), {
    epoch: asId(change.epoch ?? 'e1'),
    lane: change.lane ?? 'telemetry',
    sequence,
    type: 'forpost.reading.v1',
    device: asId('meter'),
    time: 1_780_000_000_000 + sequence,
    received: 1_780_000_000_001 + sequence,
    clock: 'synced',
    boot: 'b',
    uptime: sequence,
    data: JSON.stringify({ values: { power_w: change.power ?? sequence } }),
  });
}

export function event(sequence: number, change: EventChange = {}): ForpostEvent {
  const decoded = decodeEvent(eventJson(sequence, change));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.event;
}

export function gatewayStatus(change: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    site: asId('home'),
    gateway: asId('gw-1'),
    name: 'Home',
    version: '0.1.0',
    starts: 1,
    counter: 1,
    at: '2026-06-01T12:00:00.000Z',
    clock: 'synced',
    boot: 'b',
    uptime: 1,
    revision: 'r',
    lanes: [],
    uplinks: [],
    cameras: [],
    devices: [],
    problems: [],
    ...change,
  };
}
