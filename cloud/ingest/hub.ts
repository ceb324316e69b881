/**
 * One place that ingest (or the delivery without Kafka) tells, and all parts that want to hear: the composition connects
 * them after both sides are constructed.
 *
 * Always: each listener is told in the order of `connect`; `poison` resolves when all have taken the record.
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

  stored(events: readonly ForpostEvent[]): void {
    for (const listener of this.#listeners) listener.stored?.(events);
  }

  held(events: readonly ForpostEvent[], toTell: readonly ForpostEvent[] = events): void {
    for (const listener of this.#listeners) listener.held?.(events, toTell);
  }

  assigned(): void {
    for (const listener of this.#listeners) listener.assigned?.();
  }

  repeated(count: number): void {
    for (const listener of this.#listeners) listener.repeated?.(count);
  }

  status(status: GatewayStatus, at: number): void {
    for (const listener of this.#listeners) listener.status?.(status, at);
  }

  async poison(record: PoisonRecord): Promise<void> {
    for (const listener of this.#listeners) await listener.poison?.(record);
  }
}
