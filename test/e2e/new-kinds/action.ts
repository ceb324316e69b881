/** A local action that a test adds: publishes each alarm on a topic of its own. */

import type { Action } from '../../../edge/alerts/action.ts';
import type { ActionParts } from '../../../edge/alerts/actions/registry.ts';

export function added({ publisher }: ActionParts): Action {
  return {
    name: 'speaker',
    perform: ({ data }) => publisher.publish('forpost/spoken', data.message, { qos: 0, retain: true }),
    stop: async () => undefined,
  };
}
