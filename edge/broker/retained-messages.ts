/**
 * The retained messages with their expiry, in memory (retained.ts) and on disk.
 *
 * Always: a client's retained message is on disk in the commit of its publish. The gateway's own retained messages are
 * never on disk: it publishes them anew after each start.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { MqttState, MqttStateStore } from '../mqtt-state/mqtt-state.ts';
import { type KeptMessage, kept } from './message.ts';
import { Retained, type RetainedLimits, retainedBytes } from './retained.ts';
import { bufferOf } from './session.ts';
import type { SessionChanges } from './session-changes.ts';

export interface RetainedParts {
  readonly limits: RetainedLimits;
  readonly storage: MqttStateStore;
  readonly changes: SessionChanges;
  readonly clock: Clock;
  /** a message was not retained, at a bound */
  readonly onDropped: () => void;
}

export class RetainedMessages {
  readonly #parts: RetainedParts;
  readonly #retained: Retained<KeptMessage>;

  constructor(parts: RetainedParts) {
    this.#parts = parts;
    this.#retained = new Retained(parts.limits);
  }

  get size(): number {
    return this.#retained.size;
  }

  /** Restores the messages that were on disk at the start. */
  recall(retained: MqttState['retained']): void {
    const { storage, changes } = this.#parts;
    for (const { owner, expiresAt, ...stored } of retained) {
      const { topic, qos } = stored;
      const payload = bufferOf(stored.payload);
      const properties = stored.properties == null ? undefined : bufferOf(stored.properties);
      const message = { topic, payload, qos, properties, expiresAt: changes.uptimeOf(expiresAt) };
      // the file does not say whether the owner is a device or a consumer: the larger share holds both
      if (!this.#retained.mayRetain(owner, topic, retainedBytes(message), 'consumer') || !this.#retained.store(message))
        storage.save({ kind: 'unretained', topic });
    }
  }

  /** Saves all messages of clients. */
  saveAll(): void {
    const { storage, changes } = this.#parts;
    for (const [message, owner] of this.#retained.owned()) storage.save(changes.retained(message, owner));
  }

  /** See `Retained.mayRetain`. */
  mayRetain(principal: string, topic: string, bytes: number, kind: 'device' | 'consumer' = 'device'): boolean {
    if (this.#retained.mayRetain(principal, topic, bytes, kind)) return true;
    this.#parts.onDropped();
    return false;
  }

  /** Keeps a message that is delivered: a client's one is on disk with its publish. */
  store(message: KeptMessage): void {
    if (this.#retained.store(kept(message))) return;
    this.#parts.onDropped();
    this.#parts.storage.save({ kind: 'unretained', topic: message.topic });
  }

  /** See `Retained.matching`. Expired messages are forgotten instead. */
  *matching(filter: string): Iterable<KeptMessage | undefined> {
    for (const message of this.#retained.matching(filter)) {
      const isExpired = message?.expiresAt !== undefined && message.expiresAt <= this.#parts.clock.uptime();
      if (isExpired) this.#forget(message.topic);
      else yield message;
    }
  }

  #forget(topic: string): void {
    this.#retained.forget(topic);
    this.#parts.storage.save({ kind: 'unretained', topic });
  }
}
