/** How far the gateway's clock is from true time, as rules are told of it. */

/** True time is the gateway's clock and `shiftMs`, give or take `withinMs`. */
export interface ClockError {
  readonly shiftMs: number;
  readonly withinMs: number;
}

/** undefined: nobody knows the true time. Such a clock suppresses nothing. */
export type KnowsClockError = () => ClockError | undefined;

/** A clock that is right. */
export const rightClock: ClockError = { shiftMs: 0, withinMs: 0 };
