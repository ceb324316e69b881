/** `status`: sends the gateway's status at once, before the next regular one. */
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const status: CommandKind = {
  kind: 'status',
  arguments: Type.Object({}, { additionalProperties: false }),
  run(_, context) {
    context.sendStatus();
    return { outcome: 'applied', message: message('gateway/answer.status-sent') };
  },
};
