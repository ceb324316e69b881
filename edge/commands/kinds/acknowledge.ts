/** `acknowledge` {alarm}: a person at the centre acknowledges an alarm. */
import Type from 'typebox';
import type { CommandKind } from '../command-kind.ts';

export const acknowledge: CommandKind = {
  kind: 'acknowledge',
  arguments: Type.Object({ alarm: Type.String({ minLength: 1, maxLength: 300 }) }, { additionalProperties: false }),
  run({ alarm }, context, author) {
    const done = context.acknowledge(String(alarm), author);
    switch (done.state) {
      case 'done':
        return { outcome: 'applied', message: 'the alarm is acknowledged', alerts: done.alerts };
      case 'already':
        return { outcome: 'applied', message: 'the alarm was acknowledged before' };
      case 'unknown':
        return { outcome: 'failed', message: 'the gateway does not remember this alarm' };
    }
  },
};
