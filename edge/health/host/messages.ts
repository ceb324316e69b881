/** Messages between the gateway and its probe process. Plain data. */
import type { HostReading } from './reading.ts';

export type ToProbe =
  /** before each `read`, of which the first one counts; `folder`: the data folder, `smart`: whether disks are asked through smartctl */
  | { readonly kind: 'configure'; readonly folder: string; readonly smart: boolean }
  | { readonly kind: 'read'; readonly id: number };

/** The answer to `read` of this id. */
export interface FromProbe {
  readonly kind: 'reading';
  readonly id: number;
  readonly reading: HostReading;
}
