/**
 * Keeps the list of rules that cannot fire (cannot-fire.ts) for the page and the status, which ask for it often.
 *
 * Always: the rules are examined once a second at most; nothing here runs while nobody asks.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Heard } from '../devices/heard.ts';
import type { Site } from '../site/site.ts';
import { type MuteRule, muteRules } from './cannot-fire.ts';

const everyMs = 1000;

export interface MuteWatchParts {
  readonly clock: Clock;
  readonly site: () => Site;
  /** what a device has sent so far */
  readonly heard: (device: DeviceId) => Heard | undefined;
}

export class MuteWatch {
  readonly #parts: MuteWatchParts;
  #rules: readonly MuteRule[] = [];
  #examinedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: MuteWatchParts) {
    this.#parts = parts;
  }

  list(): readonly MuteRule[] {
    const { clock, site, heard } = this.#parts;
    const now = clock.uptime();
    if (now - this.#examinedAt >= everyMs) {
      this.#rules = muteRules(site(), heard);
      this.#examinedAt = now;
    }
    return this.#rules;
  }
}
