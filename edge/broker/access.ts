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
  /** topics that `publish` matches and that it may not publish to all the same: they are somebody else's */
  readonly except?: ((topic: string) => boolean) | undefined;
  /** beside `subscribe`: filters and topics of which a part of a level is not known (Tasmota's fallback topic) */
  readonly subscribeLike?: ((filterOrTopic: string) => boolean) | undefined;
}

/** Topics of the broker's own (`$SYS`) are nobody's to publish, and tell who is connected: nobody needs them. */
export function mayPublish({ publish, except }: Principal, topic: string): boolean {
  return !topic.startsWith('$') && setOf(publish).matches(topic) && !(except?.(topic) ?? false);
}

/** Whether a subscription with this filter is granted: all of what it matches must be allowed. */
export function maySubscribe({ subscribe, subscribeLike }: Principal, filter: string): boolean {
  if (filter.startsWith('$') || !isTopicFilter(filter)) return false;
  return setOf(subscribe).covers(filter) || (subscribeLike?.(filter) ?? false);
}

/** Whether a message on this topic may reach it. */
export function mayReceive({ subscribe, subscribeLike }: Principal, topic: string): boolean {
  return setOf(subscribe).matches(topic) || (subscribeLike?.(topic) ?? false);
}

/** By the list: principals that share one share its tree. */
const sets = new WeakMap<readonly string[], FilterSet>();

function setOf(filters: readonly string[]): FilterSet {
  let set = sets.get(filters);
  if (set === undefined) {
    set = new FilterSet(filters);
    sets.set(filters, set);
  }
  return set;
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
  readonly received: WallTime;
  readonly uptime: Uptime;
  /** what the broker has to remember of it, in the commit of its events */
  readonly record?: PublishRecord | undefined;
}

/**
 * Takes a publish in: alerts have been handed to local subscribers when it returns, and the promise resolves when the
 * publish is committed. A rejection withholds the acknowledgement: the device keeps its message.
 */
export type Admit = (publish: DevicePublish) => Promise<void>;
