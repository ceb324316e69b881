/** With which QoS, retain flag and subscription identifiers one subscriber gets a message. */
export interface Grant {
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** as properties */
  readonly ids: Buffer | undefined;
}
