/**
 * One node of ESPHome (esphome.io/components/mqtt.html, and its mqtt_client.cpp): everything under `topic_prefix`, which
 * is its name by default: birth and will on `<name>/status`, `<name>/debug`, states and commands of its components;
 * discovery for Home Assistant; `esphome/discover` and `esphome/ping/<name>`, which it answers on `esphome/discover/<name>`.
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
