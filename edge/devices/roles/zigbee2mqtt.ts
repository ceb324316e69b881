/**
 * Zigbee2MQTT (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html). It publishes everything under its base topic,
 * its will on `<base>/bridge/state` included, and discovery for Home Assistant, to whose status it subscribes. Commands
 * (`<base>/<name>/set`, `/get`, `<base>/bridge/request/#`) get the whole base topic: a friendly name may have slashes.
 */
import { discoveryOf, discoveryTree, type Role } from './role.ts';

export const zigbee2mqtt: Role = {
  name: 'zigbee2mqtt',
  hasBase: true,
  commands: false,
  topics: (consumer) => {
    const { base_topic: base = 'zigbee2mqtt' } = consumer;
    return {
      publish: [`${base}/#`, ...discoveryOf(consumer)],
      subscribe: [`${base}/#`, discoveryTree(consumer)],
      commands: [`${base}/#`],
    };
  },
};
