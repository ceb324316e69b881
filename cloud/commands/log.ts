/**
 * The log in which commands outlive the centre: the topic `forpost.commands` or, without Kafka, a file.
 *
 * Always: when `append` resolves the command is durable, and `onCommand` was called for it or soon will be. After a start
 * `onCommand` is called for all commands of the last two days, in the order of the log.
 */
import type { Part } from '@forpost/shared/lifecycle.ts';

export interface CommandLog extends Part {
  /** @throws ForpostError: after a deadline it may have been written all the same */
  append(gateway: string, envelope: string): Promise<void>;
}

/** Called for each item; ignores an item that it cannot read. */
export type OnCommand = (envelope: string) => void;
