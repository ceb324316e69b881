/**
 * What the broker holds in memory, as changes for the disk (mqtt-state/mqtt-state.ts), and the reverse for times.
 *
 * Always: times on disk are those of the wall clock, times in memory those of the uptime, so a clock that is set moves
 * no expiry. Properties are copied: a view of shared memory would take all of that memory to the writer's thread.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { MqttStateStore, StateChange } from '../mqtt-state/mqtt-state.ts';
import type { KeptMessage } from './message.ts';
import type { QueuedItem } from './outgoing-queue.ts';
import type { Session } from './session.ts';

export class SessionChanges {
  readonly #storage: MqttStateStore;
  readonly #clock: Clock;
  readonly #maxAbsentMs: number;

  constructor(storage: MqttStateStore, clock: Clock, maxAbsentMs: number) {
    this.#storage = storage;
    this.#clock = clock;
    this.#maxAbsentMs = maxAbsentMs;
  }

  /** ms of the monotonic clock for a time on disk; undefined: it never expires */
  uptimeOf(wall: number | null | undefined): number | undefined {
    return wall == null ? undefined : this.#clock.uptime() + wall - this.#clock.now();
  }

  #wallOf(uptime: number | undefined): number | null {
    return uptime === undefined ? null : this.#clock.now() + uptime - this.#clock.uptime();
  }

  /** Saves that the session exists, how long its client has been absent, and for how long it may be. */
  saveSession({ number, client, absentMs, expiryMs }: Session): void {
    const isShort = expiryMs < this.#maxAbsentMs;
    this.#storage.save({ kind: 'session', session: number, client, absentMs, ...(isShort ? { expiryMs } : {}) });
  }

  queued(session: number, item: QueuedItem): StateChange {
    const { message, topic, payload, qos, released, messageId = null, properties, retain } = item;
    const change = { kind: 'queued' as const, session, message, topic, payload, qos, messageId, released };
    return { ...change, ...this.extras(properties, item.expiresAt), ...(retain ? { retain } : {}) };
  }

  retained({ topic, payload, qos, properties, expiresAt }: KeptMessage, owner: string): StateChange {
    return { kind: 'retained', topic, payload, qos, owner, ...this.extras(properties, expiresAt) };
  }

  /** What MQTT 5 adds to a message; undefined where it adds nothing. */
  extras(properties: Uint8Array | undefined, expiresAt: number | undefined) {
    if (properties === undefined && expiresAt === undefined) return undefined;
    return {
      properties: properties === undefined ? null : new Uint8Array(properties),
      expiresAt: this.#wallOf(expiresAt),
    };
  }
}
