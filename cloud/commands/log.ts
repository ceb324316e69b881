/**
 * Where commands stand so that they outlive the centre: the topic `forpost.commands`, or without Kafka a file.
 *
 * Always: when `append` resolves the command is durable, and `take` has been called for it or soon will be; after a
 * start `take` is called for everything of the last two days, in the log's order.
 */
import type { Part } from '@forpost/shared/lifecycle.ts';

export interface CommandLog extends Part {
  /** @throws ForpostError: after a deadline it may have been written all the same */
  append(gateway: string, envelope: string): Promise<void>;
}

/** Called for each item; what it cannot read it leaves alone. */
export type TakeCommand = (envelope: string) => void;
