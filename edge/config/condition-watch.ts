/**
 * Checks the conditions of conditions.ts once a minute, such as an expiring certificate or a file that became readable for
 * everybody. A condition is logged when it begins, and shown on the page while it lasts.
 *
 * Always: a problem that a part reports itself (cameras, listeners, the outbox) is not reported here too. If a check fails,
 * the conditions of the last check stay.
 */

import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import { type Warning, warningText } from './conditions.ts';

const checkEveryMs = 60_000;

export interface ConditionWatchOptions {
  readonly find: () => readonly Warning[];
  /** the conditions found before the start */
  readonly first: readonly Warning[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

export class ConditionWatch implements Part {
  readonly #options: ConditionWatchOptions;
  #find: ConditionWatchOptions['find'];
  #known: readonly Warning[] = [];
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ConditionWatchOptions) {
    this.#options = options;
    this.#find = options.find;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    this.#update(this.#options.first);
    this.#checkLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** For the page. */
  problems(): readonly Words[] {
    return this.#known.flatMap((one) =>
      one.area === 'uplink' || one.area === 'commands' || one.area === 'access' ? [one.message] : [],
    );
  }

  /** Uses `find` for this and all further checks. Never throws. */
  renew(find: ConditionWatchOptions['find']): void {
    this.#find = find;
    this.check();
  }

  /** Never throws. */
  check(): void {
    try {
      this.#update(this.#find());
    } catch (error) {
      this.#options.logger.warn({ why: messageOf(error) }, 'the conditions of the start cannot be checked again');
    }
  }

  #update(found: readonly Warning[]): void {
    const before = new Set(this.#known.map(warningText));
    for (const one of found) if (!before.has(warningText(one))) this.#options.logger.warn(warningText(one));
    this.#known = found;
  }

  #checkLater(): void {
    this.#timer = this.#options.clock.after(this.#options.everyMs ?? checkEveryMs, () => {
      this.check();
      if (!this.#stopped) this.#checkLater();
    });
  }
}
