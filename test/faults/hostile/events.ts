/** Events and alarms of the two gateways of centre.ts. */
import { encodeEvent } from '@forpost/shared/event/codec.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import { expect } from 'vitest';
import type { AlarmsAnswer } from '../../../cloud/alarms/schemas.ts';
import type { Notification } from './centre.ts';

/** The present epoch of both gateways' outboxes; each test begins a new one. */
export const life = { epoch: 0 };

interface EventParts {
  readonly lane?: Lane;
  readonly time?: number;
  readonly site?: string;
  readonly data?: object;
}

/** JSON of one event of a gateway, in the outbox's present life. */
export function eventOf(
  gateway: string,
  sequence: number,
  { lane = 'telemetry', time, site, data }: EventParts = {},
): string {
  const at = Date.now();
  return encodeEvent(asId(site ?? `site-of-${gateway}`), asId(gateway), {
    epoch: asId<'epoch'>(`e${life.epoch}`),
    lane,
    sequence,
    device: asId<'device'>('gate'),
    type: lane === 'alerts' ? 'forpost.alert.v1' : 'forpost.reading.v1',
    time: time ?? at,
    received: time ?? at,
    clock: 'synced',
    boot: 'b',
    uptime: sequence,
    data: JSON.stringify(data ?? { values: { power_w: sequence } }),
  });
}

/** JSON of an alert: «somebody at the gate». */
export const alarm = (gateway: string, sequence: number, severity = 'critical') =>
  eventOf(gateway, sequence, {
    lane: 'alerts',
    data: {
      alarm: `alarm-${life.epoch}-${sequence}`,
      rule: 'gate',
      device: 'gate',
      change: 'raised',
      active: true,
      acknowledged: false,
      severity,
      category: 'security',
      message: `somebody at the gate (${life.epoch}-${sequence})`,
      cause: 'zone-entered',
      count: 1,
      test: false,
      evidence: [],
    },
  });

/**
 * Raises ten critical alarms of the honest gateway, one each `everyMs`. Resolves to the time from each alarm to its
 * notification, ms.
 */
export async function tenAlarms(
  notified: readonly Notification[],
  everyMs: number,
  raise: (n: number) => Promise<unknown>,
): Promise<number[]> {
  const sent = new Map<string, number>();
  for (let n = 1; n <= 10; n++) {
    sent.set(`alarm-${life.epoch}-${n}`, performance.now());
    await raise(n);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const notificationOf = (name: string) =>
    notified.find(({ gateway, alarm: id }) => gateway === 'gw-good' && id === name);
  await expect
    .poll(() => [...sent.keys()].filter((name) => notificationOf(name) !== undefined).length, { timeout: 20_000 })
    .toBe(10);
  return [...sent].map(([name, at]) => (notificationOf(name)?.at ?? Number.POSITIVE_INFINITY) - at);
}

/** Shares of both gateways in the alarm list of a page that shows 1,000. */
export async function listShares(api: <T>(path: string) => Promise<T>) {
  const { alarms, not_listed: more } = await api<AlarmsAnswer>('/api/v1/alarms?limit=1000');
  const names = alarms.filter(({ gateway }) => gateway === 'gw-good').map(({ alarm: id }) => id);
  return { good: new Set(names).size, bad: alarms.filter(({ gateway }) => gateway === 'gw-bad').length, more };
}
