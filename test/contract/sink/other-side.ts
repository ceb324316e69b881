/** A sink and its other side, and the events and states that the contract sends. */
import type { Sink, SinkBatch, SinkIdentity } from '../../../edge/uplink/sink.ts';
import type { SinkContext } from '../../../edge/uplink/sink-kind.ts';
import { systemClock } from '../../../shared/clock.ts';
import { encodeEvent, type StoredEvent } from '../../../shared/event/codec.ts';
import type { DeviceId, Epoch, GatewayId, Lane, SiteId } from '../../../shared/event/ids.ts';
import type { GatewayStatus } from '../../../shared/event/status.ts';
import { silentLogger } from '../../../shared/logging.ts';

const identity: SinkIdentity = { site: 'home' as SiteId, gateway: 'gw-1' as GatewayId };
export const token = 'a-token-of-this-gateway-alone';
export const deadlineMs = 10_000;

/** What a gateway gives its sink `name`. */
export const context = (name: string, secret: SinkContext['secret'] = { token }): SinkContext => ({
  name,
  identity,
  secret,
  clock: systemClock,
  logger: silentLogger(),
});

/** A sink and its other side, which the test can inspect, freeze and thaw. */
export interface OtherSide {
  readonly sink: Sink;
  /** the same kind of sink with a wrong address */
  readonly lost: Sink;
  /** JSON of the events in a lane, in order of arrival */
  arrived(lane: Lane): Promise<readonly string[]>;
  /** JSON of the events that were marked as replayed */
  replayed(lane: Lane): Promise<readonly string[]>;
  statuses(): Promise<readonly GatewayStatus[]>;
  freeze(): void | Promise<void>;
  thaw(): void;
  stop(): Promise<void>;
}

let numbers = 0;

/** The next `count` events of a lane. */
export function nextBatch(lane: Lane, count: number, data = '{"values":{"power_w":512.3}}'): SinkBatch {
  const epoch = 'e-1' as Epoch;
  const records = Array.from({ length: count }, () => {
    const sequence = ++numbers;
    const event: StoredEvent = {
      epoch,
      lane,
      sequence,
      type: 'forpost.reading.v1',
      device: 'meter' as DeviceId,
      time: 1_780_000_000_000,
      received: 1_780_000_000_001,
      clock: 'synced',
      boot: 'b',
      uptime: 5,
      data,
    };
    return { sequence, json: encodeEvent(identity.site, identity.gateway, event) };
  });
  return { epoch, lane, records };
}

/** The gateway's state with the number `counter`. */
export const status = (counter: number): GatewayStatus => ({
  ...identity,
  name: 'Home',
  version: '0.1.0',
  starts: 1,
  counter,
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
});
