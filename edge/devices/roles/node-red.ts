/**
 * Node-RED (nodered.org/docs/user-guide, node «mqtt-broker»). Its user chooses the topics of its birth, close and will
 * messages; here they must stand under its base topic. Node-RED subscribes to all topics, gives commands, and may
 * announce entities to Home Assistant.
 */
import { discoveryOf, type Role } from './role.ts';

export const nodeRed: Role = {
  name: 'node-red',
  hasBase: true,
  commands: true,
  topics: (consumer) => ({
    publish: [`${consumer.base_topic ?? 'node-red'}/#`, ...discoveryOf(consumer)],
    subscribe: ['#'],
    commands: [`${consumer.base_topic ?? 'node-red'}/#`],
  }),
};
