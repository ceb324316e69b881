/** Who may connect to the broker, and what each may do there. `broker/` asks; `devices/` knows. */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { PublishRecord } from '../mqtt-state/mqtt-state.ts';
import { FilterSet } from './filter-set.ts';
import { isTopicFilter } from './topic-filter.ts';

export interface Principal {
  readonly kind: 'device' | 'consumer';
  /** the device's or consumer's id: also its MQTT user name */
  readonly id: string;
  /** MQTT topic filters it may publish to */
  readonly publish: readonly string[];
  /** MQTT topic filters it may subscribe to: a subscription must be covered by one of them */
  readonly subscribe: readonly string[];
  /** topics that `publish` matches and that it may not publish to: they belong to others */
  readonly except?: ((topic: string) => boolean) | undefined;
  /** besides `subscribe`: filters and topics with a level that is known in part (Tasmota's fallback topic) */
  readonly subscribeLike?: ((filterOrTopic: string) => boolean) | undefined;
}

/** The broker's own topics (`$SYS`) name connected clients: nobody may publish or subscribe to them. */
export function mayPublish({ publish, except }: Principal, topic: string): boolean {
  return !topic.startsWith('$') && setOf(publish).matches(topic) && !(except?.(topic) ?? false);
}

/** Whether a subscription with this filter is granted: every topic that it matches must be allowed. */
export function maySubscribe({ subscribe, subscribeLike }: Principal, filter: string): boolean {
  if (filter.startsWith('$') || !isTopicFilter(filter)) return false;
  return setOf(subscribe).covers(filter) || (subscribeLike?.(filter) ?? false);
}

/** Whether a message on this topic may be delivered to the principal. */
export function mayReceive({ subscribe, subscribeLike }: Principal, topic: string): boolean {
  return setOf(subscribe).matches(topic) || (subscribeLike?.(topic) ?? false);
}

/** By the list of filters: principals with the same list share its tree. */
const sets = new WeakMap<readonly string[], FilterSet>();

function setOf(filters: readonly string[]): FilterSet {
  let set = sets.get(filters);
  if (set === undefined) {
    set = new FilterSet(filters);
    sets.set(filters, set);
  }
  return set;
}

/**
 * The principal of this user and password; undefined: the log-in is wrong. Never called for an anonymous client. Costs
 * some 30 ms of a core.
 */
export type Authenticate = (user: string, password: string) => Promise<Principal | undefined>;

/** The first part of `Authenticate`, which computes no hash: it takes microseconds. */
export interface Acquaintance {
  /** the principal of a password that was right before; `wrong`: it was wrong before; undefined: unknown */
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
  readonly received: WallTime;
  readonly uptime: Uptime;
  /** the state changes of the publish, for the commit of its events */
  readonly record?: PublishRecord | undefined;
}

/**
 * Admits a publish: when the call returns, alerts have been handed to local subscribers; when the promise resolves, the
 * publish is committed. A rejection withholds the acknowledgement: the device keeps its message.
 */
export type Admit = (publish: DevicePublish) => Promise<void>;
