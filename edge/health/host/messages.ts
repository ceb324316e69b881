/** Messages between the gateway and its probe process. Plain data. */
import type { HostReading } from './reading.ts';

export type ToProbe =
  /**
   * Sent before each `read`; the process uses only the first one. `folder`: the data folder. `smart`: whether the
   * process asks disks through smartctl.
   */
  | { readonly kind: 'configure'; readonly folder: string; readonly smart: boolean }
  | { readonly kind: 'read'; readonly id: number };

/** The answer to `read` of this id. */
export interface FromProbe {
  readonly kind: 'reading';
  readonly id: number;
  readonly reading: HostReading;
}
