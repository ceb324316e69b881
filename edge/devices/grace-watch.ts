/**
 * Ends the connections that logged in with an old password when its grace is over.
 *
 * Always: such a connection lives at most a second longer than its password. The wall clock decides: where somebody sets
 * it back, an old password is valid for as much longer.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { LogIns } from './log-ins.ts';

const everyMs = 500;

export interface GraceWatchOptions {
  readonly logIns: Pick<LogIns, 'nextEnd'>;
  readonly clock: Clock;
  /** closes the connections whose credential has ended */
  readonly endInvalid: () => void;
}

export class GraceWatch implements Part {
  readonly #options: GraceWatchOptions;
  #timer: Timer | undefined;
  #next: number | undefined;

  constructor(options: GraceWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#watch();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(): void {
    const { logIns, clock, endInvalid } = this.#options;
    if (this.#next !== undefined && clock.now() >= this.#next) endInvalid();
    this.#next = logIns.nextEnd;
    this.#timer = clock.after(everyMs, () => this.#watch());
  }
}
