/**
 * Requests that the rights of their client do not allow. The page shows their topics beside the device or consumer.
 *
 * Always: each request is counted (`forbidden` of the counters) and reported, and the client's connection stays. A will is
 * dropped. A publish is dropped and acknowledged (MQTT 5: answered with its reason). A filter gets a failure code. A retained
 * message beyond the client's share is delivered and not kept.
 */
export interface Forbidden {
  readonly kind: 'publish' | 'will' | 'subscribe' | 'retain';
  /** the device's or consumer's id */
  readonly principal: string;
  /** the client id that the client chose for itself; empty where it chose none */
  readonly clientId: string;
  /** the topic of the publish or will, or the topic filter: at most `longestTopicShown` letters of it */
  readonly topic: string;
}

export const longestTopicShown = 300;

export type OnForbidden = (forbidden: Forbidden) => void;
