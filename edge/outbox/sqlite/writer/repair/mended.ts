import type { Sequence } from '@forpost/shared/event/ids.ts';

/** What a check of a lane found and mended. */
export interface Mended {
  /** ranges without a readable event */
  readonly ranges: readonly { readonly from: Sequence; readonly to: Sequence }[];
  /** the number behind the last event, and the lane's bytes up to that event */
  readonly next: Sequence;
  readonly bytes: number;
}
