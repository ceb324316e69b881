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

/** The principal of this user and password, or undefined. Anonymous never gets here. Costs some 30 ms of a core. */
export type Authenticate = (user: string, password: string) => Promise<Principal | undefined>;

/** What is known of a log-in without computing anything: the first part of `Authenticate`, in microseconds. */
export interface Acquaintance {
  /** the principal of a password that was found right before; `wrong`: it was found wrong; undefined: not known */
  recall(user: string, password: string): Principal | 'wrong' | undefined;
  /** whether a device or consumer has this name */
  isUser(user: string): boolean;
}

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
