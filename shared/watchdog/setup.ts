/** What the watchdog and its thread agree upon; without imports, because each of them costs the thread memory. */

/** Places of the memory that both threads see. */
export const beatsAt = 0;
export const debuggedAt = 1;
export const watchingAt = 2;

export interface WatchdogSetup {
  readonly shared: SharedArrayBuffer;
  readonly name: string;
  readonly hangMs: number;
  readonly tickMs: number;
  /** where systemd listens, and how often it wants to hear, ms; undefined: it does not ask */
  readonly notifySocket: string | undefined;
  readonly notifyEveryMs: number | undefined;
}
