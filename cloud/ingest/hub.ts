/**
 * Passes the reports of ingest, or of the delivery without Kafka, on to several parts. The composition connects the
 * parts after all of them are constructed.
 *
 * Always: listeners are called in the order of `connect`. `poison` resolves when all listeners have taken the record. The
 * methods may be passed on without their object.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { PoisonRecord } from './dead-letters.ts';
import type { IngestEvents } from './ingest.ts';

export class IngestHub implements Required<IngestEvents> {
  readonly #listeners: Partial<IngestEvents>[] = [];

  connect(listener: Partial<IngestEvents>): void {
    this.#listeners.push(listener);
  }

  readonly stored = (events: readonly ForpostEvent[]): void => {
    for (const listener of this.#listeners) listener.stored?.(events);
  };

  readonly held = (events: readonly ForpostEvent[], toNotify: readonly ForpostEvent[] = events): void => {
    for (const listener of this.#listeners) listener.held?.(events, toNotify);
  };

  readonly assigned = (): void => {
    for (const listener of this.#listeners) listener.assigned?.();
  };

  readonly repeated = (count: number): void => {
    for (const listener of this.#listeners) listener.repeated?.(count);
  };

  readonly status = (status: GatewayStatus, at: number): void => {
    for (const listener of this.#listeners) listener.status?.(status, at);
  };

  readonly poison = async (record: PoisonRecord): Promise<void> => {
    for (const listener of this.#listeners) await listener.poison?.(record);
  };
}
