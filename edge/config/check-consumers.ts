/** Checks the consumers of a site beyond the schema: roles, filters and base topics. */
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { FilterSet } from '../broker/filter-set.ts';
import { isTopicFilter } from '../broker/topic-filter.ts';
import { commandTopicsOf, ownTopics, rolesOf } from '../devices/principals.ts';
import { roleNamed, roles } from '../devices/roles/registry.ts';
import type { ConsumerConfig, Site } from '../site/site.ts';
import { logInsOf } from '../site/site-devices.ts';

/** First levels that no consumer may take as its base: the gateway and devices speak there. */
const reservedTrees = ['forpost', 'tele', 'stat', 'cmnd', 'shellies'];

export function checkConsumers(site: Pick<Site, 'consumers' | 'devices' | 'bridges'>): readonly Problem[] {
  const commands = new FilterSet(logInsOf(site).flatMap(commandTopicsOf));
  return site.consumers.flatMap((consumer, index) =>
    [...rights(consumer), ...bases(consumer), ...filters(consumer), ...forbidden(consumer, commands)].map(
      ({ path, message }) => ({ path: ['consumers', index, ...path], message }),
    ),
  );
}

/** Paths are relative to the consumer, here and below. */
function rights({ id, role, subscribe = [], publish = [] }: ConsumerConfig): readonly Problem[] {
  if (role === undefined && subscribe.length + publish.length === 0)
    return [{ path: [], message: words('mistake/consumer.nothing', { id }) }];
  const names = roles.map(({ name }) => name);
  return [role ?? []]
    .flat()
    .filter((name) => roleNamed(name) === undefined)
    .map((name) => ({
      path: ['role'],
      message: withSuggestion(words('mistake/consumer.role', { name }), name, names),
    }));
}

function bases(consumer: ConsumerConfig): readonly Problem[] {
  const { base_topic: base, discovery_prefix: prefix } = consumer;
  const problems: Problem[] = [];
  if (base !== undefined && !rolesOf(consumer).some(({ hasBase }) => hasBase)) {
    const withBase = roles.filter(({ hasBase }) => hasBase).map(({ name }) => name);
    problems.push({ path: ['base_topic'], message: words('mistake/consumer.base', { names: withBase.join(', ') }) });
  }
  for (const [key, topic] of [['base_topic', base] as const, ['discovery_prefix', prefix] as const]) {
    const [first = ''] = (topic ?? '').split('/');
    if (reservedTrees.includes(first) || first.startsWith('$'))
      problems.push({ path: [key], message: words('mistake/consumer.topic', { topic: `${topic}` }) });
  }
  return problems;
}

function filters({ subscribe = [], publish = [] }: ConsumerConfig): readonly Problem[] {
  return [['subscribe', subscribe] as const, ['publish', publish] as const].flatMap(([key, all]) =>
    all.flatMap((filter, index) => {
      if (isTopicFilter(filter)) return [];
      return [{ path: [key, index], message: words('mistake/consumer.filter', { filter }) }];
    }),
  );
}

/** Filters to which no consumer may ever publish. Under a wider filter, the broker refuses others' topics singly. */
function forbidden({ publish = [] }: ConsumerConfig, commands: FilterSet): readonly Problem[] {
  return publish.flatMap((filter, index) => {
    const [first = ''] = filter.split('/');
    if (!(first === 'forpost' || first.startsWith('$')) || commands.overlapping(filter) !== undefined) return [];
    return [{ path: ['publish', index], message: words('mistake/consumer.forbidden', { filter }) }];
  });
}

/** A warning that only the command line and the log show. */
type UselessFilter = Pick<Problem, 'path'> & { readonly message: string };

/**
 * Filters that only match a device's own topics, as `tele/plug/SENSOR`: the broker drops a consumer's publish there.
 * They stop no start, because they do no harm, and earlier versions took them.
 */
export function uselessFilters(site: Pick<Site, 'consumers' | 'devices' | 'bridges'>): readonly UselessFilter[] {
  const { consumers } = site;
  if (!consumers.some(({ publish = [] }) => publish.length > 0)) return [];
  const devices = logInsOf(site);
  const commands = new FilterSet(devices.flatMap(commandTopicsOf));
  const owned = new FilterSet();
  for (const device of devices) for (const filter of ownTopics(device)) owned.add(filter, device.id);
  return consumers.flatMap(({ id, publish = [] }, index) =>
    publish.flatMap((filter, at): readonly UselessFilter[] => {
      if (!isTopicFilter(filter) || !owned.covers(filter) || commands.overlapping(filter) !== undefined) return [];
      const owner = devices.find((device) => device.id === owned.overlapping(filter));
      const taken = owner === undefined ? [] : commandTopicsOf(owner);
      const instead = taken.length === 0 ? 'it takes no commands' : `its commands are ${taken.join(', ')}`;
      const message = `consumer "${id}" may not publish to "${filter}", because only the device "${owner?.id}" speaks there: the broker drops it; ${instead}`;
      return [{ path: ['consumers', index, 'publish', at], message }];
    }),
  );
}
