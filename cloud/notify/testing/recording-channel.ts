/** Shared by the notifier's tests: alert events, and a channel whose answers the test gives. */
import { decodeEvent, encodeEvent } from '@forpost/shared/event/codec.ts';
import { type ClockQuality, eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { Channel, Notification } from '../channel.ts';

interface Times {
  readonly time?: number;
  readonly received?: number;
  readonly clock?: ClockQuality;
}

/** The JSON of an alert event as it stands in a Kafka record; each event has its own alarm unless `data` names one. */
export function alertJson(sequence: number, data: object, times: Times = {}): string {
  return encodeEvent(asId<'site'>('home'), asId<'gateway'>('gw-1'), {
    epoch: asId<'epoch'>('e1'),
    lane: 'alerts',
    sequence,
    type: eventTypes.alert,
    device: asId<'device'>('heat-pump'),
    time: times.time ?? times.received ?? 0,
    received: times.received ?? 0,
    clock: times.clock ?? 'synced',
    boot: 'b',
    uptime: sequence,
    data: JSON.stringify({
      alarm: `alarm-${sequence}`,
      rule: 'overload',
      device: 'heat-pump',
      change: 'raised',
      active: true,
      acknowledged: false,
      severity: 'warning',
      category: 'power',
      message: 'too much power',
      cause: 'power_w',
      count: 1,
      test: false,
      evidence: [],
      ...data,
    }),
  });
}

export function alertEvent(sequence: number, data: object, times: Times = {}): ForpostEvent {
  const decoded = decodeEvent(alertJson(sequence, data, times));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.event;
}

export interface Call {
  readonly notification: Notification;
  readonly signal: AbortSignal;
  readonly done: () => void;
  readonly fail: (reason: string) => void;
  readonly reject: (error: Error) => void;
}

/** A channel whose calls wait until the test ends each one. */
export class HeldChannel implements Channel {
  readonly name: string;
  readonly calls: Call[] = [];

  constructor(name: string) {
    this.name = name;
  }

  send(notification: Notification, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({ notification, signal, done: resolve, fail: (reason) => reject(new Error(reason)), reject });
    });
  }

  ids(): string[] {
    return this.calls.map(({ notification }) => notification.id);
  }
}
