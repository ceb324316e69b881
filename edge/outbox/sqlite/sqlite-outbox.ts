/** The outbox on SQLite: signatures first, so that others can be wired to it. */

import type { Clock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Appended, DeadLetter, Outbox, OutboxEntry, OutboxStatus } from '../outbox.ts';

export interface OutboxLimits {
  /** bytes used within the file: telemetry may take 90 % of it, alerts all */
  readonly maxBytes: number;
  /** ms that delivered events are kept for replay while there is room */
  readonly keepDeliveredMs: number;
  /** entries and bytes waiting in front of the disk */
  readonly maxQueuedEntries: number;
  readonly maxQueuedBytes: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  maxBytes: 2 ** 30,
  keepDeliveredMs: 7 * 86_400_000,
  maxQueuedEntries: 50_000,
  maxQueuedBytes: 64 * 2 ** 20,
};

/** Something about the outbox that an operator must know, and the centre by an event. */
export type OutboxProblem =
  | { readonly kind: 'put-aside'; readonly message: string; readonly files: readonly string[] }
  | { readonly kind: 'writer-died'; readonly message: string };

export interface SqliteOutboxOptions {
  /** `<folder>/outbox.db` */
  readonly folder: string;
  /** names of all configured sinks: an event is delivered once all of them have acknowledged it */
  readonly sinks: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** a new random epoch: 16 lowercase hexadecimal digits */
  readonly newEpoch: () => string;
  readonly limits?: Partial<OutboxLimits>;
  readonly onProblem?: (problem: OutboxProblem) => void;
}

export class SqliteOutbox implements Outbox {
  readonly file: string;
  constructor(options: SqliteOutboxOptions) {
    this.file = `${options.folder}/outbox.db`;
  }
  get epoch(): Epoch {
    throw new Error('not started');
  }
  start(): Promise<void> {
    return Promise.resolve();
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
  append(_entry: OutboxEntry): Promise<Appended> {
    return Promise.reject(new Error('not started'));
  }
  acknowledge(_sink: string, _epoch: Epoch, _lane: Lane, _through: Sequence): void {}
  onCommit(_listener: () => void): () => void {
    return () => undefined;
  }
  status(): OutboxStatus {
    throw new Error('not started');
  }
  deadLetters(_limit: number): Promise<readonly DeadLetter[]> {
    return Promise.resolve([]);
  }
}
export type { StoredEvent };
