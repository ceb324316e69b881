/** `ping`: shows that commands arrive; the answer has version and running time. */
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const ping: CommandKind = {
  kind: 'ping',
  arguments: Type.Object({}, { additionalProperties: false }),
  run: (_, context) => ({ outcome: 'applied', message: context.describe() }),
};
