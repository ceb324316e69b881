/**
 * Home Assistant (home-assistant.io/integrations/mqtt): birth and will on `homeassistant/status`, whatever the discovery
 * prefix is; everything under the prefix; state topics of every device, one filter each; command topics of every device.
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
