/**
 * A role lists the topics that one kind of consumer publishes and subscribes to, by its project's documents. A new role
 * is one new file in this folder and one line in roles/registry.ts.
 *
 * Always: a role is a pure function of the consumer's configuration; principals.ts denies a role the own topics of
 * devices and of the gateway.
 */
import type { ConsumerConfig } from '../../site/site.ts';

/** MQTT topic filters. */
export interface RoleTopics {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** topics where other consumers may give commands to this one */
  readonly commands: readonly string[];
}

export interface Role {
  /** as the site's configuration names it */
  readonly name: string;
  /** whether the consumer may have a base topic of its own (`base_topic`) */
  readonly hasBase: boolean;
  /** whether the consumer may give commands to every device, and to the consumers whose roles have `commands` topics */
  readonly commands: boolean;
  topics(consumer: ConsumerConfig): RoleTopics;
}

export const defaultDiscoveryPrefix = 'homeassistant';

/** Home Assistant's discovery: <prefix>/<component>/[<node>/]<object>/config, and <prefix>/device/<object>/config. */
export function discoveryOf({ discovery_prefix: prefix = defaultDiscoveryPrefix }: ConsumerConfig): readonly string[] {
  return [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`];
}

/** All topics under Home Assistant's prefix: discovery of all devices, and Home Assistant's birth and will. */
export function discoveryTree({ discovery_prefix: prefix = defaultDiscoveryPrefix }: ConsumerConfig): string {
  return `${prefix}/#`;
}
