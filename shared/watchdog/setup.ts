/** The agreement between the watchdog and its thread; without imports, because each one costs the thread memory. */

/** Indices in the memory that both threads share. */
export const beatsAt = 0;
export const debuggedAt = 1;
export const watchingAt = 2;

export interface WatchdogSetup {
  readonly shared: SharedArrayBuffer;
  readonly name: string;
  readonly hangMs: number;
  readonly tickMs: number;
  /** systemd's socket, and its interval for signs of life, ms; undefined: systemd does not ask */
  readonly notifySocket: string | undefined;
  readonly notifyEveryMs: number | undefined;
}
