/**
 * Zigbee2MQTT (zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html): everything under its base topic, the will on
 * `<base>/bridge/state` included; a device's friendly name may have slashes, so its commands (`<base>/<name>/set`,
 * `/get`, `<base>/bridge/request/#`) are no narrower. Discovery for Home Assistant, whose status it listens to.
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
