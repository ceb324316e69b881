/**
 * Decides whether an event or a state of a gateway is accepted, for both ways into the centre (Kafka and the receiver). A
 * running centre uses the implementation in alarms/gateway-admission.ts.
 */
import { instanceHeader, replayHeader } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Claim } from '../gateways/takeovers.ts';
import type { KafkaMessage } from '../kafka/types.ts';

export interface Admission {
  /** false: the site of a gateway is not known yet */
  readonly ready: boolean;
  /** Why an event or a state of this gateway is refused, in words; undefined where it is accepted. */
  refusal(claim: { readonly gateway: string; readonly site: string }): string | undefined;
  /**
   * Why events and states of a box are refused, in words: a restored box has replaced it (gateways/takeovers.ts).
   * Undefined where they are accepted.
   */
  superseded(claim: Claim): string | undefined;
  /** Counts received events, `bytes` of JSON in all. */
  count(events: readonly ForpostEvent[], bytes: number): void;
  /** Counts a request that the gateway's limits refused before its body was read. */
  turnedAway(gateway: string): void;
}

/** Accepts everything; for jobs and tests. */
export const admitAll: Admission = {
  ready: true,
  refusal: () => undefined,
  superseded: () => undefined,
  count: () => undefined,
  turnedAway: () => undefined,
};

/** Why the box that sent a Kafka record is refused, in words. A replayed record is accepted: staff decided so. */
export function supersededSender(
  admission: Pick<Admission, 'superseded'>,
  gateway: string,
  { headers, timestamp }: Pick<KafkaMessage, 'headers' | 'timestamp'>,
): string | undefined {
  if (headers?.[replayHeader] !== undefined) return undefined;
  const instance = headers?.[instanceHeader]?.toString();
  return admission.superseded({ gateway, instance, at: Number(timestamp) });
}
