/**
 * The judge of what a gateway sends, for both ways into the centre (Kafka and the receiver). alarms/gateway-admission.ts
 * is the one of a running centre.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

export interface Admission {
  /** false: it is not known yet which site a gateway belongs to */
  readonly ready: boolean;
  /** Why an event or a state of this gateway is not taken, in words; undefined where it is. */
  refusal(claim: { readonly gateway: string; readonly site: string }): string | undefined;
  /** Events that came, `bytes` of JSON in all. */
  came(events: readonly ForpostEvent[], bytes: number): void;
  /** A request was turned away unread, for its gateway's limits. */
  turnedAway(gateway: string): void;
}

/** Takes everything: jobs and tests that judge nothing. */
export const admitAll: Admission = {
  ready: true,
  refusal: () => undefined,
  came: () => undefined,
  turnedAway: () => undefined,
};
