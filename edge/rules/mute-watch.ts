/**
 * Caches the list of mute rules (cannot-fire.ts) for the page and the status, which read it often.
 *
 * Always: the rules are examined at most once a second, and only when the list is read.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { MessageRecord } from '../devices/message-record.ts';
import type { Site } from '../site/site.ts';
import { type MuteRule, muteRules } from './cannot-fire.ts';

const everyMs = 1000;

export interface MuteWatchParts {
  readonly clock: Clock;
  readonly site: () => Site;
  /** a device's messages so far */
  readonly record: (device: DeviceId) => MessageRecord | undefined;
}

export class MuteWatch {
  readonly #parts: MuteWatchParts;
  #rules: readonly MuteRule[] = [];
  #examinedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: MuteWatchParts) {
    this.#parts = parts;
  }

  list(): readonly MuteRule[] {
    const { clock, site, record } = this.#parts;
    const now = clock.uptime();
    if (now - this.#examinedAt >= everyMs) {
      this.#rules = muteRules(site(), record);
      this.#examinedAt = now;
    }
    return this.#rules;
  }
}
