/** A kind of command that a test adds. */
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { CommandKind } from '../../../edge/commands/command-kind.ts';

export const added: CommandKind = {
  kind: 'greet',
  arguments: Type.Object({ name: Type.String({ maxLength: 20 }) }, { additionalProperties: false }),
  run: ({ name }) => ({
    outcome: 'applied',
    message: message('gateway/answer.running', { version: String(name), minutes: 0 }),
  }),
};
