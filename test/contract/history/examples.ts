/** Example events for the suites of the history. */
import { decodeEvent, encodeEvent } from '@forpost/shared/event/codec.ts';
import { type AlertData, type ClockQuality, eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';

export interface Parts {
  readonly gateway: string;
  readonly epoch?: string;
  readonly lane?: Lane;
  readonly sequence: number;
  readonly device?: string | null;
  readonly type?: string;
  readonly time?: number;
  readonly received?: number;
  readonly clock?: ClockQuality;
  readonly boot?: string;
  readonly uptime?: number;
  readonly data?: unknown;
}

export const noon = Date.UTC(2026, 0, 1, 12);
let gateways = 0;
/** Each test has its own gateway, so that tests share one history without seeing each other's events. */
export const newGateway = () => `gw-${++gateways}`;

export function event(parts: Parts): ForpostEvent {
  const decoded = decodeEvent(
    encodeEvent(asId<'site'>('home'), asId<'gateway'>(parts.gateway), {
      epoch: asId<'epoch'>(parts.epoch ?? 'e1'),
      lane: parts.lane ?? 'telemetry',
      sequence: parts.sequence,
      type: parts.type ?? eventTypes.reading,
      device: parts.device === null ? null : asId<'device'>(parts.device ?? `${parts.gateway}-meter`),
      time: parts.time ?? noon,
      received: parts.received ?? parts.time ?? noon,
      clock: parts.clock ?? 'synced',
      boot: parts.boot ?? 'boot-1',
      uptime: parts.uptime ?? 1000 + parts.sequence,
      data: JSON.stringify(parts.data ?? { values: { power_w: parts.sequence } }),
    }),
  );
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.event;
}

export function alert(parts: Parts, alarm: string, data: Partial<AlertData>): ForpostEvent {
  const full: AlertData = {
    alarm,
    rule: 'overload',
    device: `${parts.gateway}-meter`,
    change: 'raised',
    active: true,
    acknowledged: false,
    severity: 'warning',
    category: 'power',
    message: 'too much',
    cause: 'power_w',
    count: 1,
    test: false,
    evidence: [],
    ...data,
  };
  return event({ ...parts, lane: 'alerts', type: eventTypes.alert, data: full });
}

/** A clock event: at `uptime` of that boot true time was uptime + offset. */
export function clockEvent(
  gateway: string,
  sequence: number,
  boot: string,
  uptime: number,
  offset: unknown,
): ForpostEvent {
  return event({
    gateway,
    lane: 'alerts',
    sequence,
    device: null,
    type: eventTypes.clock,
    boot,
    uptime,
    time: typeof offset === 'number' ? uptime + offset : 0,
    data: { boot, offset_ms: offset, source: 'chrony' },
  });
}
