/**
 * What a client asked for and may not have: for the page, which names the topic beside the device or consumer.
 *
 * Always: each one is counted (`forbidden` of the counters) and told here, and the client's connection stays: a will is
 * dropped, a publish is dropped (and acknowledged, or answered with its reason in MQTT 5), a filter gets a failure code;
 * what a client would retain beyond its share is passed on and not kept.
 */
export interface Forbidden {
  readonly kind: 'publish' | 'will' | 'subscribe' | 'retain';
  /** the device's or consumer's id */
  readonly principal: string;
  /** the client id that the client chose for itself; empty where it chose none */
  readonly clientId: string;
  /** the topic of the publish or will, or the topic filter: at most `longestTopicTold` letters of it */
  readonly topic: string;
}

export const longestTopicTold = 300;

export type OnForbidden = (forbidden: Forbidden) => void;
