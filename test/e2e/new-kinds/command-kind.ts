/** A kind of command that a test adds. */
import Type from 'typebox';
import type { CommandKind } from '../../../edge/commands/command-kind.ts';

export const added: CommandKind = {
  kind: 'greet',
  arguments: Type.Object({ name: Type.String({ maxLength: 20 }) }, { additionalProperties: false }),
  run: ({ name }) => ({ outcome: 'applied', message: `hello ${String(name)}` }),
};
