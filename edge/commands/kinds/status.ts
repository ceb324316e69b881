/** `status`: sends the gateway's status at once, before the next regular one. */
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const status: CommandKind = {
  kind: 'status',
  arguments: Type.Object({}, { additionalProperties: false }),
  run(_, context) {
    context.sendStatus();
    return { outcome: 'applied', message: 'the state is sent' };
  },
};
