/**
 * The judge of what a gateway sends, for both ways into the centre (Kafka and the receiver). alarms/gateway-admission.ts
 * is the one of a running centre.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

export interface Admission {
  /** false: the site of a gateway is not known yet */
  readonly ready: boolean;
  /** Why an event or a state of this gateway is refused, in words; undefined where it is taken. */
  refusal(claim: { readonly gateway: string; readonly site: string }): string | undefined;
  /** Counts events that came, `bytes` of JSON in all. */
  came(events: readonly ForpostEvent[], bytes: number): void;
  /** Counts a request that was refused unread, because of its gateway's limits. */
  turnedAway(gateway: string): void;
}

/** Takes everything: for jobs and tests. */
export const admitAll: Admission = {
  ready: true,
  refusal: () => undefined,
  came: () => undefined,
  turnedAway: () => undefined,
};
