/** The actions of every site. A new one is one file beside this and one line here; kinds.ts lists those that a site chooses. */
import type { Action, ActionParts } from '../action.ts';
import { MqttAction } from './mqtt.ts';

export type { ActionParts } from '../action.ts';

export function createActions(parts: ActionParts): readonly Action[] {
  return [new MqttAction(parts.publisher, parts.logger)];
}
