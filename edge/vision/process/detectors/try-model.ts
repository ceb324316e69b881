/**
 * The child process that tries a model (trial.ts), so that a file that crashes the runtime crashes nothing else.
 * vision/models.ts starts it and sends one order over its channel; the process answers once and ends.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { type ToTry, type Trial, tryModel } from './trial.ts';

process.once('message', (message) => {
  tryModel(message as ToTry)
    .catch((error: unknown): Trial => ({ fits: false, reason: messageOf(error) }))
    .then((trial) => process.send?.(trial, undefined, undefined, () => process.exit(0)));
});
