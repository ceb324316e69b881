/**
 * Node-RED (nodered.org/docs/user-guide, node «mqtt-broker»): birth, close and will messages on topics that its user
 * chooses, here under its base topic; it hears everything, gives commands, and may announce entities to Home Assistant.
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
