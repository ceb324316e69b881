/** What the outbox on SQLite is made of and bounded by. */

import type { EventEmitter } from 'node:events';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { EventDraft } from '../../outbox.ts';
import type { RecalledIds, ToWriter, WriterData } from '../messages.ts';

export interface OutboxLimits {
  /** bytes used within the file; the shares of it: ../../space.ts */
  readonly maxBytes: number;
  /** free bytes of the disk below which telemetry no longer grows the file; null: a tenth of it, at most 256 MiB */
  readonly minFreeBytes: number | null;
  /** ms that delivered events are kept for replay while there is room */
  readonly keepDeliveredMs: number;
  /** ms that devices are to keep their readings before the oldest stored readings are deleted */
  readonly shedAfterMs: number;
  /** entries and bytes that wait for the disk; the shares of them: commit-queue.ts */
  readonly maxQueuedEntries: number;
  readonly maxQueuedBytes: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  maxBytes: 2 ** 30,
  minFreeBytes: null,
  keepDeliveredMs: 7 * 86_400_000,
  shedAfterMs: 60_000,
  maxQueuedEntries: 50_000,
  maxQueuedBytes: 64 * 2 ** 20,
};

/** Something about the outbox that an operator must know, and the centre by an event. */
export type OutboxProblem =
  | { readonly kind: 'put-aside'; readonly message: Words; readonly files: readonly string[] }
  /** events were found altered or missing, and are named by gap records */
  | { readonly kind: 'damaged'; readonly message: Words }
  | { readonly kind: 'writer-died'; readonly message: Words };

/** The main thread's side of the writer's thread. */
export interface WriterThread extends Pick<EventEmitter, 'on' | 'once'> {
  postMessage(message: ToWriter): void;
}

export interface SqliteOutboxOptions {
  /** an existing folder; the file is `<folder>/outbox.db` */
  readonly folder: string;
  /** names of all configured sinks: an event is delivered once all of them have acknowledged it; none: at once */
  readonly sinks: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** a new random epoch: 16 lowercase hexadecimal digits */
  readonly newEpoch: () => string;
  /** the clock quality and the boot with which the outbox stamps its own events */
  readonly stamp: () => Pick<EventDraft, 'clock' | 'boot'>;
  readonly limits?: Partial<OutboxLimits>;
  /** may be called before `start` has resolved */
  readonly onProblem?: (problem: OutboxProblem) => void;
  /** called once, as soon as the file is open, with the ids that devices have given their events */
  readonly onResendIds?: (ids: readonly RecalledIds[]) => void;
  /** starts the writer's thread; tests and the simulation start another one */
  readonly startWriter?: (data: WriterData) => WriterThread;
}
