/** The local actions. A new one is one file beside this and one line here. */
import type { Logger } from '@forpost/shared/logging.ts';
import type { LocalPublisher } from '../../broker/local-publisher.ts';
import type { Action } from '../action.ts';
import { MqttAction } from './mqtt.ts';

/** What actions are built from. */
export interface ActionParts {
  readonly publisher: LocalPublisher;
  readonly logger: Logger;
}

export function createActions(parts: ActionParts): readonly Action[] {
  return [new MqttAction(parts.publisher, parts.logger)];
}
