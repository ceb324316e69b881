/** The registry of roles. A new role is one file in this folder and one line here. */
import { esphome } from './esphome.ts';
import { homeAssistant } from './home-assistant.ts';
import { nodeRed } from './node-red.ts';
import type { Role } from './role.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

export const roles: readonly Role[] = [homeAssistant, zigbee2mqtt, nodeRed, esphome];

export function roleNamed(name: string): Role | undefined {
  return roles.find((role) => role.name === name);
}
