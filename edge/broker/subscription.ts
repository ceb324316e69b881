/** A subscription, with the options that MQTT 5 has for it (section 3.8.3.1). */
export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** the broker does not send a client its own publishes */
  readonly noLocal?: boolean | undefined;
  readonly retainAsPublished?: boolean | undefined;
  /** retained messages are sent: 0: at each SUBSCRIBE; 1: at a new subscription; 2: never */
  readonly retainHandling?: 0 | 1 | 2 | undefined;
  readonly id?: number | undefined;
}

/** Whether two subscriptions to one filter are equal; Retain Handling, which acts at SUBSCRIBE only, does not count. */
export function isSame(one: Subscription | undefined, other: Subscription): boolean {
  return (
    one !== undefined &&
    one.qos === other.qos &&
    (one.noLocal ?? false) === (other.noLocal ?? false) &&
    (one.retainAsPublished ?? false) === (other.retainAsPublished ?? false) &&
    one.id === other.id
  );
}
