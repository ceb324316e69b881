/**
 * Home Assistant (home-assistant.io/integrations/mqtt). It publishes its birth and will on `homeassistant/status`,
 * whatever the discovery prefix is, and everything under that prefix. It subscribes to the state topics of every device,
 * with one filter each, and publishes to the command topics of every device.
 */
import { discoveryTree, type Role } from './role.ts';

export const homeAssistant: Role = {
  name: 'home-assistant',
  hasBase: false,
  commands: true,
  topics: (consumer) => ({
    publish: [discoveryTree(consumer), 'homeassistant/status'],
    subscribe: ['#'],
    commands: [],
  }),
};
