/**
 * A role is what a kind of consumer publishes and subscribes to by its project's documents. A new role is one new file
 * in this folder and one line in roles/registry.ts.
 *
 * Always: a role is a pure function of the consumer's configuration; what it asks for is granted only where it is
 * nobody else's (principals.ts).
 */
import type { ConsumerConfig } from '../../site/site.ts';

/** MQTT topic filters. */
export interface RoleTopics {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** where a consumer that gives commands writes to it */
  readonly commands: readonly string[];
}

export interface Role {
  /** as the site's configuration names it */
  readonly name: string;
  /** whether it has a base topic of its own (`base_topic`) */
  readonly hasBase: boolean;
  /** whether it gives commands to every device, and to the consumers that take some */
  readonly commands: boolean;
  topics(consumer: ConsumerConfig): RoleTopics;
}

export const defaultDiscoveryPrefix = 'homeassistant';

/** Home Assistant's discovery: <prefix>/<component>/[<node>/]<object>/config, and <prefix>/device/<object>/config. */
export function discoveryOf({ discovery_prefix: prefix = defaultDiscoveryPrefix }: ConsumerConfig): readonly string[] {
  return [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`];
}

/** Everything that stands under Home Assistant's prefix: the configurations of others, and its birth and will. */
export function discoveryTree({ discovery_prefix: prefix = defaultDiscoveryPrefix }: ConsumerConfig): string {
  return `${prefix}/#`;
}
