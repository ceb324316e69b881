/**
 * A kind of command that the centre may send to a gateway. A new kind is one file in kinds/ and one line in
 * kinds/registry.ts.
 *
 * Always: running a command twice is the same as running it once. The result is committed after the run, so a gateway that
 * is killed in between runs the command again. A change of an alarm is committed in one entry with the result, so that
 * neither is on disk without the other.
 */

import type { CommandOutcome } from '@forpost/shared/event/command.ts';
import type { Sentence } from '@forpost/shared/texts/sentence.ts';
import type { TSchema } from 'typebox';
import type { Alert } from '../alerts/action.ts';
import type { ChangeRequest } from '../site/change.ts';

/** The effect of a command. */
export interface Effect {
  readonly outcome: Exclude<CommandOutcome, 'expired'>;
  /** for the person who sent it */
  readonly message: Sentence;
  /** changes of alarms whose local actions have run; they are stored with the result. Only of a synchronous `run`. */
  readonly alerts?: readonly Alert[];
}

/** The gateway as a command sees it. */
export interface CommandContext {
  /** Acknowledges an alarm for `by` at the centre, and publishes that on the site. The caller stores `alerts`. */
  acknowledge(
    alarm: string,
    by: string,
  ): { readonly state: 'done'; readonly alerts: readonly Alert[] } | { readonly state: 'already' | 'unknown' };
  /** Queues a piece of evidence for the centre. Resolves when it is queued on disk. `problem`: why it is not. */
  sendEvidence(id: string, sha256: string): Promise<{ readonly bytes: number } | { readonly problem: Sentence }>;
  /** Changes the site's document for `author` at the centre. Resolves with the result. */
  changeSite(
    change: Pick<ChangeRequest, 'seen' | 'why' | 'edit'>,
    author: string,
  ): Promise<{ readonly applied: Sentence } | { readonly refused: Sentence }>;
  /** Sends the gateway's status to every connected sink at once. */
  sendStatus(): void;
  /** the gateway in a few words: version, how long it runs */
  describe(): Sentence;
}

export interface CommandKind {
  readonly kind: string;
  /** schema of the arguments; other arguments are refused with the reason */
  readonly arguments: TSchema;
  /** `author`: the sender's log-in name. @throws an error; the result contains its message */
  run(values: Readonly<Record<string, unknown>>, context: CommandContext, author: string): Effect | Promise<Effect>;
}
