/** The local actions there are. A new one is one file beside this and one line here. */
import type { Action, LocalPublisher } from '../action.ts';
import { MqttAction } from './mqtt.ts';

/** What actions are built from. */
export interface ActionParts {
  readonly publisher: LocalPublisher;
  /** what went wrong in an action, for the log */
  failed(action: string, error: unknown): void;
}

export function createActions(parts: ActionParts): readonly Action[] {
  return [new MqttAction(parts.publisher, (error) => parts.failed('mqtt', error))];
}
