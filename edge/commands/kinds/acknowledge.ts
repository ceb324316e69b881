/** `acknowledge` {alarm}: a person at the centre acknowledges an alarm. */
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const acknowledge: CommandKind = {
  kind: 'acknowledge',
  arguments: Type.Object({ alarm: Type.String({ minLength: 1, maxLength: 300 }) }, { additionalProperties: false }),
  run({ alarm }, context, author) {
    const done = context.acknowledge(String(alarm), author);
    switch (done.state) {
      case 'done':
        return { outcome: 'applied', message: message('gateway/answer.alarm-acknowledged'), alerts: done.alerts };
      case 'already':
        return { outcome: 'applied', message: message('gateway/answer.alarm-acknowledged-before') };
      case 'unknown':
        return { outcome: 'failed', message: message('gateway/answer.alarm-unknown') };
    }
  },
};
