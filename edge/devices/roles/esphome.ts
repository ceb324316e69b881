/**
 * One node of ESPHome (esphome.io/components/mqtt.html, and ESPHome's mqtt_client.cpp). The node uses:
 *   `<topic_prefix>/#` (by default the node's name): birth and will on `status`, `debug`, states and commands of components;
 *   discovery for Home Assistant;
 *   `esphome/discover` and `esphome/ping/<name>`, which the node answers on `esphome/discover/<name>`.
 */
import { discoveryOf, discoveryTree, type Role } from './role.ts';

export const esphome: Role = {
  name: 'esphome',
  hasBase: true,
  commands: false,
  topics: (consumer) => {
    const { base_topic: base = consumer.id } = consumer;
    return {
      publish: [`${base}/#`, 'esphome/discover/+', ...discoveryOf(consumer)],
      subscribe: [`${base}/#`, 'esphome/discover', 'esphome/ping/+', discoveryTree(consumer)],
      commands: [`${base}/#`, 'esphome/discover', 'esphome/ping/+'],
    };
  },
};
