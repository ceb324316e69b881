/**
 * Computes which topics each device and consumer of a site may publish and subscribe to, from the site's configuration; of a
 * changed site from the rights before.
 *
 *   device    publishes to the topics that its decoder names (decoder.ts), subscribes to its commands
 *   bridge    as a device; it speaks for the devices behind it, which have no log-in
 *   consumer  publishes and subscribes by its own filters, and by those of its roles (roles/)
 *
 * Always: only the device itself publishes to its own topics: no other device and no consumer, whatever its filters.
 * Consumers publish to the topics of a device's commands. Under `forpost/` only the gateway publishes; the exceptions are
 * native devices' own topics and consumers' commands on `forpost/devices/<device>/commands`. Rights that were made from those
 * before are the rights of the new site alone; until they are put in force, those before hold.
 */
import { isDeepStrictEqual } from 'node:util';
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

/** Devices whose topics may change in one turn: some ms. More of them are set up apart, in steps. */
const mostInPlace = 100;

interface DeviceTopics extends MoreTopics {
  readonly read: readonly string[];
  readonly subscribe: readonly string[];
}

/** A device or bridge with its rights. */
interface DeviceRights {
  readonly config: DeviceConfig;
  readonly isBridge: boolean;
  readonly topics: DeviceTopics;
  readonly principal: Principal;
}

interface ConsumerRights {
  readonly config: ConsumerConfig;
  readonly principal: Principal;
}

/** Topics of all devices and bridges, which the exceptions of every principal read. `commit` alone changes them. */
interface AllTopics {
  owned: FilterSet;
  commands: FilterSet;
}

/** The rights of a site, from which those of the next one are made. */
export interface Rights {
  /** by user name */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly devices: ReadonlyMap<string, DeviceRights>;
  readonly consumers: ReadonlyMap<string, ConsumerRights>;
  readonly all: AllTopics;
}

type Principals = Pick<Site, 'devices' | 'bridges' | 'consumers'>;

const noRights = (): Rights => ({
  principals: new Map(),
  devices: new Map(),
  consumers: new Map(),
  all: { owned: new FilterSet(), commands: new FilterSet() },
});

/** The principals by user name. @throws RangeError for an unknown decoder; the check of site.yaml refuses it before */
export function principalsOf(site: Principals): ReadonlyMap<string, Principal> {
  return rightsOf(site).principals;
}

/** The rights of a site. @throws RangeError for an unknown decoder */
export function rightsOf(site: Principals): Rights {
  return atOnce(rightSteps(site))();
}

/**
 * The rights of a site in steps (shared/slices.ts), from those of the site before: a device or consumer that a change does
 * not touch keeps its principal, the same object. What it returns puts them in force, once.
 * @throws RangeError for an unknown decoder
 */
export function* rightSteps(site: Principals, before: Rights = noRights()): Generator<void, () => Rights, void> {
  const { all } = before;
  const { devices, added, removed } = yield* deviceSteps(site, before);
  const setTopics = yield* topicSteps(all, devices, before, added, removed);
  const hasCommands = ({ topics }: DeviceRights) => (topics.commands ?? []).length > 0;
  const consumers =
    isSameConsumers(site.consumers, before.consumers) && ![...added, ...removed].some(hasCommands)
      ? before.consumers
      : yield* consumerSteps(site.consumers, devices, all);
  const principals = new Map<string, Principal>();
  for (const [id, { principal }] of devices) {
    principals.set(id, principal);
    yield;
  }
  for (const [id, { principal }] of consumers) principals.set(id, principal);
  return () => {
    setTopics();
    return { principals, devices, consumers, all };
  };
}

interface DeviceSteps {
  readonly devices: ReadonlyMap<string, DeviceRights>;
  /** those with topics that they did not have */
  readonly added: readonly DeviceRights[];
  /** those that are gone, or had other topics */
  readonly removed: readonly DeviceRights[];
}

function* deviceSteps(site: Principals, before: Rights): Generator<void, DeviceSteps, void> {
  const isBridge = new Set<string>(site.bridges?.map(({ id }) => id) ?? []);
  const devices = new Map<string, DeviceRights>();
  const added: DeviceRights[] = [];
  const removed: DeviceRights[] = [];
  for (const config of logInsOf(site)) {
    const known = before.devices.get(config.id);
    const rights = rightsOfDevice(config, isBridge.has(config.id), known, before.all);
    devices.set(config.id, rights);
    if (rights.principal !== known?.principal) {
      added.push(rights);
      if (known !== undefined) removed.push(known);
    }
    yield;
  }
  for (const [id, known] of before.devices) {
    if (!devices.has(id)) removed.push(known);
    yield;
  }
  return { devices, added, removed };
}

/** The same rights where only a name or a place changed. */
function rightsOfDevice(
  config: DeviceConfig,
  isBridge: boolean,
  known: DeviceRights | undefined,
  all: AllTopics,
): DeviceRights {
  if (known !== undefined && known.isBridge === isBridge) {
    if (known.config === config) return known;
    if (isDeepStrictEqual(withoutWords(known.config), withoutWords(config))) return { ...known, config };
  }
  const topics = topicsOf(config, isBridge);
  const principal = deviceOf(config.id, topics, all);
  return { config, isBridge, topics, principal: isBridge ? { ...principal, isBridge: true } : principal };
}

/** What topics depend on: neither words for people nor the devices behind a bridge. */
function withoutWords(config: DeviceConfig & { readonly devices?: unknown }): object {
  const { name: _, place: __, devices: ___, ...rest } = config;
  return rest;
}

/** Prepares the topics of all devices: a few changes are made by what it returns, many are prepared in sets of their own. */
function* topicSteps(
  all: AllTopics,
  devices: ReadonlyMap<string, DeviceRights>,
  before: Rights,
  added: readonly DeviceRights[],
  removed: readonly DeviceRights[],
): Generator<void, () => void, void> {
  if (before.devices.size > 0 && added.length + removed.length <= mostInPlace)
    return () => {
      for (const { topics } of removed) removeTopics(all, topics);
      for (const { topics } of added) addTopics(all, topics);
    };
  const next: AllTopics = { owned: new FilterSet(reserved), commands: new FilterSet() };
  for (const { topics } of devices.values()) {
    addTopics(next, topics);
    yield;
  }
  return () => {
    all.owned = next.owned;
    all.commands = next.commands;
  };
}

function addTopics({ owned, commands }: AllTopics, topics: DeviceTopics): void {
  for (const filter of ownOf(topics)) owned.add(filter);
  for (const filter of topics.commands ?? []) commands.add(filter);
}

function removeTopics({ owned, commands }: AllTopics, topics: DeviceTopics): void {
  for (const filter of ownOf(topics)) owned.remove(filter);
  for (const filter of topics.commands ?? []) commands.remove(filter);
}

function isSameConsumers(consumers: readonly ConsumerConfig[], before: Rights['consumers']): boolean {
  return (
    consumers.length === before.size &&
    consumers.every((consumer) => {
      const known = before.get(consumer.id)?.config;
      return known === consumer || isDeepStrictEqual(known, consumer);
    })
  );
}

function* consumerSteps(
  consumers: readonly ConsumerConfig[],
  devices: ReadonlyMap<string, DeviceRights>,
  all: AllTopics,
): Generator<void, Rights['consumers'], void> {
  const allCommands = new Set<string>();
  for (const { topics } of devices.values()) {
    for (const filter of topics.commands ?? []) allCommands.add(filter);
    yield;
  }
  const speaking = consumers.map((consumer) => ({ consumer, roles: rolesOf(consumer) }));
  for (const { consumer, roles } of speaking)
    for (const role of roles) for (const filter of role.topics(consumer).commands) allCommands.add(filter);
  const except = (topic: string) => all.owned.matches(topic) && !all.commands.matches(topic);
  const rights = new Map<string, ConsumerRights>();
  for (const { consumer, roles } of speaking) {
    const principal = consumerOf(consumer, roles, [...allCommands], except);
    // a home automation may write to the command topics of every device
    yield* compiling(principal.publish);
    rights.set(consumer.id, { config: consumer, principal });
  }
  return rights;
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

function deviceOf(id: string, topics: DeviceTopics, all: Readonly<AllTopics>): Principal {
  const { subscribe, shared = [], subscribeLike } = topics;
  const own = ownOf(topics);
  return {
    kind: 'device',
    id,
    publish: [...own, ...shared],
    subscribe,
    ...(shared.length === 0 ? {} : { except: exceptOfDevice(own, all) }),
    ...(subscribeLike === undefined ? {} : { subscribeLike }),
  };
}

/** Whether a topic that several devices may share belongs to another device. */
function exceptOfDevice(own: readonly string[], all: Readonly<AllTopics>): (topic: string) => boolean {
  let ownSet: FilterSet | undefined;
  return (topic) => {
    // made with the first publish: most devices of a large site are silent for a while
    ownSet ??= new FilterSet(own);
    return !ownSet.matches(topic) && (all.owned.matches(topic) || all.commands.matches(topic));
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
