/**
 * What the centre may ask of a gateway. A new kind is one file in kinds/ and one line in kinds/registry.ts.
 *
 * Always: running a command twice is the same as running it once. The result is committed after the run, so a gateway that
 * is killed in between runs the command again. A change of an alarm is committed in one entry with the result, so that
 * neither is on disk without the other.
 */
import type { CommandOutcome } from '@forpost/shared/event/command.ts';
import type { TSchema } from 'typebox';
import type { Alert } from '../alerts/action.ts';
import type { ChangeRequest } from '../site/document.ts';

/** What a command did. */
export interface Effect {
  readonly outcome: Exclude<CommandOutcome, 'expired'>;
  /** in words, for the person who sent it */
  readonly message: string;
  /** changes of alarms whose local actions have run; they are stored with the result. Only of a synchronous `run`. */
  readonly alerts?: readonly Alert[];
}

/** The gateway as a command sees it. */
export interface CommandContext {
  /** Acknowledges an alarm for `by` at the centre and shows that on the site. The caller has `alerts` stored. */
  acknowledge(
    alarm: string,
    by: string,
  ): { readonly state: 'done'; readonly alerts: readonly Alert[] } | { readonly state: 'already' | 'unknown' };
  /** Queues a piece of evidence for the centre; queued on disk when this resolves. `problem`: why not, in words. */
  sendEvidence(id: string, sha256: string): Promise<{ readonly bytes: number } | { readonly problem: string }>;
  /** Changes the site's document for `author` at the centre; in words what became of it. */
  changeSite(
    change: Pick<ChangeRequest, 'seen' | 'why' | 'edit'>,
    author: string,
  ): Promise<{ readonly applied: string } | { readonly refused: string }>;
  /** Sends the gateway's state to every sink that is connected, now. */
  sendStatus(): void;
  /** the gateway in a few words: version, how long it runs */
  describe(): string;
}

export interface CommandKind {
  readonly kind: string;
  /** the schema of its arguments; others are refused in words */
  readonly arguments: TSchema;
  /** `author`: the sender's log-in name. @throws an error whose message the result tells */
  run(values: Readonly<Record<string, unknown>>, context: CommandContext, author: string): Effect | Promise<Effect>;
}
