/** Who may connect to the broker, and what each may do there. `broker/` asks; `devices/` knows. */
import type { PublishRecord } from '../outbox/remembered.ts';

export interface Principal {
  readonly kind: 'device' | 'consumer';
  /** the device's or consumer's id: also its MQTT user name */
  readonly id: string;
  /** MQTT topic filters it may publish to */
  readonly publish: readonly string[];
  /** MQTT topic filters it may subscribe to: a subscription must be covered by one of them */
  readonly subscribe: readonly string[];
}

/** The principal of this user and password, or undefined. Anonymous never gets here. */
export type Authenticate = (user: string, password: string) => Promise<Principal | undefined>;

/** One publish of a device, before it is acknowledged. Times as everywhere: ms since 1970 and ms of the monotonic clock. */
export interface DevicePublish {
  readonly device: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly duplicate: boolean;
  readonly received: number;
  readonly uptime: number;
  /** what the broker has to remember of it, in the commit of its events */
  readonly record?: PublishRecord | undefined;
}

/**
 * Takes a publish in: alerts have been handed to local subscribers when it returns, and the promise resolves when the
 * publish is committed. A rejection withholds the acknowledgement: the device keeps its message.
 */
export type Admit = (publish: DevicePublish) => Promise<void>;
