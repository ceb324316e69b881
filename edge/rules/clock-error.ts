/** The error of the gateway's clock, as far as it is known, for the rules. */

/** True time is the gateway's clock plus `shiftMs`, give or take `withinMs`. */
export interface ClockError {
  readonly shiftMs: number;
  readonly withinMs: number;
}

/** Returns the clock's error; undefined while the true time is unknown, when the clock suppresses no alarm. */
export type KnowsClockError = () => ClockError | undefined;

/** A clock that is right. */
export const rightClock: ClockError = { shiftMs: 0, withinMs: 0 };
