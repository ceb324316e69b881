/** The interface for log-in and access rights: `broker/` asks, and `devices/` implements it. */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { PublishRecord } from '../mqtt-state/mqtt-state.ts';
import { FilterSet } from './filter-set.ts';
import { isTopicFilter } from './topic-filter.ts';

export interface Principal {
  readonly kind: 'device' | 'consumer';
  /** the device's or consumer's id: also its MQTT user name */
  readonly id: string;
  /** a device that speaks for many: it gets a consumer's limits (packets, retained messages, subscriptions) */
  readonly isBridge?: true;
  /** MQTT topic filters it may publish to */
  readonly publish: readonly string[];
  /** MQTT topic filters it may subscribe to: a subscription must be covered by one of them */
  readonly subscribe: readonly string[];
  /** exceptions from `publish`: topics that belong to other principals */
  readonly except?: ((topic: string) => boolean) | undefined;
  /** in addition to `subscribe`: filters and topics with a level that is known in part (Tasmota's fallback topic) */
  readonly subscribeLike?: ((filterOrTopic: string) => boolean) | undefined;
}

/** Whose limits hold for a principal. */
export function limitsOf({ kind, isBridge }: Principal): Principal['kind'] {
  return isBridge === true ? 'consumer' : kind;
}

/** The broker's own topics (`$SYS`) would reveal connected clients: no client may publish or subscribe to them. */
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

/** Trees by list of filters: principals with equal lists share a tree. */
const sets = new WeakMap<readonly string[], FilterSet>();

function setOf(filters: readonly string[]): FilterSet {
  let set = sets.get(filters);
  if (set === undefined) {
    set = new FilterSet(filters);
    sets.set(filters, set);
  }
  return set;
}

/** An accepted log-in: its principal and its credential. */
export interface Granted {
  readonly principal: Principal;
  /** names the credential that was right; a connection ends when the credential ends */
  readonly credential: string;
}

/** What a credential is worth now. `replaced`: the principal has others; `revoked`: it has none, or is gone. */
export type Standing = 'valid' | 'replaced' | 'revoked';

/** The certificate that a client has shown, and whose key it has (TLS has proven that). */
export interface ShownCertificate {
  /** SHA-256 of the certificate: 64 hex digits in small letters */
  readonly fingerprint: string;
  /** CN and SANs, where the CA of clients' certificates vouches for them; else empty */
  readonly names: readonly string[];
}

/** Makes the tree of a long list of filters in steps: it would otherwise be made whole at the first publish. */
export function* compiling(filters: readonly string[]): Generator<void, void, void> {
  const set = new FilterSet();
  for (const filter of filters) {
    set.add(filter);
    yield;
  }
  sets.set(filters, set);
}

/**
 * Checks a user and password; undefined: the log-in is wrong. Never called for an anonymous client. Costs some 30 ms of a
 * core. `clientId`: of CONNECT.
 */
export type Authenticate = (user: string, password: string, clientId: string) => Promise<Granted | undefined>;

/** The part of the log-in that computes no slow hash and takes microseconds. */
export interface Acquaintance {
  /** a password that was right before, or is made; `wrong`: it was wrong before; undefined: unknown */
  recall(user: string, password: string, clientId: string): Granted | 'wrong' | undefined;
  /** the device, bridge or consumer that has this user name; undefined: none */
  idOf(user: string, clientId: string): string | undefined;
  /** the log-in by this certificate; undefined: no device, bridge or consumer has it */
  recognise?(certificate: ShownCertificate): Granted | undefined;
}

/** A publish of a device, before its acknowledgement. Times in ms since 1970 and in ms of the monotonic clock. */
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
 * Admits a publish. When the call returns, local subscribers have got its alerts; when the promise resolves, the publish is
 * committed. After a rejection the device gets no acknowledgement, and keeps its message.
 */
export type Admit = (publish: DevicePublish) => Promise<void>;
