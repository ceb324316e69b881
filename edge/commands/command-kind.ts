/**
 * What the centre may ask of a gateway. A new kind is one file in kinds/ and one line in kinds/registry.ts.
 *
 * Always: running a command twice is the same as running it once. Its result is committed after it ran, so a gateway
 * that is killed in between runs it again; and what it did to an alarm is committed in one entry with its result, so
 * that neither is on disk without the other.
 */
import type { CommandOutcome } from '@forpost/shared/event/command.ts';
import type { TSchema } from 'typebox';
import type { Alert } from '../alerts/action.ts';

/** What a command did. */
export interface Effect {
  readonly outcome: Exclude<CommandOutcome, 'expired'>;
  /** in words, for whoever sent it */
  readonly message: string;
  /** changes of alarms, acted on already, that are stored with the result; only of a `run` that is not asynchronous */
  readonly alerts?: readonly Alert[];
}

/** The gateway as a command sees it. */
export interface CommandContext {
  /** Acknowledges an alarm for `by` at the centre and shows it so on the site. `alerts` are the caller's to have stored. */
  acknowledge(
    alarm: string,
    by: string,
  ): { readonly state: 'done'; readonly alerts: readonly Alert[] } | { readonly state: 'already' | 'unknown' };
  /** Queues a piece of evidence for the centre; it is queued durably when this resolves. `problem`: why not, in words. */
  sendEvidence(id: string, sha256: string): Promise<{ readonly bytes: number } | { readonly problem: string }>;
  /** Sends the gateway's state to every sink that is connected, now. */
  sendStatus(): void;
  /** the gateway in a few words: version, how long it runs */
  describe(): string;
}

export interface CommandKind {
  readonly kind: string;
  /** what its arguments must be; anything else is refused in words */
  readonly arguments: TSchema;
  /** `author`: the log-in name of who sent it. @throws what the result should say went wrong */
  run(values: Readonly<Record<string, unknown>>, context: CommandContext, author: string): Effect | Promise<Effect>;
}
