/**
 * A feed delivers the centre's commands to a gateway, from the Kafka or the receiver that a sink sends to. It checks no
 * signatures and may deliver a command more than once.
 */

export interface DeliveredCommand {
  /** the signed command: the value of a Kafka record, or an item of the receiver's answer */
  readonly envelope: Uint8Array | string;
  /** the time of the centre, or of its Kafka broker, at the delivery; ms since 1970; undefined: unknown */
  readonly centreTime: number | undefined;
}

export interface CommandFeed {
  /**
   * Calls `deliver` for each command until `stopping` is aborted, then resolves. The next call waits until the last one
   * has resolved. Each run delivers again all commands that may be unexpired.
   * @throws the error that ended the connection, or an error of `deliver`
   */
  run(deliver: (command: DeliveredCommand) => Promise<void>, stopping: AbortSignal): Promise<void>;
}
