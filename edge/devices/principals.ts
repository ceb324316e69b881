/**
 * Computes which topics each device and consumer of a site may publish and subscribe to. A pure function of the site's
 * configuration.
 *
 *   device    publishes to the topics that its decoder names (decoder.ts), subscribes to its commands
 *   bridge    as a device; it speaks for the devices behind it, which have no log-in
 *   consumer  publishes and subscribes by its own filters, and by those of its roles (roles/)
 *
 * Always: only the device itself publishes to its own topics: no other device and no consumer, whatever its filters.
 * Consumers publish to the topics of a device's commands. Under `forpost/` only the gateway publishes; the exceptions are
 * native devices' own topics and consumers' commands on `forpost/devices/<device>/commands`.
 */

import { atOnce } from '@forpost/shared/slices.ts';
import { compiling, type Principal } from '../broker/access.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { ConsumerConfig, DeviceConfig, Site } from '../site/site.ts';
import { logInsOf } from '../site/site-devices.ts';
import type { Decoder, MoreTopics } from './decoder.ts';
import { decoderNamed } from './decoders/registry.ts';
import { roleNamed } from './roles/registry.ts';
import type { Role, RoleTopics } from './roles/role.ts';

/** Topics of the gateway itself and of native devices. */
const reserved = ['forpost/#'];

interface DeviceTopics extends MoreTopics {
  readonly read: readonly string[];
  readonly subscribe: readonly string[];
}

/** The principals by user name. @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
export function principalsOf(site: Pick<Site, 'devices' | 'bridges' | 'consumers'>): Map<string, Principal> {
  return atOnce(principalSteps(site));
}

/** The same in steps (shared/slices.ts): the rights of 5,000 devices are some 0.3 s of a slow core. */
export function* principalSteps(
  site: Pick<Site, 'devices' | 'bridges' | 'consumers'>,
): Generator<void, Map<string, Principal>, void> {
  const { bridges = [], consumers } = site;
  const isBridge = new Set<string>(bridges.map(({ id }) => id));
  const topics = new Map<string, DeviceTopics>();
  const owned = new FilterSet(reserved);
  const commands = new FilterSet();
  const allCommands = new Set<string>();
  for (const device of logInsOf(site)) {
    const own = topicsOf(device, isBridge.has(device.id));
    topics.set(device.id, own);
    for (const filter of ownOf(own)) owned.add(filter);
    for (const filter of own.commands ?? []) {
      commands.add(filter);
      allCommands.add(filter);
    }
    yield;
  }
  const speaking = consumers.map((consumer) => ({ consumer, roles: rolesOf(consumer) }));
  for (const { consumer, roles } of speaking)
    for (const role of roles) for (const filter of role.topics(consumer).commands) allCommands.add(filter);
  const exceptOfConsumer = (topic: string) => owned.matches(topic) && !commands.matches(topic);
  const principals = new Map<string, Principal>();
  for (const [id, own] of topics) {
    const device = deviceOf(id, own, { owned, commands });
    principals.set(id, isBridge.has(id) ? { ...device, isBridge: true } : device);
    yield;
  }
  for (const { consumer, roles } of speaking) {
    const principal = consumerOf(consumer, roles, [...allCommands], exceptOfConsumer);
    // a home automation may write to the command topics of every device
    yield* compiling(principal.publish);
    principals.set(consumer.id, principal);
  }
  return principals;
}

/** The topics that only this device or bridge publishes to. */
export function ownTopics(device: DeviceConfig, isBridge = false): readonly string[] {
  return ownOf(topicsOf(device, isBridge));
}

/** The topics whose messages the decoder reads. */
export function readTopics(device: DeviceConfig, decoder: Decoder, isBridge: boolean): readonly string[] {
  const all = decoder.publishFilters(device);
  return isBridge ? [...all, ...(decoder.bridgeFilters?.(device) ?? [])] : all;
}

/** Topics where consumers may give this device commands; none for an unknown decoder. */
export function commandTopicsOf(device: DeviceConfig): readonly string[] {
  return decoderNamed(device.decoder)?.moreTopics?.(device).commands ?? [];
}

export function rolesOf({ role = [] }: Pick<ConsumerConfig, 'role'>): readonly Role[] {
  return [role].flat().flatMap((name) => roleNamed(name) ?? []);
}

function topicsOf(device: DeviceConfig, isBridge: boolean): DeviceTopics {
  const decoder = decoderNamed(device.decoder);
  if (decoder === undefined) throw new RangeError(`device "${device.id}": there is no decoder "${device.decoder}"`);
  return {
    ...decoder.moreTopics?.(device),
    read: readTopics(device, decoder, isBridge),
    subscribe: decoder.subscribeFilters(device),
  };
}

function ownOf({ read, unread = [] }: DeviceTopics): readonly string[] {
  return [...read, ...unread];
}

function deviceOf(
  id: string,
  topics: DeviceTopics,
  others: { readonly owned: FilterSet; readonly commands: FilterSet },
): Principal {
  const { subscribe, shared = [], subscribeLike } = topics;
  const own = ownOf(topics);
  return {
    kind: 'device',
    id,
    publish: [...own, ...shared],
    subscribe,
    ...(shared.length === 0 ? {} : { except: exceptOfDevice(own, others) }),
    ...(subscribeLike === undefined ? {} : { subscribeLike }),
  };
}

/** Whether a topic that several devices may share belongs to another device. */
function exceptOfDevice(
  own: readonly string[],
  others: { readonly owned: FilterSet; readonly commands: FilterSet },
): (topic: string) => boolean {
  let ownSet: FilterSet | undefined;
  return (topic) => {
    // made with the first publish: most devices of a large site are silent for a while
    ownSet ??= new FilterSet(own);
    return !ownSet.matches(topic) && (others.owned.matches(topic) || others.commands.matches(topic));
  };
}

function consumerOf(
  consumer: ConsumerConfig,
  roles: readonly Role[],
  allCommands: readonly string[],
  except: (topic: string) => boolean,
): Principal {
  const { id, subscribe = [], publish = [] } = consumer;
  const topics: readonly RoleTopics[] = roles.map((role) => role.topics(consumer));
  const filters = distinct([
    ...publish,
    ...topics.flatMap((role) => role.publish),
    ...(roles.some((role) => role.commands) ? allCommands : []),
  ]);
  return {
    kind: 'consumer',
    id,
    publish: filters,
    subscribe: distinct([...subscribe, ...topics.flatMap((role) => role.subscribe)]),
    ...(filters.length === 0 ? {} : { except }),
  };
}

function distinct(filters: readonly string[]): readonly string[] {
  return [...new Set(filters)];
}
